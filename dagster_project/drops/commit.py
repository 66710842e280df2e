"""Drops that were read → judged together; then each by itself written, answered, registered and put away.

A drop's row in the register commits it.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from dagster_project.contracts.lake_tables import ANSWERS, DROPS
from dagster_project.drops.answers import feedback
from dagster_project.drops.answers.folder import part
from dagster_project.drops.claim import put_away
from dagster_project.drops.course import Course
from dagster_project.drops.duplicates import NO_CONTENT
from dagster_project.drops.judge import judge
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.reading import forget, write
from dagster_project.drops.registry import Registry
from dagster_project.drops.taken import ChangedDropError, is_still_there
from dagster_project.lake.store import Lake


def prepare(courses: Sequence[Course], lake: Lake, registry: Registry, business_date: date) -> None:
    """Judge what waits of drops of one layout, and make the rows that answer and register them.

    What no rule foresees in one of them (an error of ours) is its own: then each is judged alone.
    """
    try:
        _judge([course for course in courses if course.piece], lake, registry, business_date)
        new = [course for course in courses if not course.outcome.is_known]
        answers = (
            lake.parts(ANSWERS, pl.concat([feedback.answered(one.outcome) for one in new])) if new else {}
        )
        rows = lake.parts(DROPS, pl.concat([_register_row(one.outcome) for one in new])) if new else {}
    except Exception as error:
        if len(courses) == 1:
            courses[0].error = error
            return
        for course in courses:
            prepare([course], lake, registry, business_date)
        return
    for course in new:
        (answer,) = answers[part(course.outcome.drop)]
        (row,) = rows[course.outcome.drop.drop_id]
        course.committing = answer, row


def _judge(courses: Sequence[Course], lake: Lake, registry: Registry, business_date: date) -> None:
    pieces = [course.piece for course in courses if course.piece]
    if not pieces:
        return
    every, _ = judge(pieces, NO_CONTENT, lake, registry, business_date)
    for course, piece, judged in zip(courses, pieces, every, strict=True):
        outcome, course.judged = course.outcome, judged
        outcome.rows, outcome.accepted, outcome.reasons = piece.batch.height, judged.accepted, judged.reasons
        outcome.rejected = outcome.rows - outcome.accepted


def settle(course: Course, lake: Lake) -> Course:
    """Write a drop, answer it, register it, put its file away; what hinders it is its `error`."""
    offer, outcome = course.offer, course.outcome
    try:
        if not (course.error or outcome.is_known):
            _commit(course, lake)
        if not course.error:
            day, sha256 = outcome.business_date, outcome.drop.sha256
            put_away(lake.drops, offer.path, day, sha256, course.troubles, offer.is_same)
    except Exception as error:
        course.error = error
    course.piece = course.judged = None
    return course


def _commit(course: Course, lake: Lake) -> None:
    outcome, judged = course.outcome, course.judged
    if not is_still_there(course.offer, lake.drops):
        if course.is_written:
            forget(outcome.drop, lake)
        raise ChangedDropError
    if judged:
        write(judged, lake)
    answer, row = course.committing
    lake.replace(*answer)
    findings = [judged.findings] if judged else feedback.kept_findings(lake, outcome.drop.drop_id)
    told = findings if outcome.reasons else ()
    feedback.lay(answer[1].row(0, named=True), outcome, told, lake, course.troubles)
    lake.replace(*row)


def _register_row(outcome: Outcome) -> pl.DataFrame:
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
