"""Searches every file of the warehouse for values: as bytes, and decrypted, decompressed, decoded.

The values themselves are never told: a hit is a file and how it was read. Not here: how a value may have been
written (needles). Why: D-159, D-164.
"""

import gzip
import os
import re
import sqlite3
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import IO

import duckdb
import polars as pl
from pypdfium2 import PdfDocument, PdfiumError

from dagster_project.drops.read import most_decompressed
from dagster_project.files.folders import files_below, reading
from dagster_project.lake import encryption
from dagster_project.lake.keys import ZONES, KeyFileError
from dagster_project.lake.store import Lake
from dagster_project.retention.needles import Needles

_BLOCK = 32 << 20
_ROWS = 100_000
_CUT_OFF = (EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True)
class Hit:
    """A file that holds a value, and how it was read: bytes, parquet, duckdb, gzip, zip, pdf or sqlite."""

    path: Path
    kind: str


def search(lake: Lake, needles: Needles, among: Iterable[Path] | None = None) -> tuple[list[Hit], int]:
    """The files of the installation that hold a value, and how many were searched. Raises KeyFileError."""
    unread: list[Path] = []
    files = sorted(files_below(lake.home, unread) if among is None else filter(_is_file, among))
    with lake.session() as connection:
        clear = {
            file
            for some in _tables(lake, files)
            if _is_clear(lake, connection, some, needles)
            for file in some
        }
        hits = [
            Hit(file, kind)
            for file in files
            if file not in clear
            for kind in _kinds(lake, connection, file, needles)
        ]
    return [*hits, *(Hit(folder, "folder, unreadable") for folder in unread)], len(files)


def _is_file(path: Path) -> bool:
    return os.path.isfile(path) and not os.path.islink(path)  # noqa: PTH113, PTH114 -- any length is no error


def _tables(lake: Lake, files: Iterable[Path]) -> Iterator[list[Path]]:
    """Parquet files of the lake and month files, by table, as many as make a block."""
    roots = (lake.home / "lake", lake.months.parent)
    ours = [
        path
        for path in files
        if path.suffix == ".parquet" and any(path.is_relative_to(root) for root in roots)
    ]
    for _, of_table in groupby(ours, key=lambda path: path.relative_to(lake.home).parts[:3]):
        some, size = [], 0
        for file in of_table:
            some.append(file)
            size += file.stat().st_size
            if size >= _BLOCK:
                yield some
                some, size = [], 0
        if some:
            yield some


def _is_clear(lake: Lake, connection: duckdb.DuckDBPyConnection, files: list[Path], needles: Needles) -> bool:
    """Whether files of a table, read at once, hold nothing; where they may, each is read by itself."""
    try:
        return not (
            needles.in_bytes(b"\n".join(file.read_bytes() for file in files))
            or _in_parquet(lake, connection, files, needles)
        )
    except (duckdb.Error, KeyFileError):
        return False


def _kinds(lake: Lake, connection: duckdb.DuckDBPyConnection, file: Path, needles: Needles) -> Iterator[str]:
    """How a value can be read in a file; one that cannot be decoded is told: it may hold anything."""
    is_foreign = file.is_relative_to(lake.drops)
    try:
        with reading(file) as content:
            if _in_stream(content, needles):
                yield "bytes"
            content.seek(0)
            head, size = content.read(16), os.fstat(content.fileno()).st_size
    except FileNotFoundError:  # its operator has taken it
        return
    except OSError:
        yield "bytes, unreadable"
        return
    readers: dict[str, tuple[bool, Callable[[], bool]]] = {
        "parquet": (head[:4] in (b"PAR1", b"PARE"), lambda: _in_parquet(lake, connection, [file], needles)),
        "duckdb": (head[8:12] == b"DUCK", lambda: _in_duckdb(lake, file, needles)),
        "gzip": (head.startswith(b"\x1f\x8b"), lambda: _in_gzip(file, needles, most)),
        "zip": (head.startswith(b"PK\x03\x04"), lambda: _in_zip(file, needles)),
        "pdf": (head.startswith(b"%PDF"), lambda: _in_pdf(file, needles)),
        "sqlite": (head.startswith(b"SQLite format 3"), lambda: _in_sqlite(file, needles)),
    }
    most = most_decompressed(size) if is_foreign else sys.maxsize
    if file.suffix in (".wal", ".tmp") and file.is_relative_to(lake.warehouse.parent):
        yield "duckdb, unreadable"  # what a run that was killed has left: the next one removes it
    for kind, (is_kind, holds) in readers.items():
        try:
            if is_kind and is_foreign and kind != "gzip":
                yield f"{kind}, not decoded"  # no drop is one; made to be slow, it would stop the night
            elif is_kind and holds():
                yield kind
        except (duckdb.Error, sqlite3.Error, zipfile.BadZipFile, PdfiumError, KeyFileError, *_CUT_OFF):
            yield f"{kind}, unreadable"


