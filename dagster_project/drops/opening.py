"""One file's content, from its operator's access to judged rows; nothing is written here.

What a night (reading) and the fallback (alone) do alike. Not here: where a file comes from, where rows go.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from dagster_project.drops.batches import batches, cell, inspect, plain
from dagster_project.drops.bounds import Bounds
from dagster_project.drops.duplicates import NO_CONTENT
from dagster_project.drops.judge import Judged, Piece, judge
from dagster_project.drops.known import Known
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.text import Text, UnreadableDropError


@contextmanager
def opened(outcome: Outcome, copy: Path, known: Known) -> Iterator[Text]:
    """Our copy of a drop, its layout known, for as long as the block lasts.

    Raises UnreadableDropError where its operator has no access on the business date, or it cannot be read.
    """
    drop = outcome.drop
    if drop.operator_id not in known.operators:
        raise UnreadableDropError("operator_unknown")
    if why := known.closed(drop.operator_id, outcome.business_date):
        raise UnreadableDropError("operator_not_in_production", why)
    with plain(copy, drop.size_bytes, known.max_bytes) as path:
        text = inspect(path)
        outcome.layout = text.layout.name
        yield text


def pieces_of(text: Text, outcome: Outcome, known: Known) -> Iterator[Piece]:
    """A drop's rows, piece by piece. Raises UnreadableDropError where the file goes back as a whole."""
    drop, bounds = outcome.drop, Bounds(text.path.stat().st_size)
    for number, batch in enumerate(batches(text, known.chunk_bytes)):
        bounds.check(outcome.reasons, batch.broken)
        _check_operator(batch.rows, drop.operator_id)
        yield Piece(drop, text.layout, batch, number)


def judged(pieces: Iterator[Piece], outcome: Outcome, known: Known) -> Iterator[Judged]:
    """Piece after piece, what became of it; counted in the outcome. Raises UnreadableDropError."""
    seen = NO_CONTENT
    for piece in pieces:
        of_piece, seen = judge([piece], seen, known, outcome.business_date)
        outcome.count(piece.batch.height, sum(of_piece.accepted), of_piece.reasons)
        yield of_piece


def _check_operator(rows: pl.DataFrame, operator_id: str) -> None:
    others = rows.filter(cell("operator").str.to_lowercase() != operator_id)
    if others.height:
        raise UnreadableDropError("operator_mismatch", f"{others['drop_line'][0]} ; attendu : {operator_id}")
