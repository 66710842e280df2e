"""What a night knows of operators, places and keys before it opens a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from dagster_project.geography.locate import Places


@dataclass(frozen=True)
class Registry:
    """What the night knows before it opens a file."""

    operators: frozenset[str]
    closed: Callable[[str, date], str | None]  # why an operator has no access on a day, in French
    places: Places
    known_places: pl.Series  # codes that an operator may send in place of a position
    identity_key: bytes
    chunk_bytes: int
    max_bytes: int
