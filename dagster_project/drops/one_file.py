"""One delivered file, until its rows are judged or wait to be judged with those of others.

What is about one file alone stays here: whether it was taken before, its refusal as a whole. Not here: what
its content says (opening).
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path

import polars as pl

from dagster_project.contracts.lake_tables import (
    CANCELLATIONS,
    DROPS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    REJECTED_ROWS,
    Table,
)
from dagster_project.drops.answers import feedback
from dagster_project.drops.claim import Offer
from dagster_project.drops.course import Course
from dagster_project.drops.judge import Piece
from dagster_project.drops.known import Known
from dagster_project.drops.opening import judged, opened, pieces_of
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.taken import Drop, possible, taken
from dagster_project.drops.text import UnreadableDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.part_names import drop_of
from dagster_project.lake.store import Lake

_DROP_TABLES = (JOURNEYS, CANCELLATIONS, IDENTITIES, FINDINGS, REJECTED_ROWS)


class Reader:
    """Reads a night's files, one after the other."""

    def __init__(self, lake: Lake, known: Known, business_date: date, troubles: Troubles) -> None:
        self._lake, self._known, self._business_date = lake, known, business_date
        self._troubles = troubles
        self._met: set[str] = set()
        self._register = lake.read(DROPS)
        self._begun = {
            drop_of(file) for table in _DROP_TABLES for file in lake.folder(table).rglob("*.parquet")
        }

    def read(self, offer: Offer) -> Course | None:
        """What a file holds; None where it has the bytes of one that is under way.

        Raises ChangedDropError where the file changed meanwhile or cannot be opened.
        """
        drops, scratch, most = self._lake.drops, self._lake.scratch, self._known.max_bytes
        with taken(offer, drops, scratch, most, self._troubles) as (as_taken, copy):
            if as_taken.drop_id in self._met:
                return None
            self._met.add(as_taken.drop_id)
            dropped_at, is_replaced = possible(as_taken.dropped_at, self._business_date)
            drop = replace(as_taken, dropped_at=dropped_at)
            outcome = Outcome(drop, self._business_date, is_time_replaced=is_replaced)
            course = Course(offer, outcome)
            self._open(course, copy)
        return course

    def _open(self, course: Course, copy: Path) -> None:
        outcome, drop = course.outcome, course.outcome.drop
        first = next(iter(self._register.filter(drop_id=drop.drop_id).to_dicts()), None)
        if first and first["refused_code"] is None:
            outcome.is_known = True
            feedback.write_known(drop, first, self._lake, self._business_date, self._troubles)
            return
        if drop.drop_id in self._begun:
            forget(drop, self._lake)
        try:
            with opened(outcome, copy, self._known) as text:
                course.size_bytes = text.path.stat().st_size
                self._take(course, pieces_of(text, outcome, self._known))
        except UnreadableDropError as refusal:
            if course.is_written:
                forget(drop, self._lake)
            outcome.refuse(refusal)

    def _take(self, course: Course, pieces: Iterator[Piece]) -> None:
        first, second = next(pieces), next(pieces, None)
        if second is None:
            course.piece = first
        else:
            self._stream(course, chain((first, second), pieces))

    def _stream(self, course: Course, pieces: Iterator[Piece]) -> None:
        """Piece after piece; one is written while the next one is judged."""
        course.is_written = True
        with ThreadPoolExecutor(1) as writer:
            before: Future[None] | None = None
            for piece in judged(pieces, course.outcome, self._known):
                if before:
                    before.result()
                before = writer.submit(write, piece.tables, self._lake)
            if before:
                before.result()


def write(tables: Iterable[tuple[Table, pl.DataFrame]], lake: Lake) -> None:
    """Write judged rows to the lake."""
    for table, rows in tables:
        lake.write_parts(table, rows)


def forget(drop: Drop, lake: Lake) -> None:
    """Remove what was written of a drop that was not registered."""
    for table in _DROP_TABLES:
        lake.remove(table, drop.drop_id)
