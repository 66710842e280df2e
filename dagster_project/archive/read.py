"""Reads the archive with its own key and no other: what a named analyst needs (JURIDIQUE étape 4)."""

import polars as pl

from dagster_project import encryption, keys
from dagster_project.archive.write import ArchiveError
from dagster_project.contracts.archive import ARCHIVED_CARPOOLERS, ARCHIVED_JOURNEYS
from dagster_project.lake import Lake


def query(lake: Lake, sql: str) -> pl.DataFrame:
    """The answer to a query on `archived_journeys` and `archived_carpoolers`.

    Raises ArchiveError where nothing is archived, KeyFileError without the archive's key, duckdb.Error.
    """
    if not keys.is_encrypted(lake.zone("archive")):
        raise ArchiveError("nothing is archived here yet: a month is, the night before its journeys expire")
    key = lake.key("archive")
    with encryption.session(lake.scratch, key) as connection:
        for table in (ARCHIVED_JOURNEYS, ARCHIVED_CARPOOLERS):
            files = sorted(lake.folder(table).rglob("*.parquet"))
            connection.register(f"empty_{table.name}", table.empty)
            rows = encryption.source(files, key) if files else f"empty_{table.name}"
            connection.execute(f"create temp view {table.name} as from {rows}")
        return connection.execute(sql).pl()
