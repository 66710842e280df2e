"""Pages: an authority's, made after its documents and out of the same warehouse."""

import dagster as dg

from dagster_project import outputs
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import EVERY_NIGHT, NOT_PERSONAL, OWNERS, Night, nights
from dagster_project.drops.troubles import Troubles
from dagster_project.pages.checks import differing, is_too_large, reaches_out
from dagster_project.pages.picture import pot_that_ends_first
from dagster_project.warehouse.cache import reading

_ASSET = ["exports", "pages"]
_ALONE, _LIGHT, _EQUAL = (
    "no_page_reaches_for_the_network",
    "pages_are_light",
    "printed_amounts_equal_the_warehouse",
)
_SENTENCES = {
    _ALONE: "No page names an address, a style, a font or a script outside itself.",
    _LIGHT: "Every page is of less than 2 MB.",
    _EQUAL: "What pages print of calls, months, pots, demands adds up to the warehouse's sums.",
}


@dg.asset(
    partitions_def=nights,
    key=_ASSET,
    freshness_policy=EVERY_NIGHT,
    deps=[
        *(["exports", name] for name in ("fund_calls", "accounts")),
        *(
            ["finance", name]
            for name in (
                *("budget_status", "fund_calls", "fund_call_steps", "int_pot_months", "pot_days"),
                *("advance_steps", "fee_invoices"),
            )
        ),
        *(["payments", name] for name in ("demand_accounts", "reconciliations", "reconciliation_reasons")),
        ["compliance", "half_yearly_indicators"],
        *(["authorities", name] for name in ("authority_figures", "authority_fates")),
    ],
    group_name="exports",
    kinds={"html"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[
        dg.AssetCheckSpec(name, asset=_ASSET, description=text) for name, text in _SENTENCES.items()
    ],
    description="Per authority one page: what to pay, pots and calls, fate of journeys, rules, documents.",
)
@tells_no_value
def publish_pages(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Write every authority's page, and look at what was written."""
    with reading(night.lake) as connection:
        written = outputs.pages(night.lake, connection, night.business_date(context), Troubles())
        unequal = [
            f"{page.parent.name} : {column}" for page in written for column in differing(connection, page)
        ]
        picture = pot_that_ends_first(connection, written)
    failing_by_check = {
        _ALONE: [page.parent.name for page in written if reaches_out(page)],
        _LIGHT: [page.parent.name for page in written if is_too_large(page)],
        _EQUAL: unequal,
    }
    return dg.MaterializeResult(
        metadata={
            "pages": len(written),
            **({"pot_that_ends_first": dg.MetadataValue.md(picture)} if picture else {}),
        },
        check_results=[
            dg.AssetCheckResult(check_name=name, passed=not failing, metadata={"failing": failing})
            for name, failing in failing_by_check.items()
        ],
    )
