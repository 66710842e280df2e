"""DuckDB with keys: encrypted Parquet files, encrypted databases, encrypted temporary files.

DuckDB writes what DuckDB reads: it leaves out the authenticated data that Parquet's standard asks for, so
that Polars and pyarrow cannot read its encrypted files, nor it theirs. Why: D-137.
"""

import base64
import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl

from dagster_project.lake.keys import KeyFileError, fingerprint
from dagster_project.settings import duckdb_memory

# Nothing is fetched. A signature is checked once a process (_httpfs), not at each load: that takes 50 ms.
_OFFLINE: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_CONFIG: dict[str, Any] = _OFFLINE | {"allow_unsigned_extensions": "true"}


@dataclass(frozen=True)
class Database:
    """An encrypted DuckDB file, its key, and the keys of the Parquet files that its views read.

    Month files, under the database's own key, are named from the folder `months` on: so a home can be moved.
    No log is written that could be replayed: where a process dies, another builds the database anew.
    """

    file: Path
    key: bytes
    parquet_keys: tuple[bytes, ...] = ()
    months: Path | None = None

    @contextmanager
    def open(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to this database alone. Raises KeyFileError where it is under another key."""
        with session(self.file.with_name(f"{self.file.name}.tmp")) as connection:
            connection.execute(f"set memory_limit = '{duckdb_memory()}'")
            self.attach(connection, "entrepot", read_only=read_only)
            connection.execute("use entrepot")
            yield connection

    def attach(self, connection: duckdb.DuckDBPyConnection, name: str, *, read_only: bool = False) -> None:
        """Give a prepared connection this database. Raises KeyFileError."""
        file = _quoted(self.file)
        add_keys(connection, self.key, *self.parquet_keys)
        if self.months:
            connection.execute(f"set global file_search_path = '{_quoted(self.months)}'")
        mode = "read_only" if read_only else "recovery_mode no_wal_writes"
        try:
            connection.execute(
                f"attach '{file}' as {name} ({mode}, encryption_key $key)", {"key": _text(self.key)}
            )
        except (duckdb.InvalidInputException, duckdb.CatalogException):
            raise KeyFileError(
                f"{self.file.name} in the warehouse folder is not under the active zone's key "
                f"{fingerprint(self.key)}. It is a cache: run a night, which builds it anew."
            ) from None


@contextmanager
def session(spill: Path | None, *keys: bytes) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, without a database; what it spills goes to that folder, if there is one."""
    connection = duckdb.connect(config=_CONFIG)
    try:
        prepare(connection, spill)
        add_keys(connection, *keys)
        yield connection
    finally:
        connection.close()


def prepare(connection: duckdb.DuckDBPyConnection, spill: Path | None = None) -> None:
    """Give a connection what encryption needs; nothing is ever fetched, nothing spilled in clear."""
    connection.execute(f"load '{_httpfs()}'")
    connection.execute("set temp_file_encryption = true; set global TimeZone = 'UTC'")
    connection.execute(f"set temp_directory = '{_quoted(spill) if spill else ''}'")


def add_keys(connection: duckdb.DuckDBPyConnection, *keys: bytes) -> None:
    """Let a connection read and write Parquet under these keys."""
    for key in keys:
        try:  # a pragma takes no bound parameter
            connection.execute(f"pragma add_parquet_key('{key_name(key)}', '{_text(key)}')")
        except duckdb.Error:
            raise KeyFileError(f"DuckDB does not take the key {fingerprint(key)}.") from None


def key_name(key: bytes) -> str:
    """How a connection calls a key that was added to it."""
    return f"key_{fingerprint(key)}"


def source(files: Sequence[Path], key: bytes | None, *, shows_month: bool = False) -> str:
    """The rows of some Parquet files, or patterns of files, as SQL reads them; no key: not encrypted.

    `shows_month`: with the column that their folders are named by (month=2021-03).
    """
    listed = ", ".join(f"'{_quoted(file)}'" for file in files)
    partitioning = "hive_types = {'month': varchar}" if shows_month else "hive_partitioning = false"
    encrypted = f", encryption_config = {{footer_key: '{key_name(key)}'}}" if key else ""
    return f"read_parquet([{listed}], {partitioning}{encrypted})"


def write(
    connection: duckdb.DuckDBPyConnection, rows: str, file: Path, key: bytes, *, by: str | None = None
) -> None:
    """Write rows, a name or a query in parentheses, as a Parquet file under a key of the connection.

    `by`: as a folder of files, one for each value of that column, which stands in the file's path alone.
    """
    partition = f"partition_by ({by}), " if by else ""
    connection.execute(
        f"copy {rows} to '{_quoted(file)}' (format parquet, compression zstd, compression_level 1, "
        f"{partition}encryption_config {{footer_key: '{key_name(key)}'}})"
    )


@contextmanager
def written_apart(rows: pl.DataFrame, by: str, scratch: Path, key: bytes) -> Iterator[list[Path]]:
    """For as long as the block lasts, a file for each value of a column that numbers them from 0.

    One statement writes them all: of a small file, it is the statement that takes the time.
    """
    # A batch for each file: where two share one, DuckDB mixes up the order of their rows.
    apart = pl.concat(rows.partition_by(by), rechunk=False).to_arrow()
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(dir=scratch) as folder, parquet(key, is_small=True) as connection:
        connection.register("rows", apart.to_reader())
        write(connection, "rows", Path(folder), key, by=by)
        yield [
            file for number in range(rows[by].n_unique()) for file in Path(folder, f"{by}={number}").iterdir()
        ]


def parquet(key: bytes, *, is_small: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection that reads and writes Parquet under a key; close it after use.

    `is_small`: on one thread, for to wake others takes longer than to write a few rows.
    """
    connection = _shared(1 if is_small else None).cursor()
    add_keys(connection, key)
    return connection


@cache
def _shared(threads: int | None) -> duckdb.DuckDBPyConnection:
    """One instance per process: loading the extension takes longer than writing a small file."""
    connection = duckdb.connect(config=_CONFIG | ({"threads": threads} if threads else {}))
    prepare(connection)
    return connection


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


@cache
def _httpfs() -> str:
    spec = importlib.util.find_spec("duckdb_extension_httpfs")
    assert spec and spec.origin
    extension = _quoted(next(Path(spec.origin).parent.rglob("httpfs.duckdb_extension")))
    with duckdb.connect(config=_OFFLINE) as connection:
        connection.execute(f"load '{extension}'")  # raises where DuckDB's signature does not match
    return extension
