"""What a night tells the public for the first time, kept in the lake: an edition is never made again.

Not here: what may be told (dbt/models/observatory), the files that go out (data_set). Why: D-283 to D-285.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from dagster_project.contracts.observatory import (
    PUBLIC_CALLS,
    PUBLIC_CORRECTIONS,
    PUBLIC_EDITIONS,
    PUBLIC_FLOWS,
    PUBLIC_TERRITORIES,
)
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

_SQL = statements(__file__)


@dataclass(frozen=True)
class NewEditions:
    """What a night has told: months, months whose sums were told anew, periods of calls looked at."""

    months: Sequence[date]
    corrected: Sequence[date]
    calls: int


def keep_due(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> NewEditions:
    """Keep what the cache holds ready; what was kept before stays as it was.

    Corrections first, and the row of an edition last: it commits the month, and killed before it, the next
    run finds the same due.
    """
    known = set(lake.read(PUBLIC_EDITIONS)["month_on"])
    night = {"business_date": business_date}
    calls = connection.execute(_SQL["calls"], night).pl()
    for row in calls.iter_rows(named=True):
        part = f"{row['campaign_id']}-{row['period_start_on']}"
        if not (lake.folder(PUBLIC_CALLS) / f"{part}.parquet").exists():
            lake.write(PUBLIC_CALLS, pl.DataFrame([row], schema=PUBLIC_CALLS.empty.schema), part)
    months = connection.execute(_SQL["months"], night).pl().filter(~pl.col("month_on").is_in(known))
    corrections = connection.execute(_SQL["corrections"], night).pl()
    if not months.is_empty() and not corrections.is_empty():
        lake.write(PUBLIC_CORRECTIONS, corrections, f"{business_date}")
    for month_on in months["month_on"]:
        _keep(lake, connection, month_on, months.filter(month_on=month_on))
    corrected = corrections["month_on"].to_list() if not months.is_empty() else []
    return NewEditions(months["month_on"].to_list(), corrected, calls.height)


def _keep(lake: Lake, connection: duckdb.DuckDBPyConnection, month_on: date, edition: pl.DataFrame) -> None:
    key, part = {"month_on": month_on}, f"{month_on:%Y-%m}"
    names = dict(connection.execute(_SQL["names"], key).pl().iter_rows())
    for query, table, prefixes in (
        ("territories", PUBLIC_TERRITORIES, ("",)),
        ("flows", PUBLIC_FLOWS, ("origin_", "destination_")),
    ):
        rows = connection.execute(_SQL[query], key).pl()
        named = rows.with_columns(
            pl.coalesce(f"{prefix}commune_code", f"{prefix}epci_code", f"{prefix}departement_code")
            .replace_strict(names, default=None, return_dtype=pl.String)
            .alias(f"{prefix}name")
            for prefix in prefixes
        )
        lake.write(table, named.select(table.empty.columns), part)
    lake.write(PUBLIC_EDITIONS, edition, part)
