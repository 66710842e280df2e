"""Journeys that came again after the base had forgotten them: what was settled is known by its digest.

An erased person's journey may be sent again within its term, and so may one that a correction had moved to an
earlier day; an operator may give an old id to another journey. What was settled stands and is asked no more.
"""

import hmac
from datetime import date, timedelta

import duckdb
import polars as pl

from dagster_project.contracts.lake_tables import DROPS, JOURNEYS
from dagster_project.contracts.ledger import CLOSINGS, LEDGER_ENTRIES, SETTLED_BEFORE, SETTLEMENTS
from dagster_project.files.statements import statements
from dagster_project.lake.part_names import drop_of, last_night
from dagster_project.lake.store import Lake

# What nights have taken that were killed before they looked.
_LOOKS_BACK = timedelta(days=7)
_PART = "journeys"
_SQL = statements(__file__)


def recognise(lake: Lake, business_date: date) -> int:
    """Write down the standing entries of journeys that came again; returns how many journeys that are.

    To be called once drops are taken and before anything is evaluated. What is known stays as long as the
    journey. Raises KeyFileError.
    """
    if not any(lake.folder(CLOSINGS).glob("*.parquet")):
        return 0
    key = lake.secret("ledger")
    before = lake.read(SETTLED_BEFORE)
    with lake.session() as connection:
        came = _came(lake, connection, business_date)
        connection.register("came", came.with_columns(digests(came, key)))
        connection.register("before", before)
        lake.show(connection, LEDGER_ENTRIES, CLOSINGS, SETTLEMENTS)
        rows = connection.execute(_SQL["standing"]).pl()
        if before.height:
            kept = f"from before semi join {lake.source(JOURNEYS)} using (operator_id, operator_journey_id)"
            rows = pl.concat([connection.execute(kept).pl(), rows]).unique().sort(pl.all())
    if not rows.equals(before):
        lake.write(SETTLED_BEFORE, rows, _PART)
    return rows.select("operator_id", "operator_journey_id").n_unique()


def digests(journeys: pl.DataFrame, key: bytes) -> pl.Series:
    """The keyed digest of each journey: the same in every closing, and of no use without the key."""
    return pl.Series(
        "journey_digest",
        [
            hmac.digest(key, f"journey\0{operator}\0{journey}".encode(), "sha256").hex()
            for operator, journey in journeys.select("operator_id", "operator_journey_id").iter_rows()
        ],
        dtype=pl.String,
    )


def _came(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> pl.DataFrame:
    """The journeys of the drops that the last nights have taken."""
    since = business_date - _LOOKS_BACK
    taken = lake.read(DROPS).filter(pl.col("business_date") > since, pl.col("refused_code").is_null())
    recent = frozenset(taken["drop_id"])
    files = [
        file
        for file in lake.folder(JOURNEYS).rglob("*.parquet")
        if drop_of(file) in recent or (last_night(file) or since) > since
    ]
    if not files:
        return JOURNEYS.empty.select("operator_id", "operator_journey_id")
    connection.register("taken", taken.select("drop_id"))
    return connection.execute(
        f"select distinct operator_id, operator_journey_id from {lake.source(JOURNEYS, *files)} "
        "semi join taken using (drop_id)"
    ).pl()
