"""Whom variants serve: journeys and persons who get more or less than of the first one, and where.

They are counted of `told` (figures). Not here: which counts may be told (pages/laboratory).
"""

from typing import Any

import duckdb

from dagster_project.contracts.archive import K
from dagster_project.files.statements import statements

_SQL = statements(__file__)
_MOST_VALUES = 40  # communes that are told by themselves


def moved(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """By variant, the journeys and persons that gain and lose, and the cents."""
    return list(connection.execute(_SQL["moved"]).pl().to_dicts())


def values(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """By variant, subject (distance, operator, commune, hour) and value; None: the rest of small ones."""
    return list(connection.execute(_SQL["values"], {"k": K, "most": _MOST_VALUES}).pl().to_dicts())
