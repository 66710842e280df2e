"""The only place that knows the paths of drops, lake, warehouse and exports.

The lake is Parquet: one folder per table (and month), one set of files per drop, each file
written beside its place and renamed, so that a reader never sees half of one. Not here: what
the tables mean (contracts), what is computed from them (dbt).
"""

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.tables import TABLES, Table


class LockedError(Exception):
    """Another run holds the warehouse."""


@dataclass(frozen=True)
class Lake:
    """The folders below ENTREPOT_HOME."""

    home: Path

    @property
    def drops(self) -> Path:
        """What operators deliver: <operator>/incoming, processed, feedback."""
        return self.home / "drops"

    @property
    def warehouse(self) -> Path:
        """The DuckDB cache that readers open; its views know the database by this file's name."""
        return self.home / "warehouse" / "entrepot.duckdb"

    @property
    def building(self) -> Path:
        """The cache being built, beside the one that is read."""
        return self.home / "warehouse" / "building" / "entrepot.duckdb"

    @property
    def dbt_output(self) -> Path:
        """dbt's artifacts and logs."""
        return self.home / "warehouse" / "dbt"

    @property
    def catalogue(self) -> Path:
        """Rule rows made from the committed campaigns, operators, authorities and territories."""
        return self.home / "lake" / "warehouse" / "catalogue"

    @property
    def exports(self) -> Path:
        """What goes out."""
        return self.home / "exports"

    @property
    def scratch(self) -> Path:
        """Files that live no longer than the step that makes them."""
        return self.home / "lake" / "scratch"

    @property
    def keys(self) -> Path:
        """Secret keys, one 0600 file each."""
        return self.home / "keys"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage."""
        return self.home / "dagster"

    def folder(self, table: Table) -> Path:
        """Where a table's files are."""
        return self.home / "lake" / table.zone / table.name

    def write(self, table: Table, rows: pl.DataFrame, part: str) -> None:
        """Validate rows and write them as `part` (of each month of `start_at`'s column `month`).

        `rows` carries one more column, `month` ('2021-03'), where the table is monthly. Raises
        pandera.errors.SchemaError when the contract fails: nothing is written then.
        """
        if not table.monthly:
            _write(table.schema.validate(rows), self.folder(table) / f"{part}.parquet")
            return
        validated = table.schema.validate(rows.drop("month")).with_columns(rows["month"])
        for (month,), of_month in validated.partition_by("month", include_key=False, as_dict=True).items():
            _write(of_month, self.folder(table) / f"month={month}" / f"{part}.parquet")

    def remove(self, table: Table, drop_id: str) -> None:
        """Delete every file that a drop has written to a table."""
        for file in self.folder(table).glob(f"**/{drop_id}-*.parquet"):
            file.unlink()

    def read(self, table: Table, part: str = "*") -> pl.DataFrame:
        """All rows of a small table, or those of one part."""
        files = sorted(self.folder(table).glob(f"{part}.parquet"))
        return pl.read_parquet(files) if files else table.empty

    def write_catalogue(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Replace the rule rows that dbt reads as its source `catalogue`."""
        for name, frame in frames.items():
            _write(frame, self.catalogue / f"{name}.parquet")

    def expose(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Show every table as `lake.<name>`, every rule table as `catalogue.<name>`.

        A table is a view on its files; one without files is empty and typed.
        """
        connection.execute("create schema lake; create schema catalogue")
        for table in TABLES.values():
            pattern = self.folder(table) / ("month=*/*.parquet" if table.monthly else "*.parquet")
            if any(self.folder(table).glob("**/*.parquet")):
                _view(connection, f"lake.{table.name}", pattern)
            else:
                connection.register("empty", table.empty)
                connection.execute(f"create table lake.{table.name} as select * from empty")
        for file in sorted(self.catalogue.glob("*.parquet")):
            _view(connection, f"catalogue.{file.stem}", file)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the warehouse for one run; the lock dies with the process. Raises LockedError."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / ".entrepot.lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LockedError(
                    f"Another run is at work in {self.home}. Wait for its end, then start again."
                ) from None
            for leftover in (
                *self.home.glob("lake/**/.*.writing"),
                *self.drops.glob("*/feedback/.*.writing"),
            ):
                leftover.unlink()  # of a run that was killed
            yield


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it takes `target`'s place once the block succeeds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name that nobody can foresee: in an operator's folder, a planted link would be written through.
    beside = target.with_name(f".{secrets.token_hex(8)}.writing")
    try:
        yield beside
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _write(rows: pl.DataFrame, file: Path) -> None:
    with replacing(file) as beside:
        # No statistics: a Parquet footer would show the least and greatest value in clear.
        rows.write_parquet(beside, compression="zstd", compression_level=1, statistics=False)


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: Path) -> None:
    quoted = str(files).replace("'", "''")
    connection.execute(
        f"create view {name} as select * from read_parquet('{quoted}', hive_partitioning = false)"
    )
