"""Reads the archive with its own key and no other: what a named analyst needs (JURIDIQUE étape 4).

Why: D-156.
"""

import duckdb
import polars as pl

from dagster_project.archive.write import ArchiveError
from dagster_project.contracts.archive import ARCHIVED_CARPOOLERS, ARCHIVED_JOURNEYS
from dagster_project.lake import encryption, keys
from dagster_project.lake.store import Lake


def query(lake: Lake, sql: str) -> pl.DataFrame:
    """The answer to one SELECT on `archived_journeys` and `archived_carpoolers`, and on nothing else.

    Raises ArchiveError where nothing is archived or more is asked, KeyFileError without the archive's key,
    duckdb.Error.
    """
    if not keys.is_encrypted(lake.zone("archive")):
        raise ArchiveError("nothing is archived here yet: a month is, the night before its journeys expire")
    key = lake.key("archive")
    with encryption.session(None, key) as connection:
        statement = _select(connection, sql)
        for table in (ARCHIVED_JOURNEYS, ARCHIVED_CARPOOLERS):
            files = sorted(lake.folder(table).rglob("*.parquet"))
            connection.register("empty", table.empty)
            # Not a view: it would need a folder that a query may read, and there enable_logging() may write.
            rows = encryption.source(files, key) if files else "empty"
            connection.execute(f"create temp table {table.name} as from {rows}")
        connection.unregister("empty")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            return connection.execute(statement).pl()
        except duckdb.PermissionException:
            raise ArchiveError(
                "a query reaches no file, no other database and no setting. Remedy: ask of archived_journeys "
                "and archived_carpoolers alone"
            ) from None


def _select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The one SELECT that the text holds. Raises ArchiveError, duckdb.ParserException."""
    statements = connection.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        kinds = ", ".join(statement.type.name for statement in statements) or "nothing"
        raise ArchiveError(
            f"the archive answers one SELECT and changes nothing; this is {kinds}. Remedy: one query without "
            "COPY, ATTACH, SET or a second statement; `pivot` names its values (`in (…)`) in a `from (…)`. "
            'To keep an answer, send it to a file: entrepot archive "select …" > answer.csv'
        )
    return statements[0]
