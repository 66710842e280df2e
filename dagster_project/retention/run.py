"""One retention: write down what goes, remove it, make anew what held it, search for it, record the proof."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl

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
from dagster_project.retention.needles import Needles
from dagster_project.retention.plan import Plan
from dagster_project.retention.search import Hit, search
from dagster_project.settings import settings

_SAMPLE = 200  # journeys, and files of people, whose values are searched for


def terms() -> Mapping[str, Term]:
    """The table of terms, as this installation applies it."""
    return TERMS | {"drops": replace(TERMS["drops"], days=settings().drop_days)}


def carry_out(
    lake: Lake, due: Plan, table: Mapping[str, Term], rebuild: Callable[[], None]
) -> tuple[list[Hit], int]:
    """Carry a plan out; returns where removed values were still found, and how many were searched for.

    `rebuild` makes caches and exports anew. Killed before the proof, the register's rows have none.
    """
    values = _values(lake, due)
    part = f"{due.business_date}-{lake.read(RETENTIONS, f'{due.business_date}-*').n_unique('run') + 1:03d}"
    _record(lake, due, table, part, None)
    apply(lake, due)
    rebuild()
    needles = Needles(values - still_known(lake, values), as_kept=True)
    hits, files = search(lake, needles) if needles.count else ([], 0)
    hits = [hit for hit in hits if not _has_its_own_term(lake, hit)]
    _record(lake, due, table, part, (needles.count, files, len({hit.path for hit in hits})))
    return hits, needles.count


def _record(
    lake: Lake, due: Plan, table: Mapping[str, Term], part: str, proof: tuple[int, int, int] | None
) -> None:
    searched, files_searched, files_found = proof or (None, None, None)
    rows = [
        {
            "run": part,
            "business_date": due.business_date,
            "rule": rule,
            "kind": kind,
            "cut_off_on": table[rule].cut_off(due.business_date) if rule in table else None,
            "rows": rows,
            "files": files,
            "values_searched": searched,
            "files_searched": files_searched,
            "files_found": files_found,
        }
        for rule, kind, rows, files in due.totals()
    ]
    lake.write(RETENTIONS, pl.DataFrame(rows, schema=RETENTIONS.empty.schema), part)


def _values(lake: Lake, due: Plan) -> set[str]:
    """A sample of what goes: ids of journeys, and all that tells the people who go."""
    every = max(1, due.journeys.height // _SAMPLE)
    values = set(due.journeys["operator_journey_id"].gather_every(every))
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
    """A raw drop or a rejected row may hold today the person whose journey of last year has gone."""
    folders = (lake.drops, lake.folder(FINDINGS), lake.folder(REJECTED_ROWS))
    return any(hit.path.is_relative_to(folder) for folder in folders)
