"""Searches every file of the warehouse for values: as bytes, and decrypted, decompressed, decoded.

The values themselves are never told: a hit is a file and how it was read. Not here: how a value may have been
written (needles). Why: D-159, D-164.
"""

import gzip
import hashlib
import os
import re
import sqlite3
import sys
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import chain, compress, groupby
from pathlib import Path
from typing import IO

import duckdb
import polars as pl
from pypdfium2 import PdfiumError

from dagster_project.drops.batches import most_decompressed
from dagster_project.files.folders import files_below, reading
from dagster_project.files.pdf_text import shown_texts
from dagster_project.files.zip_files import FastZipFile, NotDeflatedError
from dagster_project.lake import encryption
from dagster_project.lake.keys import ZONES, KeyFileError
from dagster_project.lake.store import Lake
from dagster_project.retention.needles import Needles
from dagster_project.settings import settings

_BLOCK = 8 << 20
_CUT = b"0"
_ROWS = 100_000
# What needs no text to be searched; all else (lists, structs, wide numbers) is searched as its text.
_PLAIN = {
    *("VARCHAR", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"),
    *("UBIGINT", "FLOAT", "DOUBLE", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
}
_CUT_OFF = (EOFError, zlib.error, NotDeflatedError, gzip.BadGzipFile)


@dataclass(frozen=True)
class Hit:
    """A file that holds a value, and how it was read: bytes, parquet, duckdb, gzip, zip, pdf or sqlite."""

    path: Path
    kind: str


def search(
    lake: Lake, needles: Needles, among: Iterable[Path] | None = None, ours: Collection[str] = ()
) -> tuple[list[Hit], int]:
    """The files of the installation that hold a value, and how many were searched. Raises KeyFileError.

    `ours`: SHA-256 of documents in operators' folders that the registry made, and may therefore open.
    """
    unread: list[Path] = []
    files = sorted(files_below(lake.home, unread) if among is None else filter(_is_file, among))
    with lake.session() as connection, ThreadPoolExecutor(settings().threads) as pool:
        tables = list(_tables(lake, files))
        are_clear = pool.map(lambda some: _is_clear(lake, connection.cursor(), some, needles), tables)
        clear = set(chain.from_iterable(compress(tables, are_clear)))
        others = [file for file in files if file not in clear]
        blocks = list(_blocks_of(others))
        are_plain = pool.map(lambda some: _is_plainly_clear(some, needles), blocks)
        plain = set(chain.from_iterable(compress(blocks, are_plain)))
        kinds = pool.map(
            lambda file: list(
                _kinds(lake, connection.cursor(), file, needles, ours, is_plainly_clear=file in plain)
            ),
            others,
        )
        hits = [Hit(file, kind) for file, some in zip(others, kinds, strict=True) for kind in some]
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
        yield from _blocks_of(of_table)


def _blocks_of(files: Iterable[Path]) -> Iterator[list[Path]]:
    """Files that are read at once: as many as make a block."""
    some, size = [], 0
    for file in files:
        some.append(file)
        with suppress(OSError):
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


def _is_plainly_clear(files: list[Path], needles: Needles) -> bool:
    """Whether files, read at once, hold nothing as they are; where they may, each is read by itself."""
    contents = []
    try:
        for file in files:
            with reading(file) as content:
                contents.append(content.read(_BLOCK + 1))
    except OSError:
        return False
    return max(map(len, contents)) <= _BLOCK and not needles.in_bytes(b"\n".join(contents))


def _kinds(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    needles: Needles,
    ours: Collection[str],
    *,
    is_plainly_clear: bool,
) -> Iterator[str]:
    """How a value can be read in a file; one that cannot be decoded is told: it may hold anything."""
    is_foreign = file.is_relative_to(lake.drops) or file.is_relative_to(lake.payments)
    try:
        with reading(file) as content:
            if not is_plainly_clear and _holds(_pieces(content, needles), needles):
                yield "bytes"
            content.seek(0)
            head, size = content.read(16), os.fstat(content.fileno()).st_size
            if is_foreign and ours and head.startswith(b"%PDF"):
                content.seek(0)
                is_foreign = hashlib.file_digest(content, "sha256").hexdigest() not in ours
    except FileNotFoundError:  # its operator has taken it
        return
    except OSError:
        yield "bytes, unreadable"
        return
    readers: dict[str, tuple[bool, Callable[[], bool]]] = {
        "parquet": (head[:4] in (b"PAR1", b"PARE"), lambda: _in_parquet(lake, connection, [file], needles)),
        "duckdb": (head[8:12] == b"DUCK", lambda: _in_duckdb(lake, file, needles)),
        "gzip": (head.startswith(b"\x1f\x8b"), lambda: _holds(_of_gzip(file, needles, most), needles)),
        "zip": (head.startswith(b"PK\x03\x04"), lambda: _holds(_of_zip(file, needles), needles)),
        "pdf": (head.startswith(b"%PDF"), lambda: _holds(_of_pdf(file), needles)),
        "sqlite": (head.startswith(b"SQLite format 3"), lambda: _holds(_of_sqlite(file), needles)),
    }
    most = most_decompressed(size) if is_foreign else sys.maxsize
    if file.suffix in (".wal", ".tmp") and file.is_relative_to(lake.cache_file.parent):
        yield "duckdb, unreadable"  # what a run that was killed has left: the next one removes it
    for kind, (is_kind, holds) in readers.items():
        try:
            if is_kind and is_foreign and kind != "gzip":
                yield f"{kind}, not decoded"  # no drop is one; made to be slow, it would stop the night
            elif is_kind and holds():
                yield kind
        except (duckdb.Error, sqlite3.Error, zipfile.BadZipFile, PdfiumError, KeyFileError, *_CUT_OFF):
            yield f"{kind}, unreadable"


def _holds(pieces: Iterable[bytes], needles: Needles) -> bool:
    """Whether a value is in one of them; small ones are searched together."""
    some, size = [], 0
    for piece in pieces:
        some.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            if needles.in_bytes(b"\n".join(some) if len(some) > 1 else piece):
                return True
            some, size = [], 0
    return needles.in_bytes(b"\n".join(some))


def _pieces(content: IO[bytes] | gzip.GzipFile, needles: Needles, most: int = sys.maxsize) -> Iterator[bytes]:
    """Blocks, each with the end of the one before: a value may lie across two. Past `most`: EOFError.

    A digit stands where a block is cut: a number there may be a part of a longer one, and stands whole in the
    block before it or after it.
    """
    tail, block = b"", content.read(_BLOCK)
    while block:
        most -= len(block)
        if most < 0:
            raise EOFError
        piece, block = tail + block, content.read(_BLOCK)
        yield piece + _CUT if block else piece
        tail = _CUT + piece[-needles.longest - 1 :]


def _in_rows(connection: duckdb.DuckDBPyConnection, source: str, needles: Needles) -> bool:
    """Whether a value is in a cell of a table or of files."""
    columns = connection.execute(f"describe from {source}").fetchall()
    cells = (f'"{name}"' if dtype in _PLAIN else f'"{name}"::varchar' for name, dtype, *_ in columns)
    rows = connection.execute(f"select {', '.join(cells)} from {source}")
    return any(needles.in_table(pl.DataFrame(pl.from_arrow(batch))) for batch in rows.to_arrow_reader(_ROWS))


def _in_parquet(
    lake: Lake, connection: duckdb.DuckDBPyConnection, files: list[Path], needles: Needles
) -> bool:
    folders = {zone: lake.zone(zone) for zone in ZONES}
    zone = next((zone for zone, folder in folders.items() if files[0].is_relative_to(folder)), None)
    if files[0].is_relative_to(lake.months):  # under the key of the cache
        zone = "active"
    source = encryption.source(files, lake.key(zone) if zone else None)
    return _in_rows(connection, source, needles)


def _in_duckdb(lake: Lake, file: Path, needles: Needles) -> bool:
    """Every table; views read files that are searched themselves. Free blocks hold nothing of another night.

    A cache is built anew from the lake and never written to again; its blocks are under the zone's key.
    """
    with replace(lake.cache(), file=file).open(read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'entrepot'"
        ).fetchall()
        return any(
            _in_rows(connection, f'entrepot."{schema}"."{table}"', needles) for schema, table in tables
        )


def _of_gzip(file: Path, needles: Needles, most: int) -> Iterator[bytes]:
    """Raises EOFError past that many bytes: no night has taken such a file."""
    with gzip.open(file) as content:
        yield from _pieces(content, needles, most)


def _of_zip(file: Path, needles: Needles) -> Iterator[bytes]:
    with FastZipFile(file) as archive:
        for name in archive.namelist():
            yield from _pieces(archive.open(name), needles)


def _of_pdf(file: Path) -> Iterator[bytes]:
    """What its streams hold, and the text that its pages show."""
    content = file.read_bytes()
    for stream in re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(stream[1])
    yield from (page.encode() for page in shown_texts(content))


def _of_sqlite(file: Path) -> Iterator[bytes]:
    """Every table's cells: a long value's pages need not lie side by side in the file."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in names:
            rows = connection.execute(f'select * from "{name.decode()}"')
            yield from (cell for row in rows for cell in row if isinstance(cell, bytes))
