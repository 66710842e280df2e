"""Every kind of wrong row: what it is judged for, and how a right row becomes it.

A change speaks of our column names, so one kind serves both layouts. Each makes exactly one
fault. Besides the texts, a change may read `start_instant` and `day_end` (the local midnight
that ends the business date), both UTC.
"""

from dataclasses import dataclass, field

import polars as pl

from dagster_project.contracts.moments import PARIS
from dagster_project.sample.spec import Habit


@dataclass(frozen=True)
class Kind:
    """One way to be wrong: the verdict it deserves and the texts it changes."""

    name: str
    column: str
    rule_code: str
    changes: dict[str, pl.Expr] = field(default_factory=dict, compare=False)
    needs_status: bool = False


def _utc(instant: pl.Expr) -> pl.Expr:
    return instant.dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def _set(column: str, text: str) -> dict[str, pl.Expr]:
    return {column: pl.lit(text)}


def _blank(*columns: str) -> dict[str, pl.Expr]:
    return {column: pl.lit(None, dtype=pl.String) for column in columns}


def _position(end: str, lat: str | None, lon: str | None) -> dict[str, pl.Expr]:
    texts = {f"{end}_lat": lat, f"{end}_lon": lon, f"{end}_insee": None}
    return {column: pl.lit(text, dtype=pl.String) for column, text in texts.items()}


def _person(role: str) -> tuple[str, ...]:
    return tuple(f"{role}_{name}" for name in ("phone", "phone_trunc", "operator_user_id", "identity_key"))


_START, _DAY_END = pl.col("start_instant"), pl.col("day_end")
_SAME_PERSON = {
    ours: pl.col(theirs) for ours, theirs in zip(_person("passenger"), _person("driver"), strict=True)
}
_NO_PHONE = {**_blank("driver_phone_trunc"), **_set("driver_phone", "pas de portable")}
_AFTER_THE_DAY = {
    "start_at": _utc(_DAY_END - pl.duration(minutes=10)),
    "end_at": _utc(_DAY_END + pl.duration(minutes=20)),
}
_NO_ZONE = {"start_at": _START.dt.convert_time_zone(PARIS.key).dt.strftime("%Y-%m-%dT%H:%M:%S")}

KINDS = (
    Kind("no_journey_id", "operator_journey_id", "value_missing", _blank("operator_journey_id")),
    Kind("no_start", "start_at", "value_missing", _blank("start_at", "car_start_at")),
    Kind("no_distance", "distance_m", "value_missing", _blank("distance_m")),
    Kind("worded_distance", "distance_m", "value_unreadable", _set("distance_m", "abc")),
    Kind("start_without_zone", "start_at", "time_without_zone", _NO_ZONE),
    Kind("impossible_start", "start_at", "value_unreadable", _set("start_at", "32/13/2021")),
    Kind(
        "worded_contribution",
        "passenger_contribution_cents",
        "value_unreadable",
        _set("passenger_contribution_cents", "1,5x"),
    ),
    Kind("zero_distance", "distance_m", "value_out_of_range", _set("distance_m", "0")),
    Kind("endless_distance", "distance_m", "value_out_of_range", _set("distance_m", "1000001")),
    Kind("nine_seats", "seats", "value_out_of_range", _set("seats", "9")),
    Kind("latitude_95", "start_lat", "value_out_of_range", _set("start_lat", "95")),
    Kind(
        "negative_revenue", "driver_revenue_cents", "value_out_of_range", _set("driver_revenue_cents", "-1")
    ),
    Kind("class_d", "operator_class", "value_unknown", _set("operator_class", "D")),
    Kind("unknown_status", "status", "value_unknown", _set("status", "nouveau"), needs_status=True),
    Kind("end_first", "end_at", "end_before_start", {"end_at": _utc(_START - pl.duration(minutes=5))}),
    Kind("tomorrow", "end_at", "in_the_future", _AFTER_THE_DAY),
    Kind("no_start_position", "start", "position_missing", _position("start", None, None)),
    Kind("no_end_position", "end", "position_missing", _position("end", None, None)),
    Kind("null_start", "start", "null_island", _position("start", "0", "0")),
    Kind("null_end", "end", "null_island", _position("end", "0.0", "0.0")),
    Kind("start_at_sea", "start", "place_unknown", _position("start", "45.0", "-8.0")),
    Kind("end_at_sea", "end", "place_unknown", _position("end", "45.012345", "-8.054321")),
    Kind("worded_phone", "driver_phone", "phone_unreadable", _NO_PHONE),
    Kind("unknown_passenger", "passenger", "identity_missing", _blank(*_person("passenger"))),
    Kind("unknown_driver", "driver", "identity_missing", _blank(*_person("driver"))),
    Kind("alone", "passenger", "same_person", _SAME_PERSON),
    Kind(
        "broken_incentives",
        "incentives",
        "incentives_unreadable",
        _set("incentives", '[{"index": 0, "siret": '),
    ),
    Kind("worded_incentives", "incentives", "incentives_unreadable", _set("incentives", "aucune")),
    # Not a change of text: a second row under the same key, made where deliveries are.
    Kind("same_key_twice", "operator_journey_id", "key_conflict"),
)
KEY_CONFLICT = len(KINDS) - 1


def kinds_of(habit: Habit) -> list[int]:
    """The kinds, by row of KINDS, that an operator of this habit can make."""
    return [number for number, kind in enumerate(KINDS) if habit.has_status or not kind.needs_status]


def spoil(texts: pl.DataFrame) -> pl.DataFrame:
    """Turn the rows that have a `fault` (a row of KINDS, or -1) into wrong ones."""
    present = texts["fault"].unique().to_list()
    changed: dict[str, pl.Expr] = {}
    for number in sorted(fault for fault in present if fault >= 0):
        for column, text in KINDS[number].changes.items():
            before = changed.get(column, pl.col(column))
            changed[column] = pl.when(pl.col("fault") == number).then(text).otherwise(before)
    return texts.with_columns(**changed)
