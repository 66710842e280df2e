"""What a night or the fallback knows of operators, places and keys before it opens a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from dagster_project.catalogue.dossier import ADMITTED
from dagster_project.catalogue.parties import Operator
from dagster_project.geography.locate import Places, load_places
from dagster_project.settings import settings


@dataclass(frozen=True)
class Known:
    """What is known before a file is opened."""

    operators: frozenset[str]
    closed: Callable[[str, date], str | None]  # why an operator has no access on a day, in French
    places: Places
    known_places: pl.Series  # codes that an operator may send in place of a position
    identity_key: bytes
    chunk_bytes: int
    max_bytes: int


def known_of(operators: Iterable[Operator], identity_key: bytes) -> Known:
    """These operators, with the installation's places, environment and bounds."""
    reference, admitted = settings().catalogue / "reference", ADMITTED[settings().environment]
    dossiers = {operator.id: operator for operator in operators}

    def closed(operator_id: str, day: date) -> str | None:
        dossier = dossiers[operator_id]
        return None if dossier.state(day) in admitted else dossier.closed_words(day)

    return Known(
        operators=frozenset(dossiers),
        closed=closed,
        places=load_places(reference),
        known_places=pl.read_parquet(reference / "territories.parquet")["place_code"].unique(),
        identity_key=identity_key,
        chunk_bytes=settings().chunk_mb << 20,
        max_bytes=settings().max_drop_mb * 10**6,
    )
