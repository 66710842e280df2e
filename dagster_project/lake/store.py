"""The lake's tables, and the keys of its zones.

The lake is Parquet: one folder per table (and month), one set of files per drop until they are merged
(merging). Each file is written beside its place and renamed, so that a reader never sees half of one. Zones
that hold persons are encrypted; the ledger's holds none and stays plain, so that anybody can verify it. Not
here: what the tables mean (contracts), what is computed from them (dbt), where a home's folders are (home).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.lake_tables import JOURNEYS, TABLES, Table
from dagster_project.files.disk import move, replacing
from dagster_project.lake import encryption, keys, schema
from dagster_project.lake.home import Home
from dagster_project.lake.part_names import first_night
from dagster_project.settings import duckdb_memory, settings

# The key's fingerprint, or what an older version has made without leaving one.
_MADE_WITH = {
    "identity": (
        "lake/warehouse/KEY.identity",
        "lake/active/identities/**/*.parquet",
        "lake/warehouse/requests/*",
    ),
    "pseudonyms": ("lake/warehouse/KEY.pseudonyms", "exports/**/*.parquet"),
    "ledger": ("lake/warehouse/KEY.ledger", "lake/warehouse/ledger_entries/**/*.parquet"),
    "attestation": ("lake/warehouse/KEY.attestation", "exports/**/*.pdf"),
}
_ROW_GROUP = 122_880  # DuckDB's: what one thread writes


class Lake(Home):
    """The tables of a home, and its keys."""

    def folder(self, table: Table) -> Path:
        """Where a table's files are."""
        return self.zone(table.zone) / table.name

    def key(self, zone: str) -> bytes:
        """The key of an encrypted zone, made with its first file. Raises KeyFileError."""
        given = (getattr(settings(), f"{zone}_key"), getattr(settings(), f"{zone}_key_next"))
        return keys.zone_key(self.zone(zone), self.keys, *given)

    def secret(self, name: str, *, make: bool = True) -> bytes:
        """One of the keys that name things (`keys.NAMES`), made when first used. Raises KeyFileError.

        Without `make` it is never made: what a new key verifies is never authentic.
        """
        is_in_use, given = self.is_in_use(name), getattr(settings(), keys.setting(name))
        return keys.naming_key(self.zone("warehouse"), self.keys, name, given, is_in_use=is_in_use, make=make)

    def check_keys(self) -> None:
        """Raise KeyFileError where a key that something was made with is missing, or another; makes none."""
        for zone in keys.ZONES:
            if keys.is_encrypted(self.zone(zone)) or any(self.zone(zone).rglob("*.parquet")):
                self.key(zone)
        for name in keys.NAMES:
            if self.is_in_use(name):
                self.secret(name)

    def is_in_use(self, name: str) -> bool:
        """Whether something was made with a key that names things."""
        return any(True for pattern in _MADE_WITH[name] for _ in self.home.glob(pattern))

    def cache(self, *, building: bool = False) -> encryption.Database:
        """The cache that is read, or the one being built; it holds the active base, and is under its key."""
        zones = [zone for zone in keys.ZONES if keys.is_encrypted(self.zone(zone))]
        return encryption.Database(
            self.building if building else self.cache_file,
            self.key("active"),
            tuple(self.key(zone) for zone in zones),
            months=self.months,
        )

    def write(self, table: Table, rows: pl.DataFrame, part: str) -> None:
        """Validate rows and write them as `part` (of each month of `start_at`'s column `month`).

        `rows` carries one more column, `month` ('2021-03'), where the table is monthly. Raises
        pandera.errors.SchemaError when the contract fails: nothing is written then.
        """
        if not table.monthly:
            self.replace(table, table.validated(rows), self.folder(table) / f"{part}.parquet")
            return
        validated = table.validated(rows.drop("month")).with_columns(rows["month"])
        for (month,), of_month in validated.partition_by("month", include_key=False, as_dict=True).items():
            self.replace(table, of_month, self.folder(table) / f"month={month}" / f"{part}.parquet")

    def write_parts(self, table: Table, rows: pl.DataFrame) -> None:
        """Write the rows of many parts at once: each names its own in the column `part`.

        Else as `write` does; the table's zone is encrypted. Rows of a part keep their order.
        """
        names = ["part", *(["month"] if table.monthly else [])]
        files = rows.select(names).unique(maintain_order=True).with_row_index("file")
        of_file = rows.select(names).join(files, on=names, how="left", maintain_order="left")["file"]
        validated = table.validated(rows.drop(names)).with_columns(of_file)
        targets = [
            self.folder(table).joinpath(*(f"month={name}" for name in month), f"{part}.parquet")
            for _, part, *month in files.iter_rows()
        ]
        if schema.is_new(self):
            schema.mark(self)
        with encryption.written_apart(validated, "file", self.scratch, self.key(table.zone)) as written:
            move(dict(zip(written, targets, strict=True)))

    def replace(self, table: Table, rows: pl.DataFrame, file: Path) -> None:
        """Write one file of a table, whole, in the place of what is there; encrypted as its zone is."""
        if schema.is_new(self):
            schema.mark(self)
        if table.zone not in keys.ZONES:
            _write(rows, file, durable=True)
            return
        key = self.key(table.zone)
        is_small = rows.height <= _ROW_GROUP
        with (
            replacing(file, durable=True) as beside,
            encryption.parquet(key, is_small=is_small) as connection,
        ):
            connection.register("rows", rows)
            encryption.write(connection, "rows", beside, key)

    def of_drop(self, table: Table, drop_id: str) -> Iterator[pl.DataFrame]:
        """The rows of a drop, piece by piece of a large one; merged with others' they are found, too."""
        own = sorted(self.folder(table).glob(f"{drop_id}-*.parquet"))
        yield from (self.rows(table, [file]) for file in own)
        others = [file for file in self.folder(table).glob("*.parquet") if first_night(file)]
        if others and (rows := self.rows(table, others).filter(drop_id=drop_id)).height:
            yield rows

    def remove(self, table: Table, written_by: str) -> None:
        """Delete every file that a drop, or a closing, has written to a table: names begin with its own."""
        for file in self.folder(table).glob(f"**/{written_by}-*.parquet"):
            file.unlink()

    def read(self, table: Table, part: str = "*") -> pl.DataFrame:
        """All rows of a small table, or those of one part. Raises KeyFileError."""
        has_files = any(self.folder(table).glob(self._pattern(table, part)))
        return (
            self.rows(table, [self.folder(table) / self._pattern(table, part)]) if has_files else table.empty
        )

    def rows(self, table: Table, files: Sequence[Path]) -> pl.DataFrame:
        """The rows of some files of a table, or of patterns of files. Raises KeyFileError."""
        if table.zone not in keys.ZONES:
            return pl.read_parquet(list(files))
        key = self.key(table.zone)
        with encryption.parquet(key) as connection:
            return connection.execute(f"from {encryption.source(files, key)}").pl()

    def heights(self, *tables: Table) -> list[int]:
        """How many rows each table has. Raises KeyFileError."""
        with self.session() as connection:
            counts = [f"(select count(*) from {self.source(table)})" for table in tables]
            return list(connection.execute(f"select {', '.join(counts)}").fetchall()[0])

    def write_catalogue(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Replace the rule rows that dbt reads as its source `catalogue`."""
        for name, frame in frames.items():
            _write(frame, self.catalogue / f"{name}.parquet")

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to query the lake's files with (see `show` and `source`)."""
        with encryption.session(self.scratch, *self.cache().parquet_keys) as connection:
            connection.execute(f"set memory_limit = '{duckdb_memory()}'; set threads = {settings().threads}")
            yield connection

    def source(self, table: Table, *files: Path) -> str:
        """A table, or some of its files or patterns of files, as SQL reads it in a `session`."""
        if not files and not any(self.folder(table).glob(self._pattern(table))):
            return _nothing(table.name, "filename")
        key = self.key(table.zone) if table.zone in keys.ZONES else None
        return encryption.source(files or [self.folder(table) / self._pattern(table)], key)

    def show(self, connection: duckdb.DuckDBPyConnection, *tables: Table) -> None:
        """Show tables to a session's statements as `held_<name>`, each row with its `filename`."""
        for table in tables:
            self.show_files(connection, f"held_{table.name}", table)

    def show_files(
        self, connection: duckdb.DuckDBPyConnection, name: str, table: Table, *files: Path
    ) -> None:
        """Show some files, or patterns of files, of a table by a name of their own; by default all."""
        rows = f"select {', '.join(table.columns)}, filename from {self.source(table, *files)}"
        connection.execute(f"create or replace temp view {name} as {rows}")

    def expose(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Show every table as `lake.<name>`, every rule table as `catalogue.<name>`.

        A table is a view on its files; one without files is empty and typed. Journeys show their files'
        `month` ('2021-03', UTC), too. Called again, it shows what was written since.
        """
        connection.execute("create schema if not exists lake; create schema if not exists catalogue")
        for table in TABLES.values():
            if any(self.folder(table).glob("**/*.parquet")):
                key = self.key(table.zone) if table.zone in keys.ZONES else None
                files = encryption.source(
                    [self.folder(table) / self._pattern(table)], key, shows_month=table is JOURNEYS
                )
                _view(connection, f"lake.{table.name}", f"from {files}")
            else:
                month = ["month"] if table is JOURNEYS else []
                _view(connection, f"lake.{table.name}", f"from {_nothing(table.name, *month)}")
        for file in sorted(self.catalogue.glob("*.parquet")):
            _view(connection, f"catalogue.{file.stem}", f"from {encryption.source([file], None)}")

    @staticmethod
    def _pattern(table: Table, part: str = "*") -> str:
        return f"month=*/{part}.parquet" if table.monthly else f"{part}.parquet"


def _nothing(table: str, *texts: str) -> str:
    """No rows of a table, as SQL reads them: its typed columns, and some more of text."""
    columns = [*_columns()[table], *((text, "VARCHAR") for text in texts)]
    return f"(select {', '.join(f'cast(null as {dtype}) as {name}' for name, dtype in columns)} where false)"


@cache
def _columns() -> dict[str, list[tuple[str, str]]]:
    """Each table's columns, with DuckDB's types."""
    with duckdb.connect() as connection:
        empty = {name: connection.from_arrow(table.empty.to_arrow()) for name, table in TABLES.items()}
        return {
            name: list(zip(rows.columns, map(str, rows.types), strict=True)) for name, rows in empty.items()
        }


def _write(rows: pl.DataFrame, file: Path, *, durable: bool = False) -> None:
    with replacing(file, durable=durable) as beside:
        # No statistics: a Parquet footer would show the least and greatest value in clear.
        rows.write_parquet(beside, compression="zstd", compression_level=1, statistics=False)


def _view(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    connection.execute(f"create or replace view {name} as {query}")
