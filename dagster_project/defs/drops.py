"""Drops: claim every complete file, hold it against the contract, place, identify, load the lake."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.standing import remembered
from dagster_project.contracts.lake_tables import (
    ANSWERS,
    CANCELLATIONS,
    DROPS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    REJECTED_ROWS,
    Table,
)
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import (
    EVERY_NIGHT,
    NOT_PERSONAL,
    OWNERS,
    PERSONAL,
    PLOT,
    Night,
    in_order,
    nights,
    row_count,
)
from dagster_project.drops.claim import claim, sweep
from dagster_project.drops.ingest import ingest_all, refuse_strange
from dagster_project.drops.known import Known, known_of
from dagster_project.drops.outcome import Outcome, summary
from dagster_project.drops.taken import ChangedDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.drops.volume import rows_and_usual, unusual
from dagster_project.errors import safe_message
from dagster_project.lake.merging import merge
from dagster_project.settings import settings

_TABLES = (DROPS, JOURNEYS, CANCELLATIONS, IDENTITIES, FINDINGS, REJECTED_ROWS, ANSWERS)


def _spec(table: Table) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["lake", table.name],
        deps=[["catalogue", "operators"], ["catalogue", "territories"]],
        description=table.grain,
        group_name="drops",
        kinds={"csv", "polars", "parquet"},
        owners=OWNERS,
        tags=PERSONAL if table.personal_columns else NOT_PERSONAL,
        partitions_def=nights,
        freshness_policy=EVERY_NIGHT if table is DROPS else None,
    )


_EVERY_DROP = dg.AssetCheckSpec(
    "every_drop_was_taken",
    asset=["lake", DROPS.name],
    description="No drop met an error of ours. One that did waits in incoming/ for the next night.",
)


_NO_TROUBLE = dg.AssetCheckSpec(
    "every_operators_folder_is_in_order",
    asset=["lake", DROPS.name],
    description="Nothing in an operator's folder hindered the night; what did is told with its remedy.",
)

_AS_USUAL = dg.AssetCheckSpec(
    "every_operator_sends_as_usual",
    asset=["lake", DROPS.name],
    description="No operator is silent, or sent four times as much as on the same weekday of the four weeks "
    "before, or much more that is wrong than in these weeks.",
)


@dg.multi_asset(
    specs=[_spec(table) for table in _TABLES],
    check_specs=[_EVERY_DROP, _NO_TROUBLE, _AS_USUAL],
    name="drops",
)
@tells_no_value
def take_drops(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Take every waiting drop into the lake and answer its operator."""
    outcomes, errors, troubles = [], {}, Troubles()
    waiting_for = set()  # operators that have sent what the night could not take
    business_date = date.fromisoformat(context.partition_key)
    saved = merge(night.lake, business_date)
    sweep(night.lake.drops, troubles)
    strange = refuse_strange(night.lake, business_date, troubles)
    offers = claim(night.lake.drops, troubles, settings().settle_s)
    if offers:
        known = _known(night)
        for offer, result in ingest_all(offers, night.lake, known, business_date, troubles):
            if isinstance(result, Outcome):
                outcomes.append(result)
                context.log.info(_line(result))
                continue
            waiting_for.add(offer.operator_id)
            if isinstance(result, ChangedDropError):
                context.log.info(f"{offer.label}: changed, or cannot be opened; it waits for the next night")
            else:
                errors[offer.label] = safe_message(result)
                context.log.error(f"{offer.label}: {errors[offer.label]}")
    codes: Counter[str] = Counter()
    for outcome in outcomes:
        for (_, code), count in outcome.reasons.items():
            codes[code] += count
    register = night.lake.read(DROPS)
    metadata: dict[str, Any] = {
        "counts": summary(outcomes) | {"not_files": strange, "files_saved_by_merging": saved},
        "findings_by_code": {code: shown(count) for code, count in codes.most_common()},
        "rows_and_usual_by_operator": {
            operator: [shown(rows), shown(usual)]
            for operator, (rows, usual) in rows_and_usual(register, business_date).items()
        },
    }
    for table, rows in zip(_TABLES, night.lake.heights(*_TABLES), strict=True):
        plots = _plots(outcomes) if table is DROPS else {}
        table_metadata = {**metadata, **plots, **row_count(rows)}
        yield dg.MaterializeResult(asset_key=["lake", table.name], metadata=table_metadata)
    yield dg.AssetCheckResult(
        asset_key=["lake", DROPS.name],
        check_name=_EVERY_DROP.name,
        passed=not errors,
        metadata={"errors": errors},
    )
    yield in_order(context, _NO_TROUBLE.name, troubles)
    surprises = {
        f"{operator}, {kind}": what
        for (operator, kind), what in unusual(register, business_date).items()
        if operator not in waiting_for
    }
    yield dg.AssetCheckResult(
        asset_key=["lake", DROPS.name],
        check_name=_AS_USUAL.name,
        passed=not surprises,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"operators": surprises},
    )


def _plots(outcomes: Sequence[Outcome]) -> dict[str, int | float]:
    """Rows by operator and the share accepted, where they point at nobody: Dagster draws them by night."""
    rows = Counter[str]()
    for outcome in outcomes:
        rows[outcome.drop.operator_id] += 0 if outcome.is_known else outcome.rows
    read, accepted = sum(rows.values()), sum(outcome.accepted for outcome in outcomes)
    if not read or isinstance(shown(read), str):
        return {}
    shares = {f"{PLOT}accepted, percent": round(100 * accepted / read, 1)}
    return shares | {
        f"{PLOT}rows of {operator}": count
        for operator, count in rows.items()
        if isinstance(shown(count), int)
    }


def _known(night: Night) -> Known:
    operators = remembered(night.lake, catalogue.operators(settings().catalogue))
    return known_of(operators, night.lake.secret("identity"))


def _line(outcome: Outcome) -> str:
    """One drop in one line: never a value of the file, not even its name."""
    verdict = (
        f"refused whole: {outcome.refused.code}"
        if outcome.refused
        else "same bytes as a drop already taken"
        if outcome.is_known
        else f"{outcome.rows} rows, {outcome.accepted} accepted, {outcome.rejected} rejected"
    )
    return f"{outcome.drop.drop_id}: {verdict}"
