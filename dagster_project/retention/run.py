"""A night's retention: what goes is written down and removed; when all is made anew, it is searched for.

Not here: what goes (plan), how it goes (apply), when in the night (defs). Why: D-158.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from dagster_project.contracts.archive import ARCHIVED_MONTHS
from dagster_project.contracts.labels import FRAUD_COUNTS
from dagster_project.contracts.lake_table import Table, column
from dagster_project.contracts.lake_tables import (
    CANCELLATIONS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    OF_A_PERSON,
    REJECTED_ROWS,
)
from dagster_project.contracts.retention import RETENTIONS
from dagster_project.contracts.terms import TERMS, Term
from dagster_project.lake.store import Lake
from dagster_project.retention.apply import apply
from dagster_project.retention.belongings import GOING, ROW
from dagster_project.retention.needles import Needles
from dagster_project.retention.plan import Plan
from dagster_project.retention.search import Hit, search
from dagster_project.settings import settings

_ALL = "all"
_SAMPLE = 200  # journeys, and files of people, whose values are searched for
_SAMPLED = Table(
    name="removed_values",
    zone="active",
    grain="One row per value of a sample of what a run removed, until its proof.",
    columns={"value": column(pl.String, "An id of a journey, or what tells a person.", personal=True)},
)


def terms() -> Mapping[str, Term]:
    """The table of terms, as this installation applies it."""
    return TERMS | {"drops": replace(TERMS["drops"], days=settings().drop_days)}


def unfinished(lake: Lake, due: Plan) -> list[date]:
    """Months of journeys that a plan removes, and that the archive or the counts of frauds do not hold yet.

    They must wait for both: where no night ran for long, the same night makes them.
    """
    files = [removal.path for removal in due.removals if removal.table == JOURNEYS]
    if due.journeys.is_empty() or not files:
        return []
    with lake.session() as connection:
        connection.register("gone", due.journeys)
        months = connection.execute(
            "select distinct cast(date_trunc('month', timezone('Europe/Paris', start_at)) as date) "
            f"from {lake.source(JOURNEYS, *files)} semi join gone using ({', '.join(ROW)}) order by all"
        ).fetchall()
    held = set(lake.read(ARCHIVED_MONTHS).filter(subject="journeys")["month_on"])
    held &= set(lake.read(FRAUD_COUNTS)["month_on"])
    return [month for (month,) in months if month not in held]


def remove(lake: Lake, due: Plan, table: Mapping[str, Term]) -> None:
    """Lay by a sample of the values that go, for the proof; write down what goes; remove it.

    Killed on the way, the next night's plan knows which journeys had gone, and its proof is for both.
    """
    if not due.removals and due.named.is_empty():
        return
    part = f"{due.business_date}-{lake.read(RETENTIONS, f'{due.business_date}-*').n_unique('run') + 1:03d}"
    values = pl.DataFrame({"value": sorted(_values(lake, due))}, schema={"value": pl.String})
    lake.write(_SAMPLED, values, part)
    _record(lake, due, table, part)
    lake.write(GOING, due.named, _ALL)
    apply(lake, due)
    (lake.folder(GOING) / f"{_ALL}.parquet").unlink()


def prove(lake: Lake) -> tuple[list[Hit], Needles]:
    """Search for what was removed since the last proof, when all that held it is made anew; write it down.

    Returns where values were still found, and what was searched for. Raises KeyFileError.
    """
    samples = sorted(lake.folder(_SAMPLED).glob("*.parquet"))
    if not samples:
        return [], Needles(())
    values = set(lake.rows(_SAMPLED, samples)["value"])
    needles = Needles(values - still_known(lake, values), as_kept=True)
    hits, files = search(lake, needles) if needles.count else ([], 0)
    hits = [hit for hit in hits if not _has_its_own_term(lake, hit)]
    counts = (needles.count, files, len({hit.path for hit in hits}))
    names = ("values_searched", "files_searched", "files_found")
    proof = {name: pl.lit(count, pl.Int64) for name, count in zip(names, counts, strict=True)}
    for sample in samples:
        rows = lake.read(RETENTIONS, sample.stem)
        if rows.height:  # else that run was killed before it wrote them down, and removed nothing
            lake.write(RETENTIONS, rows.with_columns(**proof), sample.stem)
        sample.unlink()
    return hits, needles


def _record(lake: Lake, due: Plan, table: Mapping[str, Term], part: str) -> None:
    rows = [
        {
            "run": part,
            "business_date": due.business_date,
            "rule": rule,
            "kind": kind,
            "cut_off_on": table[rule].cut_off(due.business_date) if rule in table else None,
            "rows": rows,
            "files": files,
        }
        for rule, kind, rows, files in due.totals()
    ]
    if rows:
        lake.write(RETENTIONS, pl.DataFrame(rows, schema=RETENTIONS.empty.schema), part)


def _values(lake: Lake, due: Plan) -> set[str]:
    """A sample of what goes: ids of journeys, codes of attestations, and all that tells the people who go."""
    every = max(1, due.journeys.height // _SAMPLE)
    values = set(due.journeys["operator_journey_id"].gather_every(every)) | set(
        due.attestations["code"][:_SAMPLE]
    )
    files = [removal.path for removal in due.removals if removal.table == IDENTITIES]
    for file in files[:: max(1, len(files) // _SAMPLE)]:
        people = lake.rows(IDENTITIES, [file])
        values |= {value for column in OF_A_PERSON for value in people[column].drop_nulls()}
    return values


def still_known(lake: Lake, values: set[str]) -> set[str]:
    """Of a sample, what the lake rightly keeps: people who still travel, ids that another operator uses."""
    given = pl.DataFrame({"value": sorted(values)}, schema={"value": pl.String})
    of_ids = [("operator_journey_id", table) for table in (JOURNEYS, CANCELLATIONS)]
    columns = [*of_ids, *((column, IDENTITIES) for column in OF_A_PERSON)]
    with lake.session() as connection:
        connection.register("given", given)
        known = " union ".join(f"select {column} from {lake.source(table)}" for column, table in columns)
        return {row[0] for row in connection.execute(f"from ({known}) intersect from given").fetchall()}


def _has_its_own_term(lake: Lake, hit: Hit) -> bool:
    """A raw drop or a rejected row may hold today the person whose journey of last year has gone.

    The sample that is searched for goes with its proof.
    """
    folders = (lake.drops, *(lake.folder(table) for table in (FINDINGS, REJECTED_ROWS, _SAMPLED)))
    return any(hit.path.is_relative_to(folder) for folder in folders)
