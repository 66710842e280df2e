"""Drops as a night has committed them, written to the lake without files; models, tested where asked."""

import shutil
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from dagster_project.contracts.lake_tables import CANCELLATIONS, DROPS, JOURNEYS
from dagster_project.lake.store import Lake
from dagster_project.warehouse import cache, dbt_run


def deliver(
    lake: Lake, drop_id: str, business_date: date, dropped_at: datetime, journeys: list[dict[str, Any]]
) -> None:
    """One drop of accepted rows, each of an operator; one that says cancelled is sent, then cancelled."""
    drop = {"drop_id": drop_id, "business_date": business_date, "dropped_at": dropped_at}
    made = [one | drop | {"drop_row": row} for row, one in enumerate(journeys, 1)]
    cancelled = [
        {name: row[name] for name in CANCELLATIONS.columns} for row in made if row["status"] == "cancelled"
    ]
    made = [one | {"status": "new"} if one["status"] == "cancelled" else one for one in made]
    schema = {name: column.dtype.type for name, column in JOURNEYS.columns.items()}
    frame = pl.DataFrame(made, schema=schema, strict=False)
    lake.write(
        JOURNEYS, frame.with_columns(month=pl.col("start_at").dt.strftime("%Y-%m")), f"{drop_id}-00000"
    )
    of_cancelled = {name: CANCELLATIONS.columns[name].dtype.type for name in CANCELLATIONS.columns}
    after = pl.DataFrame(cancelled, schema=of_cancelled, strict=False).with_columns(
        pl.col("drop_row") + len(made)
    )
    lake.write(CANCELLATIONS, after, f"{drop_id}-00000")
    register = drop | {
        "operator_id": "x",
        "file_name": "x",
        "sha256": drop_id,
        "size_bytes": 1,
        "rows": len(made) + len(cancelled),
        "accepted_rows": len(made) + len(cancelled),
        "rejected_rows": 0,
        "layout": None,
        "refused_code": None,
    }
    row = pl.DataFrame([register], schema=DROPS.empty.schema)
    lake.write(DROPS, row.select(DROPS.empty.columns), drop_id)


def run_models(
    lake: Lake, business_date: date, *select: str, anew: bool = True, tested: Sequence[str] = ()
) -> None:
    """Models of the cache being built, from the lake and the published cache, as a night does.

    `tested`: folders of models whose data tests must hold, where a model that they read was built.
    """
    if anew:
        shutil.rmtree(lake.building.parent, ignore_errors=True)
        lake.building.parent.mkdir(parents=True)
    with lake.cache(building=True).open() as connection:
        cache.expose(lake, connection)
    variables = {"business_date": business_date.isoformat()}
    arguments, yesterday = ["run", "--select", *select], cache.yesterday(lake)
    results = dbt_run.run(lake.cache(building=True), lake.dbt_output, arguments, variables, yesterday, tested)
    failed = [result.unique_id for result in results if result.status not in ("success", "pass", "warn")]
    assert not failed, failed
