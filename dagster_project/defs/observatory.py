"""What the public reads: an edition a month, its open data and pages, held against the journeys."""

import dagster as dg

from dagster_project import outputs
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import EVERY_NIGHT, NOT_PERSONAL, OWNERS, Night, nights
from dagster_project.drops.troubles import Troubles
from dagster_project.pages.checks import is_too_large, reaches_out
from dagster_project.pages.observatory.checks import differing_files, differing_pages, small_rows
from dagster_project.warehouse.cache import reading

_ASSET = ["exports", "observatory"]
_EQUAL, _SMALL, _ALONE, _LIGHT = (
    "what_is_told_equals_the_journeys",
    "nothing_small_is_told",
    "no_public_page_reaches_for_the_network",
    "public_pages_are_light",
)
_SENTENCES = {
    _EQUAL: "Pages, files and editions say the same; a new edition adds up to the month's valid journeys.",
    _SMALL: "No row of a file is of fewer than six journeys; territories and ways add up to their totals.",
    _ALONE: "No page names an address, a style, a font or a script outside itself.",
    _LIGHT: "Every page is of less than 2 MB.",
}


@dg.asset(
    partitions_def=nights,
    key=_ASSET,
    freshness_policy=EVERY_NIGHT,
    deps=[
        *(
            ["observatory", name]
            for name in (
                *("public_totals", "public_territories", "public_flows"),
                *("public_corrections_due", "public_calls_due"),
            )
        ),
        ["exports", "fund_calls"],
    ],
    group_name="exports",
    kinds={"html", "parquet"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[
        dg.AssetCheckSpec(name, asset=_ASSET, description=text) for name, text in _SENTENCES.items()
    ],
    description="The public's page and open data; a month is told once, 35 days after its end.",
)
@tells_no_value
def publish_public_observatory(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Keep what is due, write what has changed, and look at what was written."""
    with reading(night.lake) as connection:
        made = outputs.observatory(night.lake, connection, night.business_date(context), Troubles())
        failing_by_check = {
            _EQUAL: [
                *differing_files(night.lake, connection, made.new_editions.months),
                *differing_pages(night.lake, made.pages),
                *(made.publication.forged if made.publication else []),
            ],
            _SMALL: small_rows(night.lake, made.new_editions.months),
            _ALONE: [page.name for page in made.pages if reaches_out(page)],
            _LIGHT: [page.name for page in made.pages if is_too_large(page)],
        }
    return dg.MaterializeResult(
        metadata={
            "months_told": [f"{month:%Y-%m}" for month in made.new_editions.months],
            "months_told_anew": [f"{month:%Y-%m}" for month in made.new_editions.corrected],
            "calls_looked_at": made.new_editions.calls,
            "pages": len(made.pages),
        },
        check_results=[
            dg.AssetCheckResult(check_name=name, passed=not failing, metadata={"failing": failing})
            for name, failing in failing_by_check.items()
        ],
    )
