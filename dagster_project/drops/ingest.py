"""Drops, whole: read, hold against the contract, place, identify, write to the lake, answer.

Each file is read by itself (reading). What small files hold is judged and written together, as much at once
as a large file's piece may hold. Then each drop is answered and registered by itself (commit). Killed before
that, the next night finds the file still in incoming/ and writes the same again. Why: D-190.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from dagster_project.contracts.lake_tables import ANSWERS, DROPS
from dagster_project.drops.answers import feedback
from dagster_project.drops.answers.folder import part
from dagster_project.drops.batches import MOST_ROWS
from dagster_project.drops.claim import Offer, put_away, strange
from dagster_project.drops.commit import commit, judge_lot
from dagster_project.drops.course import Course
from dagster_project.drops.known import Known
from dagster_project.drops.one_file import Reader
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.taken import Drop
from dagster_project.drops.text import UnreadableDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake

_LEAST_BYTES = 1 << 14  # what the smallest file counts for: each holds some memory


def ingest(offer: Offer, lake: Lake, known: Known, business_date: date, troubles: Troubles) -> Outcome:
    """Take one drop. Raises what hindered it, as `ingest_all` gives it back."""
    ((_, result),) = ingest_all([offer], lake, known, business_date, troubles)
    if isinstance(result, Exception):
        raise result
    return result


def ingest_all(
    offers: Iterable[Offer], lake: Lake, known: Known, business_date: date, troubles: Troubles
) -> Iterator[tuple[Offer, Outcome | Exception]]:
    """Take drops into the lake, answer their operators and put the files away.

    Each offer comes back with what became of it, or with what hindered it and nobody else: ChangedDropError,
    with nothing kept, where the file changed meanwhile or cannot be opened; else an error of ours.
    """
    lake.key(DROPS.zone)  # made before two threads write
    lots = _Lots(Reader(lake, known, business_date, troubles), known.chunk_bytes)
    with ThreadPoolExecutor(1) as writer:
        before: Future[Sequence[Course]] | None = None
        for lot in lots.of(offers):
            tables = judge_lot(lot, known, business_date)
            yield from _results(before, troubles)
            before = writer.submit(commit, lot, tables, lake)  # while the next lot is read and judged
        yield from _results(before, troubles)
    yield from lots.unread
    if lots.again:
        yield from ingest_all(lots.again, lake, known, business_date, troubles)


def refuse_strange(lake: Lake, business_date: date, troubles: Troubles) -> int:
    """Answer what is no file (a link, a pipe), and put it away unopened; returns how many."""
    files = strange(lake.drops, troubles)
    for file in files:
        digest = hashlib.sha256(os.fsencode(file.name)).hexdigest()
        drop = Drop(file.parent.parent.name, file, digest, 0, datetime.min.replace(tzinfo=UTC))
        refused = Outcome(drop, business_date, refused=UnreadableDropError("file_not_regular"))
        answer = feedback.answered(refused)
        lake.write(ANSWERS, answer.drop("part"), part(drop))
        feedback.lay(answer.row(0, named=True), refused, (), lake, troubles)
        put_away(lake.drops, file, business_date, digest, troubles)
    return len(files)


@dataclass
class _Lots:
    """Drops in lots: of small files as many as one piece of a large one may hold, in rows and in bytes."""

    reader: Reader
    most_bytes: int
    unread: list[tuple[Offer, Exception]] = field(default_factory=list)
    again: list[Offer] = field(default_factory=list)  # the bytes of one under way: when that is registered

    def of(self, offers: Iterable[Offer]) -> Iterator[list[Course]]:
        lot: list[Course] = []
        rows = size = 0
        for offer in offers:
            try:
                course = self.reader.read(offer)
            except Exception as error:
                self.unread.append((offer, error))
                continue
            if not course:
                self.again.append(offer)
                continue
            height = course.piece.batch.height if course.piece else 0
            weight = max(_LEAST_BYTES, course.size_bytes if course.piece else 0)
            if lot and (rows + height > MOST_ROWS or size + weight > self.most_bytes):
                yield lot
                lot, rows, size = [], 0, 0
            lot.append(course)
            rows, size = rows + height, size + weight
        if lot:
            yield lot


def _results(
    lot: Future[Sequence[Course]] | None, troubles: Troubles
) -> Iterator[tuple[Offer, Outcome | Exception]]:
    for course in lot.result() if lot else ():
        troubles.extend(course.troubles)
        yield course.offer, course.error or course.outcome
