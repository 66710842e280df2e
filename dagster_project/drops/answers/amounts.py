"""What an operator tells its users (CONVENTION article 11): `feedback/indemnites_des_trajets.csv`.

Each journey's incentive by campaign, and what of it the declared revenue lacks (article 7). Made anew each
night, of the operator's own journeys alone, of this month and the one before; written piece by piece, for at
a country's size it is long.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import write_csv
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

FILE = "indemnites_des_trajets.csv"
_SQL = statements(__file__)
_LINES = 100_000


def write_amounts(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> int:
    """Write every operator's file; returns how many amounts there are, all operators."""
    before = business_date.replace(day=1) - timedelta(days=1)
    connection.execute(_SQL["recent"], {"since": before.replace(day=1)})
    count = 0
    for operator_id, _ in operators(lake.drops, troubles):
        given = {"operator_id": operator_id}
        with _written(lake, connection.execute(_SQL["amounts"], given)) as (lines, file):
            deliver(lake, operator_id, {FILE: file if lines else None}, troubles)
        count += lines
    return count


@contextmanager
def _written(lake: Lake, result: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, Path]]:
    """The rows as a file of ours for as long as the block lasts, and how many they are."""
    file = lake.scratch / f"{secrets.token_hex(8)}.csv"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = 0
    try:
        with file.open("wb") as target:
            for batch in result.to_arrow_reader(_LINES):
                write_csv(pl.DataFrame(batch), target, goes_on=lines > 0)
                lines += batch.num_rows
        yield lines, file
    finally:
        file.unlink(missing_ok=True)
