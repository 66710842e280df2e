"""What joining the registry asks for (REJOINDRE, étapes 1 to 3), and the state that its dated facts make.

A fact counts from its day on (local date, Europe/Paris). A state once reached is left by a suspension or by
leaving, whatever becomes of the pieces. Not here: the pieces themselves (pieces), what operators and
authorities add (parties), what the nights have seen reached (standing).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from dagster_project.catalogue.pieces import (
    Contacts,
    Document,
    Entry,
    History,
    Text,
    first_received,
    in_force,
)
from dagster_project.contracts.signed_files import Slug

State = Literal["applying", "staging", "production", "suspended", "left"]
STATES: dict[State, str] = {
    "applying": "candidature",
    "staging": "préproduction",
    "production": "production",
    "suspended": "suspendu",
    "left": "parti",
}
# Whose drops an environment takes in.
ADMITTED: dict[str, set[State]] = {"staging": {"staging", "production"}, "production": {"production"}}


class Terms(Entry):
    """A version of the CGU, and the day of its acceptance."""

    version: Text
    accepted_on: date


class Absence(Entry):
    """Days, both included, on which a party has left the registry; open where it has not come back."""

    since: Annotated[date, Field(alias="from")]
    through: Annotated[date | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.through and self.through < self.since:
            raise ValueError("`to` précède `from` ; inverser les deux dates")
        return self

    @property
    def back_on(self) -> date | None:
        """The first day after it."""
        return self.through + timedelta(days=1) if self.through else None

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.since <= day <= (self.through or date.max)


class Suspension(Absence):
    """Days on which access is closed."""

    reason: Text


class Dossier(Entry):
    """What a party has sent and been given, with days."""

    id: Slug
    terms: list[Terms] = []
    register_extract: History[Document] = []
    contacts: History[Contacts] = []
    logo: History[Document] = []  # `document` is its file, beside the party's
    staging_on: date | None = None
    production_on: date | None = None
    suspensions: list[Suspension] = []
    departures: list[Absence] = []
    _reached: dict[State, date] = PrivateAttr(default_factory=dict)
    _pictures: dict[str, bytes] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _departed(cls, given: Any) -> Any:
        if (
            isinstance(given, dict) and "left_on" in given
        ):  # taken out instead, it would let the party back in
            raise ValueError("`left_on` s'écrit `departures: [{from: AAAA-MM-JJ}]` ; `to` y dit un retour")
        return given

    def showing(self, pictures: dict[str, bytes]) -> Self:
        """The same, whose logos are drawn: each file's picture by its name."""
        same = self.model_copy()
        same._pictures = pictures
        return same

    def picture(self, day: date) -> bytes | None:
        """The logo that a document of that day bears, as PNG (CONVENTION article 11)."""
        logo = in_force(self.logo, day)
        return self._pictures.get(logo.document) if logo else None

    def remembering(self, reached: dict[State, date]) -> Self:
        """The same, having reached these states on these days whatever its pieces say today."""
        same = self.model_copy()
        same._reached = reached
        return same

    def pieces(self) -> Iterator[tuple[str, date | None]]:
        """Each piece that production needs, in French, and the day it came."""
        yield "acceptation des CGU", min((acceptance.accepted_on for acceptance in self.terms), default=None)
        yield "justificatif d'identité ou d'inscription à un registre", first_received(self.register_extract)
        for name, shown in (
            ("dpo", "délégué à la protection des données"),
            ("controller", "responsable de traitement"),
            ("technical", "responsable technique"),
        ):
            yield shown, first_received([contact for contact in self.contacts if getattr(contact, name)])
        yield "logo", first_received(self.logo)

    def asked(self) -> Iterator[tuple[str, date | None]]:
        """Each piece that a text asks for and no access waits for, and the day it came."""
        yield from ()

    def missing(self, day: date) -> list[str]:
        """The pieces that have not come by that day."""
        return [name for name, came in self.pieces() if came is None or came > day]

    def state(self, day: date) -> State:
        """Where the party stands on a day."""
        if any(departure.holds(day) for departure in self.departures):
            return "left"
        is_produced = (_is_past(self.production_on, day) and not self.missing(day)) or self._had(
            "production", day
        )
        is_staged = (
            _is_past(self.staging_on, day) and any(acceptance.accepted_on <= day for acceptance in self.terms)
        ) or self._had("staging", day)
        if not (is_produced or is_staged):
            return "applying"
        if any(suspension.holds(day) for suspension in self.suspensions):
            return "suspended"
        return "production" if is_produced else "staging"

    def _had(self, state: State, day: date) -> bool:
        return _is_past(self._reached.get(state), day)

    def reached(self, day: date) -> dict[State, date]:
        """The first day of each state that gives access, as far as that day."""
        first_days: dict[State, date] = {}
        for state, first, _ in self.periods():
            if state in ADMITTED["staging"] and first <= day:
                first_days.setdefault(state, first)
        return first_days

    def periods(self) -> list[tuple[State, date, date]]:
        """Every state with its first and last day, from the first fact on."""
        facts = [came for _, came in self.pieces()]
        facts += [acceptance.accepted_on for acceptance in self.terms]
        facts += [self.staging_on, self.production_on, date.min, *self._reached.values()]
        for absence in (*self.departures, *self.suspensions):
            facts += [absence.since, absence.back_on]
        days = sorted({day for day in facts if day})
        periods: list[tuple[State, date, date]] = []
        for first, following in pairwise([*days, None]):
            if first is None:
                continue
            state, last = self.state(first), following - timedelta(days=1) if following else date.max
            same = periods.pop() if periods and periods[-1][0] == state else None
            periods.append((state, same[1] if same else first, last))
        return periods

    def since(self, day: date) -> date:
        """The first day of the state of that day; `date.min` where no fact came yet."""
        return next(first for _, first, last in self.periods() if first <= day <= last)

    def closed_words(self, day: date) -> str:
        """Why the party has no access to production on a day, for its eyes."""
        reasons = [STATES[self.state(day)]]
        reasons += [suspension.reason for suspension in self.suspensions if suspension.holds(day)]
        if missing := self.missing(day):
            reasons.append(f"il manque : {', '.join(missing)}")
        return " ; ".join(reasons)


def _is_past(fact: date | None, day: date) -> bool:
    return fact is not None and fact <= day


def local_day(moment: Any) -> date:
    """The day of a date or instant as files write it."""
    return moment.date() if isinstance(moment, datetime) else date.fromisoformat(str(moment))
