"""CSV lines → records: which lines make one record, which ones are broken, and how.

A file is held against CSV's own rules before Polars sees it, because Polars pads short lines with
nulls in silence and refuses a whole file for one long line. A quote that is never closed costs
its own line, not the ones after it. Why: D-018.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from dagster_project.drops.text import BROKEN, Records, Text, UnreadableDropError

MAX_LINE_BYTES = 1 << 20
_QUOTED = re.compile(r'"[^"]*"')
_QUOTE, _NEWLINE = ord('"'), ord("\n")
_BOUNDS = dict.fromkeys(("start", "end", "drop_line", "fields", "lines"), pl.Int64)


def checked(piece: bytes, offset: int) -> bytes:
    """Bytes at `offset` of a file, UTF-8 without NUL. Raises UnreadableDropError with the wrong offset."""
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableDropError("file_not_text", str(offset + error.start)) from None
    if (nul := piece.find(b"\0")) >= 0:
        raise UnreadableDropError("file_not_text", str(offset + nul))
    return piece


def split_csv(text: Text, chunks: Iterator[tuple[bytes, int]]) -> Iterator[Records]:
    """The records of a CSV file, chunk by chunk."""
    wanted = len(text.names)
    pending, line, skip = b"", 1, text.skip
    for chunk, first_line in chunks:
        content = pending + chunk
        line = line if pending else first_line
        bounds = _bounds(content, text.delimiter, line)
        end = _last_end(bounds)
        if end < len(content):  # a quote is open: with the wrong records before it, it waits for more
            right_until = bounds.filter(pl.col("fields") == wanted)
            bounds = bounds.filter(pl.col("end") <= _last_end(right_until))
            end = _last_end(bounds)
            if len(content) - end > MAX_LINE_BYTES:  # nothing will close it
                bounds = pl.concat([bounds, _open_record(content, end, line + content.count(b"\n", 0, end))])
                end = len(content)
        yield _records(content, bounds.slice(skip), text)
        skip = max(0, skip - bounds.height)
        pending, line = content[end:], line + content.count(b"\n", 0, end)
    if pending:
        yield _records(pending, _open_record(pending, 0, line).slice(skip), text)


def _last_end(bounds: pl.DataFrame) -> int:
    return int(bounds["end"][-1]) if bounds.height else 0


def _bounds(content: bytes, delimiter: str, first_line: int) -> pl.DataFrame:
    """Each closed record: start and end in `content`, its line, its delimiters outside quotes, its lines."""
    octets = np.frombuffer(content, np.uint8)
    quoted = np.bitwise_xor.accumulate((octets == _QUOTE).view(np.uint8)).view(bool)
    newlines = np.flatnonzero(octets == _NEWLINE)
    closing = ~quoted[newlines]
    ends = newlines[closing] + 1
    delimiters = np.flatnonzero((octets == ord(delimiter)) & ~quoted)
    lines_before = np.flatnonzero(closing)
    starts = np.concatenate(([0], ends[:-1])) if ends.size else ends
    return pl.DataFrame(
        {
            "start": starts,
            "end": ends,
            "drop_line": first_line + np.concatenate(([0], lines_before[:-1] + 1))[: ends.size],
            "fields": np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1,
            "lines": np.diff(lines_before, prepend=-1),
        },
        schema=_BOUNDS,
    )


def _open_record(content: bytes, start: int, line: int) -> pl.DataFrame:
    row = (start, len(content), line, 0, content.count(b"\n", start) + 1)
    return pl.DataFrame([row], schema=_BOUNDS, orient="row")


def _records(content: bytes, bounds: pl.DataFrame, text: Text) -> Records:
    wanted = len(text.names)
    right = bounds["fields"] == wanted
    spanning = (right & (bounds["lines"] > 1)).arg_true()
    tied = [
        at
        for at, (start, end) in zip(
            spanning, bounds.select("start", "end")[spanning].iter_rows(), strict=True
        )
        if not _is_record(content[start:end].rstrip(b"\r\n"), text.delimiter, wanted)
    ]
    right = right.scatter(tied, False) if tied else right
    if right.all():
        first = int(bounds["start"][0]) if bounds.height else 0
        rows, refused = _parsed(content[first : _last_end(bounds)], bounds["drop_line"], text)
        return Records(rows, refused)
    good, broken = [], []
    for start, end, line in _stretches(bounds, right).iter_rows():
        for number, record, fault in _untangled(content[start:end], line, text.delimiter, wanted):
            if fault:
                broken.append((number, "ligne", fault, record.decode(), None))
            else:
                good.append((number, record))
    pieces = bounds.filter(right).select("start", "end", "drop_line").rows()
    kept = [(line, content[start:end].rstrip(b"\n")) for start, end, line in pieces]
    kept = sorted(kept + good)
    lines = pl.Series("drop_line", [line for line, _ in kept], pl.Int64)
    rows, refused = _parsed(b"\n".join(piece for _, piece in kept), lines, text)
    return Records(rows, pl.concat([pl.DataFrame(broken, schema=BROKEN, orient="row"), refused]))


def _stretches(bounds: pl.DataFrame, right: pl.Series) -> pl.DataFrame:
    """Wrong records that follow one another, as one stretch: start, end, line."""
    return (
        bounds.with_columns(right=right, stretch=right.cum_sum())
        .filter(~pl.col("right"))
        .group_by("stretch", maintain_order=True)
        .agg(pl.col("start").first(), pl.col("end").last(), pl.col("drop_line").first())
        .drop("stretch")
    )


def _untangled(
    content: bytes, line: int, delimiter: str, wanted: int
) -> Iterator[tuple[int, bytes, str | None]]:
    """The records of a stretch that makes none: line, record, and its fault or None.

    One stray quote ties many good lines together: its line is judged alone, and the next one begins anew. So
    each line is looked at in two records at most, the one it begins and the one it ends.
    """
    lines = content.rstrip(b"\r\n").split(b"\n")
    opening = [at for at, octets in enumerate(lines) if octets.count(b'"') % 2]
    closed_by = dict(pairwise(opening))  # of a line that leaves a quote open, the next one that closes it
    is_open, at = set(opening), 0
    while at < len(lines):
        alone, end = lines[at].rstrip(b"\r"), closed_by.get(at, at) + 1
        record = b"\n".join(lines[at:end]).rstrip(b"\r")
        if at in is_open and end > at + 1 and _is_record(record, delimiter, wanted):
            yield line + at, record, None
        else:
            end = at + 1
            if alone.strip():
                yield line + at, alone, _fault(alone.decode(), delimiter, wanted)
        at = end


def _is_record(record: bytes, delimiter: str, wanted: int) -> bool:
    """Whether lines tied by quotes are one record: it reads as one, and none of its lines is one alone."""
    text = record.decode()
    if any(_fault(line.rstrip("\r"), delimiter, wanted) is None for line in text.split("\n")):
        return False
    try:
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return len(cells) == 1 and len(cells[0]) == wanted


def _fault(line: str, delimiter: str, wanted: int) -> str | None:
    """Why a line alone makes no record; None where it does."""
    if line.count('"') % 2:
        return "quote_unclosed"
    return None if _QUOTED.sub("", line).count(delimiter) + 1 == wanted else "ragged_line"


def _parsed(content: bytes, lines: pl.Series, text: Text) -> tuple[pl.DataFrame, pl.DataFrame]:
    schema = dict.fromkeys(text.names, pl.String)
    nothing = pl.DataFrame(schema=BROKEN)
    if not len(lines):
        return pl.DataFrame(schema={"drop_line": pl.Int64, **schema}), nothing
    try:
        rows = pl.read_csv(
            content,
            separator=text.delimiter,
            has_header=False,
            schema=schema,
        )
    except pl.exceptions.PolarsError:
        return _parsed_one_by_one(content, lines, text)
    if rows.height != len(lines):
        return _parsed_one_by_one(content, lines, text)
    return rows.insert_column(0, lines), nothing


def _parsed_one_by_one(content: bytes, lines: pl.Series, text: Text) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where Polars trips over a quote inside a cell, Python's reader says which record it was."""
    rows, broken = [], []
    bounds = _bounds(content.rstrip(b"\n") + b"\n", text.delimiter, 1)
    for line, start, end in zip(lines, bounds["start"], bounds["end"], strict=True):
        record = content[start:end].decode().rstrip("\r\n")
        try:
            cells = list(csv.reader(io.StringIO(record, newline=""), delimiter=text.delimiter, strict=True))
        except csv.Error:
            cells = []
        if len(cells) == 1 and len(cells[0]) == len(text.names):
            rows.append((line, *cells[0]))
        else:
            broken.append((line, "ligne", "quote_unclosed", record, None))
    schema = {"drop_line": pl.Int64, **dict.fromkeys(text.names, pl.String)}
    return (
        pl.DataFrame(rows, schema=schema, orient="row"),
        pl.DataFrame(broken, schema=BROKEN, orient="row"),
    )
