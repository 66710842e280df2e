"""Hands out what planted journeys are made of: people nobody else is, cars, honest journeys to copy."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from dagster_project.sample.people import UNDIALLABLE, identities
from dagster_project.sample.spec import Spec, habit_of

Row = dict[str, Any]
PLAIN = {"rank": 0, "seats": 1, "is_edge": True, "is_class_above_grant": False}  # plays no other part
_FIRST_NUMBER = 500_000_000  # of phones that no honest person of a sample has


class Planter:
    """Hands out people, cars and templates; the same seed plants the same."""

    def __init__(self, spec: Spec, journeys: pl.DataFrame, people: pl.DataFrame) -> None:
        self.rng = np.random.Generator(np.random.PCG64(spec.seed + 1))
        is_full = [number for number in range(len(spec.operators)) if habit_of(number).truncated_share < 1]
        self.operators = np.array(is_full)
        hour, day = pl.col("start_at").dt.hour(), pl.col("start_at").dt.date()
        # Long enough to cut; room for what follows.
        self.templates = journeys.filter(
            pl.col("distance_m").is_between(9_000, 30_000),
            hour.is_between(5, 9),
            day > spec.first_day + timedelta(days=1),
            day < spec.last_day - timedelta(days=8),
        )
        self._person, self._trip = people.height, int(journeys["trip"].max()) + 1  # type: ignore[arg-type]
        self.phones: dict[int, int] = {}  # person → the person whose phone it has

    def person(self, phone_of: int | None = None) -> int:
        """Somebody new, at times with somebody else's phone."""
        self._person += 1
        self.phones[self._person - 1] = self._person - 1 if phone_of is None else phone_of
        return self._person - 1

    def template(self) -> Row:
        """An honest journey to copy place and time from."""
        row = self.templates.row(int(self.rng.integers(self.templates.height)), named=True)
        return row | PLAIN | {"operator": int(self.rng.choice(self.operators))}

    def two_operators(self) -> list[int]:
        """Two different operators that both know full phones."""
        return [int(operator) for operator in self.rng.choice(self.operators, 2, replace=False)]

    def ride(
        self, like: Row, driver: int, passenger: int, verdict: str, after_s: float = 0, **other: Any
    ) -> Row:
        """A journey like another, so many seconds after, in a car of its own."""
        self._trip += 1
        row = like | {"driver": driver, "passenger": passenger, "trip": self._trip - 1, "verdict": verdict}
        row |= {"dice": int(self.rng.integers(0, 10**12))} | other
        row["start_at"] = row["car_start_at"] = like["start_at"] + timedelta(seconds=int(after_s))
        row["end_at"] = row["car_end_at"] = row["start_at"] + timedelta(seconds=int(row["duration_s"]))
        return row


def back(row: Row) -> Row:
    """The same way in the other direction."""
    turned = {"start": "end", "end": "start"}
    places = {
        f"{prefix}{end}_{axis}": row[f"{prefix}{turned[end]}_{axis}"]
        for prefix in ("", "car_")
        for end in turned
        for axis in ("lat", "lon")
    }
    return row | places | {"start_place": row["end_place"], "end_place": row["start_place"]}


def strangers(planter: Planter, people: pl.DataFrame) -> pl.DataFrame:
    """Who plays in what is planted: identities as everybody's, phones nobody else has."""
    owners = pl.Series("owner", list(planter.phones.values()))
    phone = UNDIALLABLE + (_FIRST_NUMBER + pl.col("owner")).cast(pl.String)
    actors = identities(len(owners), np.zeros(len(owners), dtype=bool), planter.rng)
    return (
        actors.with_columns(owners)
        .with_columns(phone=phone, phone_national=phone, phone_spaced=phone, is_truncated=pl.lit(False))
        .select(people.columns)
    )
