"""Bank statements, invoices' status messages: taken into the lake; then accounts for payers and payees."""

from typing import Any

import dagster as dg

from dagster_project import outputs
from dagster_project.catalogue import catalogue
from dagster_project.contracts.payments import PAYMENTS
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import EVERY_NIGHT, NOT_PERSONAL, OWNERS, Night, in_order, nights
from dagster_project.drops.claim import sweep
from dagster_project.drops.taken import ChangedDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.errors import safe_message
from dagster_project.payments.statement import books
from dagster_project.payments.take import take_statements
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading

_READS = ("demand_accounts", "payment_verdicts", "reconciliations", "reconciliation_reasons")
_TAKEN = dg.AssetCheckSpec(
    "every_statement_was_taken",
    asset=["lake", PAYMENTS.name],
    description="No bank statement or status message met an error of ours, or trouble in its folder. One "
    "that did waits.",
)
_ANSWERED = dg.AssetCheckSpec(
    "every_payee_has_its_follow_up",
    asset=["exports", "accounts"],
    description="Nothing in an operator's folder of statements hindered its lists; what did is told.",
)


@dg.asset(
    partitions_def=nights,
    key=["lake", PAYMENTS.name],
    deps=[["catalogue", name] for name in ("operators", "authorities", "campaigns")],
    group_name="lake",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[_TAKEN],
    description="Lines of bank statements that name a demand, or come from an authority; beside them "
    "statuses of invoices. No name is kept.",
)
@tells_no_value
def take_payments(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Take every waiting statement and status message into the lake, and answer its operator."""
    root, troubles, errors = settings().catalogue, Troubles(), dict[str, str]()
    counts = {"statements": 0, "kept": 0, "foreign": 0, "not_read": 0}
    sweep(night.lake.payments, troubles)
    known = books(
        catalogue.operators(root),
        catalogue.authorities(root),
        (campaign.id for campaign in catalogue.campaigns(root)),
    )
    for label, result in take_statements(night.lake, known, night.business_date(context), troubles):
        if isinstance(result, ChangedDropError):
            context.log.info(f"{label}: changed, or cannot be opened; it waits for the next night")
        elif isinstance(result, Exception):
            errors[label] = safe_message(result)
            context.log.error(f"{label}: {errors[label]}")
        else:
            statement_counts = {
                "kept": result.kept,
                "foreign": result.foreign,
                "not_read": len(result.faults),
            }
            counts["statements"] += 1
            for name, count in statement_counts.items():
                counts[name] += count
    (rows,) = night.lake.heights(PAYMENTS)
    metadata: dict[str, Any] = {"counts": counts, "dagster/row_count": rows}
    verdict = in_order(context, _TAKEN.name, troubles)
    if errors:
        faults: dict[str, Any] = {"errors": errors, "problems": troubles.lines}
        verdict = dg.AssetCheckResult(check_name=_TAKEN.name, passed=False, metadata=faults)
    return dg.MaterializeResult(metadata=metadata, check_results=[verdict])


@dg.asset(
    partitions_def=nights,
    key=["exports", "accounts"],
    freshness_policy=EVERY_NIGHT,
    # After the documents of tonight went out: their day is that of the demand.
    deps=[
        ["exports", "fund_calls"],
        *(["payments", name] for name in _READS),
    ],
    group_name="exports",
    kinds={"excel", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[_ANSWERED],
    description="Per authority a statement of account for each operator; per operator, what became of "
    "payments.",
)
@tells_no_value
def publish_accounts(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Write every authority's folder of accounts, and every operator's lists."""
    troubles = Troubles()
    with reading(night.lake) as connection:
        publication = outputs.accounts(night.lake, connection, night.business_date(context), troubles)
    return dg.MaterializeResult(
        metadata={"files": len(publication.exports), "held_back": publication.held},
        check_results=[in_order(context, _ANSWERED.name, troubles)],
    )
