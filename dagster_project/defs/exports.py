"""Exports: fund calls, invoices, advance statements, reports of every campaign; what holds them back."""

from collections import Counter

import dagster as dg

from dagster_project import outputs
from dagster_project.contracts.documents import DOCUMENTS
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import EVERY_NIGHT, OWNERS, PLOT, Night, nights
from dagster_project.drops.troubles import Troubles
from dagster_project.reports.shared.call_checks import ALERTS, ERRORS, verdicts
from dagster_project.warehouse.cache import reading

_ASSET = ["exports", "fund_calls"]
_DEPS = {
    "authorities": ["authority_journeys"],
    "compliance": [
        *("annual_subsidies", "call_redistributions", "fraud_exclusions", "fraud_half_years"),
        *("half_yearly_indicators", "half_yearly_reports"),
    ],
    "finance": [
        *(
            "advance_steps",
            "advances",
            "budget_status",
            "call_checks",
            "call_pots",
            "fee_invoice_lines",
            "fee_invoices",
        ),
        *("fund_call_bands", "fund_call_steps", "fund_calls", "pot_states"),
    ],
    "ledger": ["call_receipts"],
}
_LEFT = (
    "select campaign_id, cast(round(100 * left_cents / budget_cents, 1) as double) "
    "from finance.budget_status where budget_cents > 0 order by all"
)
_HELD, _ALTERED = "no_document_is_held_back", "issued_documents_are_as_they_were_issued"
_SIGNED = "manifests_are_as_the_registry_signed_them"

_SENTENCES = {
    _HELD: "No document waits; of one that does, the reason is told, and it goes out once that is gone.",
    _ALTERED: "No issued file has changed or vanished since; one that had is drawn again, and told.",
    _SIGNED: "Every manifest bears the registry's signature; a folder whose does not is left as it is.",
}


@dg.asset(
    partitions_def=nights,
    key=_ASSET,
    freshness_policy=EVERY_NIGHT,
    deps=[["ledger", "advances"], *([folder, name] for folder, names in _DEPS.items() for name in names)],
    group_name="exports",
    kinds={"excel", "parquet"},
    owners=OWNERS,
    tags={"personal_data": "pseudonymised"},
    check_specs=[
        *(
            dg.AssetCheckSpec(name, asset=_ASSET, description=f"No call has: {counts}.")
            for name, counts in (ERRORS | ALERTS).items()
        ),
        *(dg.AssetCheckSpec(name, asset=_ASSET, description=text) for name, text in _SENTENCES.items()),
    ],
    description="Fund calls with their journeys and attestation, platform-fee invoices, advance statements, "
    "half-yearly reports; what is closed is issued once.",
)
@tells_no_value
def publish_fund_calls(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Write every campaign's folder and its manifest; tell what was held back, and why."""
    with reading(night.lake) as connection:
        publication = outputs.fund_calls(night.lake, connection, night.business_date(context), Troubles())
        checks = [
            dg.AssetCheckResult(
                check_name=name,
                passed=not verdict.failing,
                severity=dg.AssetCheckSeverity.ERROR if verdict.is_error else dg.AssetCheckSeverity.WARN,
                metadata={
                    "counts": verdict.counts,
                    "failing": shown(verdict.failing),
                    "calls": list(verdict.calls[:20]),
                },
            )
            for name, verdict in verdicts(connection).items()
        ]
        left = {
            f"{PLOT}pot left of {campaign_id}, percent": percent
            for campaign_id, percent in connection.execute(_LEFT).fetchall()
        }
    return dg.MaterializeResult(
        metadata={
            "files": len(publication.exports),
            "issued": dict(Counter(DOCUMENTS[name.partition("/")[0]].title for name in publication.issued)),
            "dagster/row_count": sum(export.rows for export in publication.exports),
            **left,
        },
        check_results=[
            *checks,
            dg.AssetCheckResult(
                check_name=_HELD, passed=not publication.held, metadata={"held_back": publication.held}
            ),
            dg.AssetCheckResult(
                check_name=_SIGNED,
                passed=not publication.forged,
                metadata={"left_as_they_are": publication.forged},
            ),
            dg.AssetCheckResult(
                check_name=_ALTERED,
                passed=not publication.altered,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"drawn_again": publication.altered},
            ),
        ],
    )
