"""Closings: what is due tonight becomes immutable entries; then the base is evaluated once more.

Once documents are computed, what a closed call says of the base is written down, before it goes out.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from dagster_project import warehouse
from dagster_project.dbt_run import BuildError
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, Night
from dagster_project.ledger.chain import problems
from dagster_project.ledger.close import close_due
from dagster_project.ledger.receipts import write_receipts


@dg.asset(
    key=["ledger", "closings"],
    deps=[["ledger", "unsettled_lines"], ["ledger", "unsettled_cap_uses"], ["ledger", "int_journey_facts"]],
    group_name="ledger",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[
        dg.AssetCheckSpec("the_chain_is_intact", asset=["ledger", "closings"]),
        dg.AssetCheckSpec("no_journey_came_again_after_its_settlement", asset=["ledger", "closings"]),
    ],
    description="Months of fees and quarters of fund calls, closed for good once due (CONVENTION 8.2, 8.3).",
)
def close_periods(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Verify the whole chain, then close what is due: nothing is closed upon a ledger that was changed."""
    business_date = night.business_date(context)
    wrong = list(problems(night.lake))
    yield dg.AssetCheckResult(
        check_name="the_chain_is_intact", passed=not wrong, metadata={"problems": wrong[:20]}
    )
    if wrong:
        raise dg.Failure(
            f"The ledger is not as it was closed ({wrong[0]}). `entrepot ledger verify` says all; restore "
            "lake/warehouse from a copy."
        )
    try:
        with warehouse.reading(night.lake, building=True) as connection:
            closed = close_due(night.lake, night.settings, connection, business_date)
        if closed:
            warehouse.evaluate(night.lake, night.settings, business_date)
    except (FileNotFoundError, BuildError) as error:
        raise dg.Failure(str(error)) from None
    again = sum(one.already_settled for one in closed)
    yield dg.MaterializeResult(
        metadata={"closings": len(closed), "entries": sum(one.entries for one in closed)},
        check_results=[
            dg.AssetCheckResult(
                check_name="no_journey_came_again_after_its_settlement",
                passed=not again,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"journeys": again},
            ),
        ],
    )


@dg.asset(
    key=["ledger", "call_receipts"],
    deps=[["finance", "int_call_receipts"], ["finance", "fund_calls"]],
    group_name="ledger",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    description="What became of the journeys sent for each closed call, as counted when it went out.",
)
def write_call_receipts(night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Count once, for good: later nights read it."""
    with warehouse.reading(night.lake) as connection:
        closings = write_receipts(night.lake, connection)
    return dg.MaterializeResult(metadata={"closings": closings})
