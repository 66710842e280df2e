"""What became of a drop, and of a night's drops."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dagster_project.drops.taken import Drop
from dagster_project.drops.text import UnreadableDropError


@dataclass
class Outcome:
    """What became of one drop; `reasons` counts its findings by (column, rule code)."""

    drop: Drop
    business_date: date
    layout: str | None = None
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    refused: UnreadableDropError | None = None
    is_known: bool = False
    is_time_replaced: bool = False
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, rows: int, accepted: int, reasons: Mapping[str, Counter[tuple[str, str]]]) -> None:
        """Add rows that were judged; `reasons` are those of each drop among them."""
        self.rows += rows
        self.accepted += accepted
        self.rejected = self.rows - self.accepted
        self.reasons += reasons.get(self.drop.drop_id, Counter())

    def refuse(self, refusal: UnreadableDropError) -> None:
        """The file goes back as a whole: nothing that was read of it counts."""
        self.refused, self.rows, self.accepted, self.rejected = refusal, 0, 0, 0
        self.reasons.clear()


def summary(outcomes: list[Outcome]) -> dict[str, int]:
    """Counts of a night: drops, refused drops, drops seen before, rows read, accepted, rejected."""
    return {
        "drops": len(outcomes),
        "refused_drops": sum(outcome.refused is not None for outcome in outcomes),
        "known_drops": sum(outcome.is_known for outcome in outcomes),
        "rows": sum(outcome.rows for outcome in outcomes),
        "accepted_rows": sum(outcome.accepted for outcome in outcomes),
        "rejected_rows": sum(outcome.rejected for outcome in outcomes),
    }
