"""Exports: the fund calls of every campaign, the journeys behind them, the half-yearly reports."""

import dagster as dg

from dagster_project.campaigns import catalogue
from dagster_project.defs.resources import OWNERS, Night
from dagster_project.reports.publish import publish
from dagster_project.warehouse import reading


@dg.asset(
    key=["exports", "fund_calls"],
    deps=[
        ["finance", "fund_calls"],
        ["finance", "fund_call_bands"],
        ["authorities", "authority_journeys"],
        ["compliance", "half_yearly_reports"],
        ["compliance", "half_yearly_indicators"],
        ["compliance", "fraud_exclusions"],
    ],
    group_name="exports",
    kinds={"excel", "parquet"},
    owners=OWNERS,
    tags={"personal_data": "pseudonymised"},
    description="Fund calls, a workbook and a Parquet file per campaign, operator and period; half-yearly "
    "reports.",
)
def publish_fund_calls(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Write every campaign's folder and its manifest."""
    with reading(night.lake) as connection:
        exports = publish(
            night.lake,
            connection,
            night.business_date(context),
            night.settings.pseudonym_key,
            {one.id: one.bank for one in catalogue.operators(night.settings.catalogue)},
        )
    return dg.MaterializeResult(
        metadata={"files": len(exports), "dagster/row_count": sum(export.rows for export in exports)}
    )
