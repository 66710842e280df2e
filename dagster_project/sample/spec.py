"""What a sample is asked to be, and how each made-up operator writes its files."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from dagster_project.contracts.layouts import V2, V2_COLUMNS, V3, V3_COLUMNS, Layout
from dagster_project.contracts.moments import next_month

PMGF_EPCIS = (
    "200000172",
    "200011773",
    "200067551",
    "240100750",
    "240100891",
    "247400583",
    "247400690",
    "247400724",
)


@dataclass(frozen=True)
class Spec:
    """A sample: its period, size and actors. The defaults are the demo."""

    seed: int = 2021
    journeys: int = 6_000  # about: passenger journeys before corrections and wrong rows
    first_day: date = date(2021, 2, 23)
    last_day: date = date(2021, 7, 31)
    nights: int = 12  # business dates on which drops fall
    operators: tuple[str, ...] = ("alpimob", "covoit_leman", "karavane", "troisplaces")
    epcis: tuple[str, ...] = PMGF_EPCIS  # where most people live; empty = the whole country
    wrong_share: float = 0.03  # of journeys, spread over every kind
    frauds: int = 0  # planted cases of each kind: see frauds.py

    @property
    def days(self) -> int:
        """Days of the period, both ends included."""
        return (self.last_day - self.first_day).days + 1

    def by_month(self) -> Iterator["Spec"]:
        """The same, cut at the ends of months: each its share of the journeys, and a drop every night."""
        first = self.first_day
        while first <= self.last_day:
            after = next_month(first)
            last = min(after - timedelta(days=1), self.last_day)
            days = (last - first).days + 1
            journeys = round(self.journeys * days / self.days)
            yield replace(self, first_day=first, last_day=last, journeys=journeys, nights=days)
            first = after


@dataclass(frozen=True)
class Habit:
    """How one operator writes: layout, columns sent, file dress, share of the market."""

    layout: Layout
    columns: tuple[str, ...]
    prefix: str  # of its journey, trip and user ids
    siret: str  # who pays what the operator itself adds
    share: float  # of the crews
    grants: tuple[tuple[date, str], ...]  # proof class granted from a day on
    separator: str = ","
    has_header: bool = True
    has_bom: bool = False
    is_gzipped: bool = False
    quote_style: Literal["necessary", "always"] = "necessary"
    truncated_share: float = 0.0  # of its people, sent by truncated phone and user id

    @property
    def has_status(self) -> bool:
        """Can it say that a row is corrected or cancelled?"""
        return "status" in self.columns


# By place in `Spec.operators`, again from the first past the fourth. Grants and SIRETs are those
# of data/operators for the demo's four.
HABITS = (
    Habit(
        layout=V2,
        columns=V2.columns,
        prefix="AL",
        siret="90234567700014",
        share=0.25,
        grants=((date.min, "B"), (date(2021, 5, 1), "C")),
        separator=";",
        truncated_share=0.15,
    ),
    Habit(
        layout=V2,
        columns=V2_COLUMNS,
        prefix="CL",
        siret="89912345900013",
        share=0.3,
        grants=((date.min, "C"),),
        has_header=False,
        quote_style="always",
    ),
    Habit(
        layout=V3,
        columns=V3.columns,
        prefix="KA",
        siret="88876543500019",
        share=0.25,
        grants=((date.min, "C"),),
        has_bom=True,
    ),
    Habit(
        layout=V3,
        columns=tuple(c for c in (*V3_COLUMNS, "status") if c not in ("licence_plate", "passenger.payments")),
        prefix="TP",
        siret="91198765900016",
        share=0.2,
        grants=((date.min, "A"),),
        is_gzipped=True,
        truncated_share=1.0,
    ),
)


def habit_of(operator: int) -> Habit:
    """The habit of the operator at this place in `Spec.operators`."""
    return HABITS[operator % len(HABITS)]
