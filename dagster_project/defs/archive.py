"""The archive: months that are due are measured, held against the bound, and written for good."""

import dagster as dg

from dagster_project.archive import risk
from dagster_project.archive.write import archive_due
from dagster_project.contracts.archive import K
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, Night, nights
from dagster_project.warehouse.cache import reading

_K_ALIKE = dg.AssetCheckSpec(
    "k_journeys_alike",
    asset=["archive", "months"],
    description=f"Every archived row stands for {K} journeys at least, counted from the rows alone.",
)
_ATTACK_FAILS = dg.AssetCheckSpec(
    "an_attacker_is_right_once_in_k",
    asset=["archive", "months"],
    description=f"Who knows one journey of a person finds another with a chance of 1 in {K} at worst.",
)


@dg.asset(
    partitions_def=nights,
    key=["archive", "months"],
    deps=[
        ["archive", "archived_journeys"],
        ["archive", "archived_carpoolers"],
        ["archive", "archive_accounts"],
        ["authorities", "authority_journeys"],
        ["authorities", "authority_views"],
    ],
    group_name="archive",
    kinds={"duckdb", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[_K_ALIKE, _ATTACK_FAILS],
    description="Months whose journeys are about to expire, anonymised for good (JURIDIQUE étape 4).",
)
@tells_no_value
def archive_months(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Measure what is due; write it where the bound holds."""
    with reading(night.lake) as connection:
        measured = risk.measures(connection)
        is_k_alike, is_safe = risk.bounds(measured)
        business_date = night.business_date(context)
        archived = archive_due(night.lake, connection, business_date) if is_k_alike and is_safe else []
    return dg.MaterializeResult(
        metadata={
            "months": [f"{month.month_on:%Y-%m} {month.subject}" for month in archived],
            "dagster/row_count": sum(month.published for month in archived if month.subject == "journeys"),
            "suppressed": sum(month.suppressed for month in archived),
            **measured,
        },
        check_results=[
            dg.AssetCheckResult(check_name=_K_ALIKE.name, passed=is_k_alike),
            dg.AssetCheckResult(check_name=_ATTACK_FAILS.name, passed=is_safe),
        ],
    )
