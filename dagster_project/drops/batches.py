"""A file's bytes → batches of rows of text, in our column names. Nothing is parsed here.

A file is read once, in chunks: memory does not grow with it. A file that cannot be read raises
UnreadableDropError with the code of the rule it breaks; a line that cannot be read becomes a
broken row, and the lines after it go on. No message repeats what the file holds.
"""

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.contracts.layouts import DECLARED, V2, V2_COLUMNS, V3
from dagster_project.drops import csv_records, json_lines
from dagster_project.drops.csv_records import MAX_LINE_BYTES
from dagster_project.drops.text import BROKEN, Records, Text, UnreadableDropError

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20
_HEAD_BYTES = 1 << 16
MOST_ROWS = 150_000
_MAX_RATIO = 200  # a drop compresses 5 to 20 times; a bomb a thousand times


@dataclass(frozen=True)
class Batch:
    """Rows as text (`drop_row` and `drop_line` from 1, then our columns, as sent: see `cell`).

    `broken`: rows that could not even be split: drop_row and BROKEN.
    """

    rows: pl.DataFrame
    broken: pl.DataFrame

    @property
    def height(self) -> int:
        """Rows of both kinds."""
        return self.rows.height + self.broken.height


@contextmanager
def plain(copy: Path, size: int, max_bytes: int) -> Iterator[Path]:
    """Our copy of a file of that size, or for as long as the block lasts what it decompresses to."""
    if size > max_bytes:
        raise UnreadableDropError("file_too_large", f"{max_bytes // 10**6} Mo")
    with copy.open("rb") as content:
        compressed = content.read(2) == _GZIP
    if not compressed:
        yield copy
        return
    decompressed = copy.with_suffix(".plain")
    try:
        _decompress(copy, decompressed, min(max_bytes, most_decompressed(size)))
        yield decompressed
    finally:
        decompressed.unlink(missing_ok=True)


def most_decompressed(size: int) -> int:
    """How many bytes a compressed drop of that size may hold."""
    return max(size * _MAX_RATIO, _BLOCK)


def _decompress(path: Path, copy: Path, max_bytes: int) -> None:
    written = 0
    try:
        with gzip.open(path) as source, copy.open("wb") as target:
            while block := source.read(_BLOCK):
                written += len(block)
                if written > max_bytes:
                    raise UnreadableDropError("file_too_large", f"{max_bytes // 10**6} Mo décompressés")
                target.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UnreadableDropError("file_unreadable", "archive gzip incomplète ou abîmée") from None


def inspect(path: Path) -> Text:
    """Tell a file's layout from its first record. Raises UnreadableDropError."""
    if path.stat().st_size == 0:
        raise UnreadableDropError("file_empty")
    with path.open("rb") as content:
        start = content.read(_HEAD_BYTES)
    whole = codecs.getincrementaldecoder("utf-8")()
    try:
        whole.decode(start)
    except UnicodeDecodeError as error:
        raise UnreadableDropError("file_not_text", str(error.start)) from None
    cut = len(start) - len(whole.getstate()[0])  # a letter may be cut in two
    head = csv_records.checked(start[:cut], 0).removeprefix(codecs.BOM_UTF8).decode()
    if head.lstrip().startswith("{"):
        return Text(path, V3, "", V3.columns, skip=0)
    if head.lstrip().startswith("["):
        raise UnreadableDropError("file_unknown_header", "un tableau JSON ; écrire un objet par ligne")
    if "\r" in head and "\n" not in head:
        raise UnreadableDropError("line_ends_unknown")
    lines = head.split("\n")
    above = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("sep=")), 0)
    below = [f"{line}\n" for line in lines[above:]]
    first = {delimiter: _first_record(below, delimiter) for delimiter in ",;"}
    delimiter = max(first, key=lambda mark: len(first[mark]))
    return _with_layout(path, delimiter, first[delimiter], above)


def _first_record(lines: list[str], delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader(lines, delimiter=delimiter), ()))
    except csv.Error:
        return ()


def batches(text: Text, chunk_bytes: int) -> Iterator[Batch]:
    """The rows of a file, chunk by chunk. Raises UnreadableDropError where the file is no text."""
    split = json_lines.split_json if text.is_json else csv_records.split_csv
    pieces = split(text, _chunks(text.path, chunk_bytes))
    rows_before = 0
    for numbered in _ahead(pieces) if text.path.stat().st_size > chunk_bytes else pieces:
        batch = _named(numbered, text, rows_before)
        if not batch.height:
            continue
        rows_before += batch.height
        # Short rows make many of them: what is bounded is bytes and rows.
        yield Batch(batch.rows.head(MOST_ROWS), batch.broken)
        for start in range(MOST_ROWS, batch.rows.height, MOST_ROWS):
            yield Batch(batch.rows.slice(start, MOST_ROWS), batch.broken.clear())
    if not rows_before:
        raise UnreadableDropError("file_empty")


