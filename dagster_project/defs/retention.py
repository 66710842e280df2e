"""Retention: what is past its term goes, and is proven gone (JURIDIQUE étape 4, CONVENTION article 9)."""

import dagster as dg

from dagster_project import warehouse
from dagster_project.defs.exports import publish_all
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, Night
from dagster_project.reports.authority_export import export
from dagster_project.retention.plan import EXPORTS, plan
from dagster_project.retention.run import carry_out, terms

_KEY = ["retention", "retentions"]
_ALL_GONE = dg.AssetCheckSpec(
    "nothing_is_past_its_term",
    asset=_KEY,
    description="Neither lake nor drop folders hold anything whose term has ended.",
)
_PROVEN = dg.AssetCheckSpec(
    "what_was_removed_is_in_no_file",
    asset=_KEY,
    description="A sample of what was removed is in no file of the warehouse, decrypted and decompressed.",
)


@dg.asset(
    key=_KEY,
    # What expires is archived first.
    deps=[
        ["archive", "months"],
        ["fraud", "traces"],
        *(["exports", name] for name in ("authority_journeys", "feedback", "fund_calls")),
    ],
    group_name="retention",
    kinds={"parquet", "polars"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[_ALL_GONE, _PROVEN],
    description="The register of what was removed under which term, with the proof that it is gone.",
)
def retain(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Remove what is past its term; make caches and exports anew where they held it."""
    lake, business_date, table = night.lake, night.business_date(context), terms(night.settings)
    due = plan(lake, business_date, table)

    def rebuild() -> None:
        if due.journeys.height or due.entries.height or any(one.rule == EXPORTS for one in due.removals):
            warehouse.build(lake, night.settings, business_date)
            publish_all(night, business_date)
            with warehouse.reading(lake) as connection:
                export(lake, connection, night.settings.pseudonym_key)

    hits, searched = carry_out(lake, due, table, rebuild) if due.removals else ([], 0)
    left = list(plan(lake, business_date, table).totals())
    return dg.MaterializeResult(
        metadata={
            "removed": {f"{rule}: {kind}": [rows, files] for rule, kind, rows, files in due.totals()},
            "values_searched": searched,
        },
        check_results=[
            dg.AssetCheckResult(check_name=_ALL_GONE.name, passed=not left, metadata={"left": str(left)}),
            dg.AssetCheckResult(
                check_name=_PROVEN.name,
                passed=not hits,
                metadata={"found": [f"{hit.kind}: {hit.path.relative_to(lake.home)}" for hit in hits]},
            ),
        ],
    )
