"""Rows sent under another journey's id: never current, and none of its versions (dbt's macro is_stray).

Why: D-026.
"""

import duckdb

from dagster_project.files.statements import statements

_SQL = statements(__file__)


def mark_strays(connection: duckdb.DuckDBPyConnection) -> None:
    """Show the rows of the relation `deliveries`, all of each id, as `versions`: with `is_stray`."""
    connection.execute(_SQL["versions"])
