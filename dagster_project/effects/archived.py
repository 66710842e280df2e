"""What the archive still counts of months that the base has lost: journeys of a territory, no persons.

Not here: how the archive is read (archive.read), under a key that not everybody has who evaluates.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import polars as pl

from dagster_project.files.statements import statements

_SQL = statements(__file__)
ASKED = _SQL["groups"]


@dataclass(frozen=True)
class Archive:
    """The archive's answer to `ASKED`, and which months it has (`archived_months`)."""

    groups: pl.DataFrame
    months: pl.DataFrame


def archived_months(
    connection: duckdb.DuckDBPyConnection, archive: Archive, authority_id: str, until_on: date
) -> list[dict[str, Any]]:
    """By month before a day, journeys of an authority's members, in tens; published and suppressed of all."""
    connection.register("archive_groups", archive.groups)
    connection.register("archive_months", archive.months)
    given = {"authority_id": authority_id, "until_on": until_on}
    return list(connection.execute(_SQL["archived"], given).pl().to_dicts())
