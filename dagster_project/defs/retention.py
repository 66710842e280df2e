"""Retention: what is past its term goes first in the night, and is proven gone at its end.

JURIDIQUE étape 4, CONVENTION article 9. Why: D-158.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.backup.copies import not_searched
from dagster_project.contracts.retention import RETENTIONS
from dagster_project.contracts.rights import ERASURES
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.code import heights
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, PLOT, Night, in_order, nights
from dagster_project.files.folders import files_below
from dagster_project.lake.store import Lake
from dagster_project.outputs import OUTPUTS, rebuild
from dagster_project.retention import exports
from dagster_project.retention.plan import EXPORTS, Plan, plan
from dagster_project.retention.run import prove, remove, terms, unfinished
from dagster_project.retention.surprise import refuse
from dagster_project.retention.verdicts import keep_verdicts
from dagster_project.rights.requests import record_returns
from dagster_project.warehouse import cache

_KEY = ["retention", "retentions"]
_RUNS_KEPT_DAYS = 90
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
    partitions_def=nights,
    key=["retention", "removals"],
    deps=[["lake", name] for name in ("drops", "fraud_decisions", "settled_before")],
    group_name="retention",
    kinds={"parquet", "polars"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    description="What is past its term goes before anything is built. Journeys of a month that the archive, "
    "or the counts of frauds, do not hold yet, as no night ran for long, wait for this night to make them.",
)
@tells_no_value
def remove_first(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Remove what is past its term, while the published cache still tells the verdicts beside it.

    Raises SurprisingNightError.
    """
    lake = night.lake
    due = plan(lake, night.business_date(context), terms())
    refuse(lake, due)
    waits_for = unfinished(lake, due)
    is_first = not waits_for and (lake.cache_file.exists() or due.named.is_empty())
    if is_first:
        _remove(lake, due)
    return dg.MaterializeResult(
        metadata={
            "removed": _counts(due) if is_first else {},
            "waits_for_the_archive": [f"{month:%Y-%m}" for month in waits_for],
        }
    )


@dg.asset(
    partitions_def=nights,
    key=_KEY,
    # What expires is archived first.
    deps=[
        ["retention", "removals"],
        ["archive", "months"],
        ["fraud", "traces"],
        *(["exports", name] for name in OUTPUTS),
        ["feedback", "attestations"],
    ],
    group_name="proof",
    kinds={"parquet", "polars"},
    owners=OWNERS,
    tags=NOT_PERSONAL,
    check_specs=[_ALL_GONE, _PROVEN, _NOBODY_BACK, _COMPLETE, _REMOVABLE],
    description="The register of what was removed under which term, with the proof that it is gone. What had "
    "to wait for the archive goes here; then all models are built and all outputs made a second time.",
)
@tells_no_value
def retain(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Remove what had to wait; prove that what the night removed is nowhere; tell how large the lake is."""
    lake, business_date = night.lake, night.business_date(context)
    due = plan(lake, business_date, terms())
    shows_what_goes = bool(
        due.journeys.height or due.entries.height or any(removal.rule == EXPORTS for removal in due.removals)
    )
    _remove(lake, due)
    if shows_what_goes:
        due.troubles.extend(rebuild(lake, business_date))
    hits, needles = prove(lake)
    exports.remember(lake, business_date)
    back = record_returns(lake, business_date)
    under_way = lake.read(ERASURES).n_unique("person_digest")
    _forget_old_runs(context.instance)
    left = _counts(plan(lake, business_date, terms())) if due.removals else {}
    (rows,) = lake.heights(RETENTIONS)
    yield from heights(context, lake)
    yield dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "removed": _counts(due),
            "values_searched": needles.count,
            "values_too_short": needles.too_short,
            "is_all_built_again": shows_what_goes,
            f"{PLOT}lake, megabytes": _megabytes(lake.zone("")),
            f"{PLOT}cache, megabytes": _megabytes(lake.cache_file.parent),
            f"{PLOT}night until its proof, seconds": night.seconds(),
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
                metadata={
                    "found": [f"{hit.kind}: {hit.path.relative_to(lake.home)}" for hit in hits],
                    "copies": not_searched(lake) or "none are kept",
                },
            ),
        ],
    )


def _megabytes(folder: Path) -> float:
    return round(sum(file.stat().st_size for file in files_below(folder)) / 10**6, 1)


def _remove(lake: Lake, due: Plan) -> None:
    if due.named.height:
        with cache.reading(lake) as connection:
            keep_verdicts(lake, connection, due)
    remove(lake, due, terms())


def _forget_old_runs(instance: dg.DagsterInstance) -> None:
    """Dagster's storage of a night is some eight megabytes: it would grow for ever."""
    before = datetime.now(UTC) - timedelta(days=_RUNS_KEPT_DAYS)
    for record in instance.get_run_records(dg.RunsFilter(created_before=before)):
        run_id = record.dagster_run.run_id
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])


def _counts(due: Plan) -> dict[str, list[int | str]]:
    """Rows and files to remove, by rule and kind."""
    return {f"{rule}: {kind}": [shown(rows), files] for rule, kind, rows, files in due.totals()}
