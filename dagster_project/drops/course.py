"""A drop on its way from incoming/ to the register: what is known of it so far."""

from dataclasses import dataclass, field

from dagster_project.drops.claim import Offer
from dagster_project.drops.judge import Piece
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.troubles import Troubles


@dataclass
class Course:
    """One drop and its outcome.

    `piece` is a whole file that waits to be judged with others. Of a file of many pieces each is judged and
    written as it is read (`is_written`).
    """

    offer: Offer
    outcome: Outcome
    troubles: Troubles = field(default_factory=Troubles)
    size_bytes: int = 0  # decompressed
    piece: Piece | None = None
    is_written: bool = False
    error: Exception | None = None

    @property
    def waits(self) -> bool:
        """Whether it is still to be answered and registered."""
        return not (self.error or self.outcome.is_known)
