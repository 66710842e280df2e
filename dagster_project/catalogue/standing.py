"""What parties have once reached, written down by the night that found it (REJOINDRE, étapes 2 and 3).

A file in data/ is edited by people: a new bank account put in the place of the old one must not take back the
day on which production was opened, nor a new grant the class that was granted before. Not here: what a file
says by itself (dossier, parties). Why: D-049.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import polars as pl

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.dossier import ADMITTED, STATES, Dossier, State
from dagster_project.catalogue.parties import Grant, Operator
from dagster_project.contracts.joining import REACHED_FACTS
from dagster_project.contracts.moments import PARIS, first_instant
from dagster_project.lake.store import Lake
from dagster_project.settings import settings

_Party = TypeVar("_Party", bound=Dossier)
_KEY = ["party", "party_id", "fact", "since_at"]


def record(lake: Lake, parties: Sequence[Dossier], business_date: date) -> None:
    """Add what the parties have reached by that day, as their files and earlier nights say it."""
    rows = [
        row | {"found_on": business_date}
        for party in remembered(lake, parties)
        for row in _reached(party, business_date)
    ]
    reached = pl.DataFrame(rows, schema=REACHED_FACTS.empty.schema)
    known = lake.read(REACHED_FACTS)
    added = reached.join(known, on=_KEY, how="anti")
    if not added.is_empty():
        lake.write(REACHED_FACTS, pl.concat([known, added]).sort(_KEY), "facts")


def remembered(lake: Lake, parties: Sequence[_Party]) -> list[_Party]:
    """The parties with what earlier nights have seen of them; a class granted yields to a later one only."""
    known: dict[tuple[str, str], list[tuple[str, datetime]]] = {}
    for kind, party_id, fact, since_at in lake.read(REACHED_FACTS).select(_KEY).sort(_KEY).iter_rows():
        known.setdefault((kind, party_id), []).append((fact, since_at))
    return [_remembering(party, known.get((_kind(party), party.id), [])) for party in parties]


def without_access(lake: Lake, root: Path, day: date) -> dict[str, str]:
    """Authorities without access on a day (REJOINDRE, étape 3): the reason, and what their dossier lacks.

    Raises catalogue.CatalogueError.
    """
    known, admitted = remembered(lake, catalogue.authorities(root)), ADMITTED[settings().environment]
    return {party.id: party.closed_words(day) for party in known if party.state(day) not in admitted}


def _remembering(party: _Party, facts: list[tuple[str, datetime]]) -> _Party:
    reached: dict[State, date] = {}
    for state in STATES:
        if days := [since_at.astimezone(PARIS).date() for fact, since_at in facts if fact == state]:
            reached[state] = min(days)
    informed = party.remembering(reached)
    if not isinstance(informed, Operator):
        return informed
    granted = {
        since_at: Grant.model_validate({"from": since_at, "class": fact})
        for fact, since_at in facts
        if fact not in STATES
    }
    others = [grant for grant in informed.proof_classes if first_instant(grant.since) not in granted]
    return informed.model_copy(update={"proof_classes": [*granted.values(), *others]})


def _reached(party: Dossier, day: date) -> list[dict[str, object]]:
    facts: list[tuple[str, datetime]] = [
        (state, first_instant(first)) for state, first in party.reached(day).items()
    ]
    if isinstance(party, Operator):
        granted = ((grant.proof_class, first_instant(grant.since)) for grant in party.proof_classes)
        facts += [
            (proof_class, since) for proof_class, since in granted if since.astimezone(PARIS).date() <= day
        ]
    name = {"party": _kind(party), "party_id": party.id}
    return [name | {"fact": fact, "since_at": since_at} for fact, since_at in facts]


def _kind(party: Dossier) -> str:
    return "operator" if isinstance(party, Operator) else "authority"