def _named(numbered: Records, text: Text, rows_before: int) -> Batch:
    columns = {ours: theirs for ours, theirs in text.layout.sources.items() if theirs in text.names}
    rows, broken = _ranked(numbered, rows_before)
    rows = rows.select(
        "drop_row",
        "drop_line",
        *(pl.col(theirs).alias(ours) for ours, theirs in columns.items()),
        *(pl.lit(None, pl.String).alias(ours) for ours in DECLARED if ours not in columns),
    )
    return Batch(rows, broken.select("drop_row", *BROKEN))


def _ranked(numbered: Records, rows_before: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both kinds of rows with their common rank in the file."""
    rank = pl.int_range(rows_before + 1, rows_before + 1 + pl.len(), dtype=pl.Int64).alias("drop_row")
    if numbered.broken.is_empty():
        return numbered.rows.with_columns(rank), numbered.broken.with_columns(rank)
    lines = pl.concat([numbered.rows.select("drop_line"), numbered.broken.select("drop_line")])
    ranks = lines.sort("drop_line").with_columns(rank)
    rows, broken = (
        kind.join(ranks, on="drop_line", how="left", maintain_order="left")
        for kind in (numbered.rows, numbered.broken)
    )
    return rows, broken


def cell(name: str) -> pl.Expr:
    """A column of a batch without the blanks around its texts; null where nothing is left."""
    stripped = pl.col(name).str.strip_chars()
    return pl.when(stripped != "").then(stripped).alias(name)


def _chunks(path: Path, chunk_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Whole lines of checked UTF-8, with the number of the first one."""
    offset, line, pending = 0, 1, b""
    with path.open("rb") as content:
        while block := content.read(chunk_bytes):
            if len(block) < chunk_bytes and not block.endswith(b"\n"):
                block += b"\n"  # the last line, of a file that does not end it
            cut = block.rfind(b"\n") + 1
            piece, pending = (pending + block[:cut], block[cut:]) if cut else (b"", pending + block)
            if len(pending) > max(MAX_LINE_BYTES, chunk_bytes):
                raise UnreadableDropError("line_too_long", str(line + piece.count(b"\n")))
            for some in _bounded(piece):
                yield _chunk(some, offset, line), line
                offset, line = offset + len(some), line + some.count(b"\n")
    if pending:
        yield _chunk(pending, offset, line), line


def _bounded(piece: bytes) -> Iterator[bytes]:
    """Whole lines, not too many at once: of very short ones, what is known of each outweighs them."""
    start = lines = 0
    for at in range(0, len(piece), _HEAD_BYTES):
        lines += piece.count(b"\n", at, at + _HEAD_BYTES)
        if lines > MOST_ROWS:
            end = piece.rfind(b"\n", start, at + _HEAD_BYTES) + 1
            yield piece[start:end]
            start, lines = end, 0
    if start < len(piece):
        yield piece[start:]


def _chunk(piece: bytes, offset: int, first_line: int) -> bytes:
    ends = np.flatnonzero(np.frombuffer(piece, np.uint8) == ord("\n"))
    lengths = np.diff(np.concatenate(([-1], ends, [len(piece)])))
    if lengths.max() > MAX_LINE_BYTES:
        raise UnreadableDropError("line_too_long", str(first_line + int(lengths.argmax())))
    return csv_records.checked(piece, offset).removeprefix(b"" if offset else codecs.BOM_UTF8)


def _ahead(batches: Iterator[Records]) -> Iterator[Records]:
    """The same, the next one being read while this one is worked on."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def _with_layout(path: Path, delimiter: str, cells: tuple[str, ...], above: int) -> Text:
    names = tuple(cell.strip().lower() for cell in cells)
    given = set(names)
    for layout in (V2, V3, V2.cancellations, V3.cancellations):
        if layout.required <= given <= set(layout.columns) and len(given) == len(names):
            return Text(path, layout, delimiter, names, skip=above + 1)
    nearest = max((V2, V3), key=lambda layout: len(given & set(layout.columns)))
    known = set(nearest.columns)
    if not given & known:
        if len(names) == len(V2_COLUMNS):
            return Text(path, V2, delimiter, V2_COLUMNS, skip=above)
        raise UnreadableDropError(
            "file_unknown_header", f"{len(names)} colonnes sans en-tête, {len(V2_COLUMNS)} attendues"
        )
    missing = ", ".join(sorted(nearest.required - given)) or "aucune"
    # By their place only: without a header, the first line is somebody's journey.
    unknown = [n for n, name in enumerate(names, 1) if name not in known or name in names[: n - 1]]
    places = ", ".join(map(str, unknown[:20])) or "aucune"
    raise UnreadableDropError(
        "file_unknown_header",
        f"format {nearest.name}, colonnes absentes : {missing} ; inconnues, vides ou répétées, "
        f"par leur rang : {places}",
    )