def _in_stream(content: IO[bytes] | gzip.GzipFile, needles: Needles, most: int = sys.maxsize) -> bool:
    """Block by block, each with the end of the one before: a value may lie across two."""
    tail = b""
    while block := content.read(_BLOCK):
        most -= len(block)
        if most < 0:
            raise EOFError
        if needles.in_bytes(tail + block):
            return True
        tail = (tail + block)[-needles.longest :]
    return False


def _in_rows(rows: duckdb.DuckDBPyConnection, needles: Needles) -> bool:
    return any(
        needles.in_texts(pl.concat(pl.DataFrame(pl.from_arrow(batch)).iter_columns()))
        for batch in rows.to_arrow_reader(_ROWS)
    )


def _in_parquet(
    lake: Lake, connection: duckdb.DuckDBPyConnection, files: list[Path], needles: Needles
) -> bool:
    folders = {zone: lake.zone(zone) for zone in ZONES}
    zone = next((zone for zone, folder in folders.items() if files[0].is_relative_to(folder)), None)
    if files[0].is_relative_to(lake.months):  # under the key of the cache
        zone = "active"
    source = encryption.source(files, lake.key(zone) if zone else None)
    return _in_rows(connection.execute(f"select columns(*)::varchar from {source}"), needles)


def _in_duckdb(lake: Lake, file: Path, needles: Needles) -> bool:
    """Every table; views read files that are searched themselves. Free blocks hold nothing of another night.

    A cache is built anew from the lake and never written to again; its blocks are under the zone's key.
    """
    with replace(lake.cache(), file=file).open(read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'entrepot'"
        ).fetchall()
        return any(
            _in_rows(
                connection.execute(f'select columns(*)::varchar from entrepot."{schema}"."{table}"'), needles
            )
            for schema, table in tables
        )


def _in_gzip(file: Path, needles: Needles, most: int) -> bool:
    """Raises EOFError past that many bytes: no night has taken such a file."""
    with gzip.open(file) as content:
        return _in_stream(content, needles, most)


def _in_zip(file: Path, needles: Needles) -> bool:
    with zipfile.ZipFile(file) as archive:
        return any(_in_stream(archive.open(name), needles) for name in archive.namelist())


def _in_pdf(file: Path, needles: Needles) -> bool:
    """What its streams hold, and the text that its pages show."""
    for stream in re.finditer(rb"stream\r?\n(.*?)endstream", file.read_bytes(), re.DOTALL):
        with suppress(zlib.error):
            if needles.in_bytes(zlib.decompressobj().decompress(stream[1])):
                return True
    return needles.in_texts(pl.Series(shown_texts(file.read_bytes())))


def shown_texts(pdf: bytes) -> list[str]:
    """The text of each page. Letters are numbers of glyphs: only a reader puts them back."""
    with closing(PdfDocument(pdf)) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return [page.replace("\ufffe", "-") for page in pages]  # PDFium's sign of a hyphen at the end of a line


def _in_sqlite(file: Path, needles: Needles) -> bool:
    """Every table: a long value's pages need not lie side by side in the file."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in names:
            rows = connection.execute(f'select * from "{name.decode()}"')
            while batch := rows.fetchmany(_ROWS // 100):
                cells = [cell for row in batch for cell in row if isinstance(cell, bytes)]
                if needles.in_bytes(b"\0".join(cells)):
                    return True
    return False
