"""One delivered file, until its rows are judged or wait to be judged with those of others.

What is about one file alone stays here: its gate, its bounds, its refusal as a whole.
"""

from collections import Counter
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
from dagster_project.drops.bounds import Bounds
from dagster_project.drops.claim import Offer
from dagster_project.drops.course import Course
from dagster_project.drops.duplicates import NO_CONTENT
from dagster_project.drops.judge import Judged, Piece, judge
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.read import batches, cell, inspect, plain
from dagster_project.drops.registry import Registry
from dagster_project.drops.taken import Drop, possible, taken
from dagster_project.drops.text import Text, UnreadableDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.part_names import drop_of
from dagster_project.lake.store import Lake

_DROP_TABLES = (JOURNEYS, CANCELLATIONS, IDENTITIES, FINDINGS, REJECTED_ROWS)


class Reader:
    """Reads a night's files, one after the other."""

    def __init__(self, lake: Lake, registry: Registry, business_date: date, troubles: Troubles) -> None:
        self._lake, self._registry, self._business_date = lake, registry, business_date
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
        drops, scratch, most = self._lake.drops, self._lake.scratch, self._registry.max_bytes
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
        outcome, drop, registry = course.outcome, course.outcome.drop, self._registry
        is_operator = drop.operator_id in registry.operators
        first = next(iter(self._register.filter(drop_id=drop.drop_id).to_dicts()), None)
        if first and first["refused_code"] is None:
            outcome.is_known = True
            feedback.write_known(drop, first, self._lake, self._business_date, self._troubles)
            return
        if drop.drop_id in self._begun:
            forget(drop, self._lake)
        try:
            if not is_operator:
                raise UnreadableDropError("operator_unknown")
            if why := registry.closed(drop.operator_id, self._business_date):
                raise UnreadableDropError("operator_not_in_production", why)
            with plain(copy, drop.size_bytes, registry.max_bytes) as path:
                course.size_bytes = path.stat().st_size
                text = inspect(path)
                outcome.layout = text.layout.name
                self._take(text, course)
        except UnreadableDropError as refusal:
            if course.is_written:
                forget(drop, self._lake)
            outcome.refused, outcome.rows, outcome.accepted, outcome.rejected = refusal, 0, 0, 0
            outcome.reasons.clear()

    def _take(self, text: Text, course: Course) -> None:
        pieces = self._pieces(text, course)
        first, second = next(pieces), next(pieces, None)
        if second is None:
            course.piece = first
        else:
            self._stream(course, chain((first, second), pieces))

    def _pieces(self, text: Text, course: Course) -> Iterator[Piece]:
        outcome, drop = course.outcome, course.outcome.drop
        bounds = Bounds(course.size_bytes)
        for number, batch in enumerate(batches(text, self._registry.chunk_bytes)):
            bounds.check(outcome.reasons, batch.broken)
            _check_operator(batch.rows, drop.operator_id)
            yield Piece(drop, text.layout, batch, number)

    def _stream(self, course: Course, pieces: Iterator[Piece]) -> None:
        """Piece after piece; one is written while the next one is judged."""
        outcome, seen = course.outcome, NO_CONTENT
        course.is_written = True
        with ThreadPoolExecutor(1) as writer:
            before: tuple[Judged, Future[None]] | None = None
            for piece in pieces:
                judged, seen = judge([piece], seen, self._registry, self._business_date)
                outcome.rows += piece.batch.height
                outcome.accepted += sum(judged.accepted)
                _finished(before, outcome)
                before = judged, writer.submit(write, judged.tables, self._lake)
            _finished(before, outcome)
        outcome.rejected = outcome.rows - outcome.accepted


def _finished(piece: tuple[Judged, Future[None]] | None, outcome: Outcome) -> None:
    if piece:
        outcome.reasons += piece[0].reasons.get(outcome.drop.drop_id, Counter())
        piece[1].result()


def write(tables: Iterable[tuple[Table, pl.DataFrame]], lake: Lake) -> None:
    """Write judged rows to the lake."""
    for table, rows in tables:
        lake.write_parts(table, rows)


def forget(drop: Drop, lake: Lake) -> None:
    """Remove what was written of a drop that was not registered."""
    for table in _DROP_TABLES:
        lake.remove(table, drop.drop_id)


def _check_operator(rows: pl.DataFrame, operator_id: str) -> None:
    others = rows.filter(cell("operator").str.to_lowercase() != operator_id)
    if others.height:
        raise UnreadableDropError("operator_mismatch", f"{others['drop_line'][0]} ; attendu : {operator_id}")
