"""Frauds: reviewed decisions in; six months' trace, final verdicts, overview out (CONVENTION article 9)."""

import dagster as dg

from dagster_project.catalogue import catalogue
from dagster_project.contracts.labels import FRAUD_TRACES
from dagster_project.contracts.lake_tables import JOURNEYS
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, PERSONAL, Night, nights, row_count
from dagster_project.fraud.decisions import load
from dagster_project.fraud.overview import overview
from dagster_project.fraud.trace import finish, record
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading

_DECISIONS = ["lake", "fraud_decisions"]
_KNOWN = dg.AssetCheckSpec(
    "decisions_are_about_known_journeys",
    asset=_DECISIONS,
    description="A decision about a journey that the base does not hold overrides nothing.",
)

_SELDOM = dg.AssetCheckSpec(
    "operators_seldom_contradict_each_other",
    asset=["fraud", "overview"],
    description="Whose journeys collide with others' too often may invent them, to learn where people are.",
)


@dg.asset(
    partitions_def=nights,
    key=_DECISIONS,
    deps=[["lake", JOURNEYS.name], ["catalogue", "operators"]],
    group_name="lake",
    kinds={"yaml", "parquet"},
    owners=OWNERS,
    tags=PERSONAL,
    check_specs=[_KNOWN],
    description="Reviewed decisions on labels, from decisions/ of the catalogue and of the private one.",
)
@tells_no_value
def load_decisions(night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Check every decision and write those about journeys that the lake holds."""
    decisions = catalogue.decisions(settings().catalogue)
    count, unknown = load(night.lake, decisions)
    return dg.MaterializeResult(
        metadata=row_count(count),
        check_results=[
            dg.AssetCheckResult(
                check_name=_KNOWN.name,
                passed=not unknown,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"unknown": unknown},
            )
        ],
    )


@dg.asset(
    partitions_def=nights,
    key=["fraud", "traces"],
    # After the cache was renamed into place.
    deps=[["fraud", "fraud_labels"], ["finance", "fund_calls"]],
    group_name="archive",
    kinds={"parquet"},
    owners=OWNERS,
    tags=PERSONAL,
    description="What was set aside and when, for six months; then verdicts that stay, and counts for good.",
)
@tells_no_value
def trace_frauds(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Bring the trace up to date; make final what has reached its term."""
    business_date = night.business_date(context)
    with reading(night.lake) as connection:
        counts = record(night.lake, connection, business_date)
        final = finish(night.lake, connection, business_date)
    (rows,) = night.lake.heights(FRAUD_TRACES)
    return dg.MaterializeResult(
        metadata={
            **row_count(rows),
            **{name: shown(count) for name, count in counts.items()},
            "final": [f"{month:%Y-%m}" for month in final],
        }
    )


@dg.asset(
    partitions_def=nights,
    key=["fraud", "overview"],
    deps=[["fraud", "fraud_labels"], ["fraud", "operator_alerts"], ["finance", "fund_calls"]],
    group_name="exports",
    kinds={"duckdb"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[_SELDOM],
    description="Suspect and excluded journeys by label, operator and month, with plots; operators' alerts.",
)
@tells_no_value
def show_frauds(night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Counts and plots, none below K; operators to be asked."""
    with reading(night.lake) as connection:
        seen = overview(connection)
    return dg.MaterializeResult(
        metadata={
            "by_label": dg.MetadataValue.md(seen.by_label),
            "by_operator_and_month": dg.MetadataValue.md(seen.by_month),
            "alerts": dg.MetadataValue.md(seen.alerts),
            "plot": dg.MetadataValue.md(seen.plot),
            "excluded": seen.excluded,
            "informative": seen.informative,
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_SELDOM.name,
                passed=not seen.colliding,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"months_and_operators": list(seen.colliding)},
            )
        ],
    )
