"""Retention: what is past its term goes, and is proven gone (JURIDIQUE étape 4, CONVENTION article 9)."""

import dagster as dg

from dagster_project.contracts.rights import ERASURES
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, Night, in_order
from dagster_project.outputs import OUTPUTS, rebuild
from dagster_project.retention.plan import EXPORTS, Plan, plan
from dagster_project.retention.run import carry_out, terms
from dagster_project.retention.verdicts import keep_verdicts
from dagster_project.rights.requests import record_returns
from dagster_project.warehouse import cache

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
_NOBODY_BACK = dg.AssetCheckSpec(
    "nobody_erased_was_sent_again",
    asset=_KEY,
    description="No drop of the night brings back somebody erased; else its operator is to be told.",
)
_COMPLETE = dg.AssetCheckSpec(
    "no_erasure_is_half_done",
    asset=_KEY,
    description="An `entrepot person erase` that was killed is to be run again.",
)
_REMOVABLE = dg.AssetCheckSpec(
    "every_operators_folder_lets_go",
    asset=_KEY,
    description="Nothing in an operator's folder hindered retention; what did is told with its remedy.",
)


@dg.asset(
    key=_KEY,
    # What expires is archived first.
    deps=[
        ["archive", "months"],
        ["fraud", "traces"],
        *(["exports", name] for name in OUTPUTS),
    ],
    group_name="retention",
    kinds={"parquet", "polars"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[_ALL_GONE, _PROVEN, _NOBODY_BACK, _COMPLETE, _REMOVABLE],
    description="The register of what was removed under which term, with the proof that it is gone. Where "
    "journeys go, all models are built and all outputs made a second time here.",
)
@tells_no_value
def retain(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Remove what is past its term; make caches and exports anew where they held it."""
    lake, business_date, table = night.lake, night.business_date(context), terms()
    due = plan(lake, business_date, table)

    shows_what_goes = bool(
        due.journeys.height or due.entries.height or any(removal.rule == EXPORTS for removal in due.removals)
    )

    def anew() -> None:
        if shows_what_goes:
            due.troubles.extend(rebuild(lake, business_date))

    if due.named.height:
        with cache.reading(lake) as connection:
            keep_verdicts(lake, connection, due)
    hits, searched = carry_out(lake, due, table, anew) if due.removals else ([], 0)
    back = record_returns(lake, business_date)
    under_way = lake.read(ERASURES).n_unique("person_digest")
    left = _counts(plan(lake, business_date, table))
    return dg.MaterializeResult(
        metadata={
            "removed": _counts(due),
            "values_searched": searched,
            "is_all_built_again": shows_what_goes,
        },
        check_results=[
            dg.AssetCheckResult(check_name=_ALL_GONE.name, passed=not left, metadata={"left": left}),
            dg.AssetCheckResult(
                check_name=_NOBODY_BACK.name,
                passed=not back,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"persons_by_operator": {name: shown(persons) for name, persons in back.items()}},
            ),
            in_order(context, _REMOVABLE.name, due.troubles),
            dg.AssetCheckResult(
                check_name=_COMPLETE.name, passed=not under_way, metadata={"requests": shown(under_way)}
            ),
            dg.AssetCheckResult(
                check_name=_PROVEN.name,
                passed=not hits,
                metadata={"found": [f"{hit.kind}: {hit.path.relative_to(lake.home)}" for hit in hits]},
            ),
        ],
    )


def _counts(due: Plan) -> dict[str, list[int | str]]:
    """Rows and files to remove, by rule and kind."""
    return {f"{rule}: {kind}": [shown(rows), files] for rule, kind, rows, files in due.totals()}
