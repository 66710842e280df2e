"""A drop on its way from incoming/ to the register: what is known of it so far."""

from dataclasses import dataclass, field

from dagster_project.drops.claim import Offer
from dagster_project.drops.judge import Judged, Piece
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import File


@dataclass
class Course:
    """One drop: its outcome, and what is still to be judged and written.

    `piece` is a whole file that waits to be judged with others. Of a file of many pieces each is judged and
    written as it is read (`is_written`).
    """

    offer: Offer
    outcome: Outcome
    troubles: Troubles = field(default_factory=Troubles)
    size_bytes: int = 0  # decompressed
    piece: Piece | None = None
    judged: Judged | None = None
    is_written: bool = False
    committing: tuple[File, ...] = ()  # the answer's row, then the register's
    error: Exception | None = None
