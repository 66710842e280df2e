"""Closings: what is due tonight becomes immutable entries; then what reads them is evaluated once more.

Once documents are computed, what a closed call says of the base is written down, before it goes out.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from dagster_project.contracts.lake_tables import JOURNEYS
from dagster_project.contracts.ledger import CALL_RECEIPTS, CLOSINGS, SETTLED_BEFORE
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import (
    EVERY_NIGHT,
    NOT_PERSONAL,
    OWNERS,
    PERSONAL,
    Night,
    nights,
    row_count,
)
from dagster_project.ledger import checkpoints, records, untouched
from dagster_project.ledger.again import recognise
from dagster_project.ledger.chain import problems
from dagster_project.ledger.close import close_due
from dagster_project.ledger.receipts import write_receipts
from dagster_project.warehouse import cache


@dg.asset(
    partitions_def=nights,
    key=["lake", SETTLED_BEFORE.name],
    deps=[["lake", JOURNEYS.name]],
    group_name="lake",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    tags=PERSONAL,
    description="Standing entries of journeys that were sent again after the base had forgotten them.",
)
@tells_no_value
def recognise_settled(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Find them by their digest before anything is evaluated: they ask caps and pot for no more."""
    count = recognise(night.lake, night.business_date(context))
    (rows,) = night.lake.heights(SETTLED_BEFORE)
    return dg.MaterializeResult(metadata={"journeys": shown(count), **row_count(rows)})


@dg.asset(
    partitions_def=nights,
    key=["ledger", "closings"],
    freshness_policy=EVERY_NIGHT,
    deps=[["ledger", "unsettled_lines"], ["ledger", "unsettled_cap_uses"], ["ledger", "int_journey_facts"]],
    group_name="ledger",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[
        dg.AssetCheckSpec(
            "the_chain_is_intact",
            asset=["ledger", "closings"],
            description="Ledger, signed checkpoints and the witness outside the home say the same.",
        ),
        dg.AssetCheckSpec(
            "no_journey_came_again_after_its_settlement",
            asset=["ledger", "closings"],
            description="No journey that was settled, then forgotten, was sent again; it is not paid twice.",
        ),
    ],
    description="Months of fees and quarters of fund calls, closed for good once due (CONVENTION 8.2, 8.3); "
    "each closing is a signed checkpoint that the witness sees. On a night that closes something, the models "
    "that read closings are built a second time here.",
)
@tells_no_value
def close_periods(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Verify chain, checkpoints and witness, then close what is due: nothing upon a changed ledger."""
    business_date = night.business_date(context)
    marks_now = untouched.marks(night.lake)
    unchanged_closings = untouched.untouched(night.lake, marks_now, business_date)
    faults = [
        *problems(night.lake, but=unchanged_closings),
        *checkpoints.problems(night.lake, but=unchanged_closings),
        *records.problems(night.lake),
    ]
    yield dg.AssetCheckResult(
        check_name="the_chain_is_intact", passed=not faults, metadata={"problems": faults[:20]}
    )
    if faults:
        raise dg.Failure(
            f"The ledger is not as it was closed ({faults[0]}). `entrepot ledger verify` says all; `entrepot "
            "restore --damaged` brings its files back."
        )
    untouched.remember(night.lake, marks_now, unchanged_closings, business_date)
    signed = checkpoints.complete(night.lake)
    records.complete(night.lake)
    with cache.reading(night.lake, building=True) as connection:
        closed = close_due(night.lake, connection, business_date)
    rebuilt = cache.evaluate_closings(night.lake, business_date) if closed else []
    (rows,) = night.lake.heights(CLOSINGS)
    again = sum(closing.already_settled for closing in closed)
    yield dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "closings": len(closed),
            "closings_read_again": len(marks_now) - len(unchanged_closings),
            "entries": sum(closing.entries for closing in closed),
            "models_built_again": sum(node.unique_id.startswith("model.") for node in rebuilt),
            **({"closings_of_an_older_version_signed": signed} if signed else {}),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="no_journey_came_again_after_its_settlement",
                passed=not again,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"journeys": shown(again)},
            ),
        ],
    )


@dg.asset(
    partitions_def=nights,
    key=["ledger", "call_receipts"],
    deps=[["finance", "int_call_receipts"], ["finance", "int_campaign_terms"], ["finance", "fund_calls"]],
    group_name="finance",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    description="What became of the journeys sent for each closed call, as counted when it went out; tariff, "
    "caps and fee of each closing.",
)
@tells_no_value
def write_call_receipts(night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Write down once, for good: later nights read it."""
    with cache.reading(night.lake) as connection:
        files = write_receipts(night.lake, connection)
    (rows,) = night.lake.heights(CALL_RECEIPTS)
    return dg.MaterializeResult(metadata={"files": files, "dagster/row_count": rows})
