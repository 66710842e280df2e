"""Advances: what the night decided of them, of alerts and reviews is written down, then told."""

import dagster as dg

from dagster_project.contracts.advances import ADVANCES
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, Night, nights
from dagster_project.ledger.advances import record_decisions
from dagster_project.warehouse.cache import reading


@dg.asset(
    partitions_def=nights,
    key=["ledger", "advances"],
    deps=[["finance", name] for name in ("advances_due", "advance_alerts_due", "pot_reviews_due")],
    group_name="advances",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    description="Payments ahead, their revisions, alerts and mid-term reviews, each decided once "
    "(CONVENTION 6.1, 8.1).",
)
@tells_no_value
def decide_advances(night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Append tonight's decisions to the lake."""
    with reading(night.lake) as connection:
        counts = record_decisions(night.lake, connection)
    (rows,) = night.lake.heights(ADVANCES)
    return dg.MaterializeResult(metadata={**counts, "dagster/row_count": rows})
