"""Drops that were read → judged together, written to the lake; then each is answered, registered, put away.

A drop's row in the register commits it.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from dagster_project.contracts.lake_tables import ANSWERS, DROPS, FINDINGS, TABLES, Table
from dagster_project.drops.answers import feedback
from dagster_project.drops.claim import put_away
from dagster_project.drops.course import Course
from dagster_project.drops.duplicates import NO_CONTENT
from dagster_project.drops.judge import judge
from dagster_project.drops.known import Known
from dagster_project.drops.one_file import forget, write
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.taken import ChangedDropError, is_still_there
from dagster_project.lake.store import Lake

Tables = Sequence[tuple[Table, pl.DataFrame]]


def judge_lot(lot: Iterable[Course], known: Known, business_date: date) -> Tables:
    """What is to be written of drops' rows, layout by layout; what was taken is counted in their outcomes."""
    alike: dict[tuple[str, bool], list[Course]] = {}
    for course in lot:
        if course.piece:
            layout = course.piece.layout
            alike.setdefault((layout.name, layout.only_cancels), []).append(course)
    return [table for courses in alike.values() for table in _judge(courses, known, business_date)]


def _judge(courses: Sequence[Course], known: Known, business_date: date) -> Tables:
    pieces = [course.piece for course in courses if course.piece]
    try:
        judged, _ = judge(pieces, NO_CONTENT, known, business_date)
    except Exception as error:  # of ours; so that it is one drop's alone, each is judged by itself
        if len(courses) > 1:
            return [table for course in courses for table in _judge([course], known, business_date)]
        courses[0].error = error
        return []
    reasons = judged.reasons
    for course, piece, accepted in zip(courses, pieces, judged.accepted, strict=True):
        course.piece = None
        course.outcome.count(piece.batch.height, accepted, reasons)
    return judged.tables


def commit(lot: Sequence[Course], tables: Tables, lake: Lake) -> Sequence[Course]:
    """Write the rows of drops, answer and register each, put its file away; `error` is what hinders one."""
    try:
        _register(lot, tables, lake)
    except Exception as error:  # as above
        if len(lot) > 1:
            return [course for alone in lot for course in commit([alone], tables, lake)]
        lot[0].error = error
    for course in lot:
        if not course.error:
            _put_away(course, lake)
    return lot


def _register(lot: Iterable[Course], tables: Tables, lake: Lake) -> None:
    for course in lot:
        if course.waits and not is_still_there(course.offer, lake.drops):
            course.error = ChangedDropError()
            if course.is_written:
                forget(course.outcome.drop, lake)
    taken = [course for course in lot if course.waits]
    if not taken:
        return
    rows = _of_drops(tables, [course.outcome.drop.drop_id for course in taken])
    write(((TABLES[name], of_table) for name, of_table in rows.items()), lake)
    answers = pl.concat([feedback.answered(course.outcome) for course in taken])
    lake.write_parts(ANSWERS, answers)
    findings = rows.get(FINDINGS.name, FINDINGS.empty).partition_by("drop_id", as_dict=True)
    for course, answer in zip(taken, answers.to_dicts(), strict=True):
        drop_id = course.outcome.drop.drop_id
        of_drop: Iterable[pl.DataFrame] = [findings[(drop_id,)]] if (drop_id,) in findings else ()
        if course.is_written:
            of_drop = lake.of_drop(FINDINGS, drop_id)
        feedback.lay(answer, course.outcome, of_drop, lake, course.troubles)
    lake.write_parts(DROPS, pl.concat([register_row(course.outcome) for course in taken]))


def _of_drops(tables: Tables, drop_ids: list[str]) -> dict[str, pl.DataFrame]:
    """By table, the rows of some drops."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for table, rows in tables:
        frames.setdefault(table.name, []).append(rows.filter(pl.col("drop_id").is_in(drop_ids)))
    joined = {name: pl.concat(of_table) for name, of_table in frames.items()}
    return {name: rows for name, rows in joined.items() if rows.height}


def _put_away(course: Course, lake: Lake) -> None:
    offer, outcome = course.offer, course.outcome
    day, sha256 = outcome.business_date, outcome.drop.sha256
    try:
        put_away(lake.drops, offer.path, day, sha256, course.troubles, offer.is_same)
    except Exception as error:
        course.error = error


def register_row(outcome: Outcome) -> pl.DataFrame:
    """A drop's row in the register, and its `part`."""
    drop = outcome.drop
    return pl.DataFrame(
        {
            "drop_id": drop.drop_id,
            "operator_id": drop.operator_id,
            "file_name": drop.shown_name,
            "sha256": drop.sha256,
            "size_bytes": drop.size_bytes,
            "layout": outcome.layout,
            "business_date": outcome.business_date,
            "dropped_at": drop.dropped_at,
            "rows": outcome.rows,
            "accepted_rows": outcome.accepted,
            "rejected_rows": outcome.rejected,
            "refused_code": outcome.refused.code if outcome.refused else None,
            "part": drop.drop_id,
        },
        schema={**DROPS.empty.schema, "part": pl.String},
    )
