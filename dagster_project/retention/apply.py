"""Removes what a plan says, file by file: replaced whole or deleted, nothing repaired in place.

Killed anywhere, the next run plans what is left: identities go before their journeys; entries and
cancellations after them, for a journey whose cancellation went first would be paid.
"""

from collections.abc import Callable

import polars as pl

from dagster_project.contracts.attestations import ATTESTATIONS
from dagster_project.contracts.labels import FRAUD_DECISIONS, FRAUD_TRACES, FRAUD_UNJUDGED, FRAUD_VERDICTS
from dagster_project.contracts.lake_tables import (
    CANCELLATIONS,
    DROPS,
    ERASED_ROWS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    KEPT_VERDICTS,
    REJECTED_ROWS,
)
from dagster_project.contracts.ledger import CAP_USES, SETTLED_BEFORE, SETTLEMENTS
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.retention import drop_files, exports
from dagster_project.retention.belongings import JOURNEY, ROW, Removal
from dagster_project.retention.plan import EXPORTS, Plan

_SQL = statements(__file__)
_ALL = "all"


def apply(lake: Lake, plan: Plan) -> None:
    """Remove it all. Running it again for what a plan still finds changes nothing more."""
    keeps: dict[str, Callable[[pl.DataFrame, Removal], pl.DataFrame]] = {
        **{
            table.name: lambda rows, _: rows.join(plan.journeys, on=ROW, how="anti", maintain_order="left")
            for table in (JOURNEYS, FINDINGS, REJECTED_ROWS, KEPT_VERDICTS)
        },
        **dict.fromkeys(
            (FRAUD_VERDICTS.name, FRAUD_UNJUDGED.name, FRAUD_DECISIONS.name, SETTLED_BEFORE.name),
            lambda rows, _: rows.join(plan.named, on=JOURNEY, how="anti", maintain_order="left"),
        ),
        FRAUD_TRACES.name: lambda rows, _: rows.join(
            plan.traces, on=plan.traces.columns, how="anti", maintain_order="left"
        ),
        CANCELLATIONS.name: lambda rows, _: rows.join(
            plan.cancellations, on=ROW, how="anti", maintain_order="left"
        ),
        IDENTITIES.name: lambda rows, removal: _known(lake, plan, rows, removal),
        SETTLEMENTS.name: lambda rows, _: rows.join(
            plan.entries, on=plan.entries.columns, how="anti", maintain_order="left"
        ),
        CAP_USES.name: lambda rows, _: rows.join(
            plan.uses, on=plan.uses.columns, how="anti", maintain_order="left"
        ),
        ATTESTATIONS.name: lambda rows, _: rows.join(
            plan.attestations, on="code", how="anti", maintain_order="left"
        ),
        DROPS.name: lambda rows, _: rows.with_columns(
            file_name=pl.when(pl.col("business_date") <= plan.unnamed_until)
            .then(pl.lit(""))
            .otherwise("file_name")
        ),
    }
    _announce(lake, plan)
    signatory = Signatory(lake)
    for removal in plan.removals:
        table = removal.table
        if removal.rule == EXPORTS:
            exports.remove(signatory, removal.path)
            continue
        if removal.is_whole or not table:
            drop_files.remove(lake, removal.path, plan.troubles)
            continue
        kept = keeps[table.name](lake.rows(table, [removal.path]), removal)
        if kept.is_empty():
            removal.path.unlink()
        else:
            lake.replace(table, kept, removal.path)
    for folder in lake.zone("active").glob("*/month=*"):
        if not any(folder.iterdir()):
            folder.rmdir()


def _known(lake: Lake, plan: Plan, people: pl.DataFrame, removal: Removal) -> pl.DataFrame:
    """The people of the journeys that stay in the file beside theirs."""
    file = lake.folder(JOURNEYS) / removal.path.parent.name / removal.path.name
    kept = lake.rows(JOURNEYS, [file]).join(plan.journeys, on=ROW, how="anti")
    names = pl.concat([
        kept.select("drop_id", identity_key=f"{role}_identity_key") for role in ("driver", "passenger")
    ])  # fmt: skip
    return people.join(names, on=names.columns, how="semi", maintain_order="left")


def _announce(lake: Lake, plan: Plan) -> None:
    """How many rows of each drop will be gone, before the first goes: the accounts of drops allow for it."""
    gone = pl.concat([plan.journeys.select(ROW), plan.cancellations.select(ROW)])
    if gone.is_empty():
        return
    with lake.session() as connection:
        connection.register("gone", gone)
        connection.register("register", lake.read(DROPS))
        connection.register("known", lake.read(ERASED_ROWS))
        lake.show(connection, JOURNEYS, CANCELLATIONS)
        rows = connection.execute(_SQL["erased_rows"]).pl()
    lake.write(ERASED_ROWS, rows, _ALL)
    for file in lake.folder(ERASED_ROWS).glob("*.parquet"):
        if file.stem != _ALL:
            file.unlink()  # an older version wrote one for each drop
