"""A file's bytes → batches of rows of text, in our column names. Nothing is parsed here.

A file that cannot be read raises UnreadableDropError with the code of the rule it breaks; the
detail never repeats what the file holds.
"""

import codecs
import csv
import gzip
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dagster_project.contracts.layouts import DECLARED, V2, V2_COLUMNS, V3, Layout

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_MAX_HEADER = 1 << 16


class UnreadableDropError(Exception):
    """A file refused whole: `code` is the rule, `detail` completes its sentence."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Text:
    """A checked UTF-8 file: its layout, its delimiter and the names of its columns."""

    path: Path
    layout: Layout
    delimiter: str
    names: tuple[str, ...]
    has_header: bool


@contextmanager
def plain(path: Path, scratch: Path) -> Iterator[Path]:
    """The file itself, or its decompressed copy in `scratch` for as long as the block lasts."""
    with path.open("rb") as content:
        compressed = content.read(2) == _GZIP
    if not compressed:
        yield path
        return
    scratch.mkdir(parents=True, exist_ok=True)
    copy = scratch / f"{path.name}.plain"
    try:
        try:
            with gzip.open(path) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target, _CHUNK)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise UnreadableDropError("file_unreadable", "archive gzip incomplète ou abîmée") from None
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def inspect(path: Path) -> Text:
    """Check that a file is text and tell its layout. Raises UnreadableDropError."""
    if path.stat().st_size == 0:
        raise UnreadableDropError("file_empty")
    _check_utf8(path)
    records = {delimiter: _first_record(path, delimiter) for delimiter in ",;"}
    delimiter = max(records, key=lambda one: len(records[one]))
    return _with_layout(path, delimiter, records[delimiter])


def batches(text: Text, rows: int) -> Iterator[pl.DataFrame]:
    """Frames of at most about `rows` rows: `drop_row` (from 1) and our columns as text, null where empty.

    Raises UnreadableDropError where the file is no CSV.
    """
    columns = {ours: theirs for ours, theirs in text.layout.sources.items() if theirs in text.names}
    absent = [ours for ours in DECLARED if ours not in columns]
    ours_as_text = [
        pl.col("drop_row").cast(pl.Int64),
        *(_cell(theirs).alias(ours) for ours, theirs in columns.items()),
        *(pl.lit(None, pl.String).alias(ours) for ours in absent),
    ]
    scan = pl.scan_csv(
        text.path,
        separator=text.delimiter,
        has_header=False,
        skip_rows=int(text.has_header),
        schema=dict.fromkeys(text.names, pl.String),
        row_index_name="drop_row",
        row_index_offset=1,
    )
    try:
        # Every column is read: Polars counts the fields of a line only where none is left out.
        for batch in scan.collect_batches(chunk_size=rows, maintain_order=True):
            yield batch.select(ours_as_text)
    except pl.exceptions.PolarsError:
        # Its message repeats cells of the file: it must not travel.
        raise UnreadableDropError(
            "file_unreadable", "une ligne a trop de colonnes, ou un guillemet n'est pas fermé"
        ) from None


def _cell(name: str) -> pl.Expr:
    stripped = pl.col(name).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def _first_record(path: Path, delimiter: str) -> tuple[str, ...]:
    """The first record, which may span lines, within the first 64 KiB."""
    with path.open(encoding="utf-8-sig", newline="") as content:
        lines = content.read(_MAX_HEADER).splitlines(keepends=True)
    return tuple(next(csv.reader(lines, delimiter=delimiter), ()))


def _check_utf8(path: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise UnreadableDropError("file_not_text", str(offset - pending + error.start)) from None
            if (nul := chunk.find(b"\0")) >= 0:
                raise UnreadableDropError("file_not_text", str(offset + nul))
            offset += len(chunk)
    if pending := len(decoder.getstate()[0]):
        raise UnreadableDropError("file_not_text", str(offset - pending))


def _with_layout(path: Path, delimiter: str, cells: tuple[str, ...]) -> Text:
    names = tuple(cell.strip() for cell in cells)
    found = set(names)
    for layout in (V2, V3):
        if layout.required <= found <= set(layout.columns) and len(found) == len(names):
            return Text(path, layout, delimiter, names, has_header=True)
    nearest = max((V2, V3), key=lambda layout: len(found & set(layout.columns)))
    if not found & set(nearest.columns):
        if len(names) == len(V2_COLUMNS):
            return Text(path, V2, delimiter, V2_COLUMNS, has_header=False)
        raise UnreadableDropError(
            "file_unknown_header", f"{len(names)} colonnes sans en-tête, {len(V2_COLUMNS)} attendues"
        )
    missing = sorted(nearest.required - found)
    raise UnreadableDropError(
        "file_unknown_header",
        f"format {nearest.name}, colonnes absentes : {', '.join(missing) or 'aucune'} ; "
        f"colonnes inconnues ou répétées : {len(names) - len(found & set(nearest.columns))}",
    )
