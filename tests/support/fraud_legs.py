"""Journeys written one by one for a label: who, how long after noon, from where to where."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

NOON = datetime(2021, 5, 4, 10, tzinfo=UTC)
HERE, NEAR, THERE, FAR = (46.0, 6.0), (46.1, 6.0), (46.2, 6.0), (46.3, 6.0)


def leg(
    name: str, driver: str, passenger: str, after_s: int, lasts_s: int = 1_000, **other: Any
) -> dict[str, Any]:
    start, case = NOON + timedelta(seconds=after_s), name.partition(" ")[0]
    row = {
        "operator_id": "a",
        "operator_journey_id": name,
        "operator_trip_id": name,
        "driver_identity_key": f"{case} {driver}",
        "passenger_identity_key": f"{case} {passenger}",
        "start_at": start,
        "end_at": start + timedelta(seconds=lasts_s),
        "start": HERE,
        "end": HERE,
        "distance_m": 9_000 + after_s % 977,
        "outcome": "valid",
        "refusal_codes": [],
        **other,
    }
    for end in ("start", "end"):
        row[f"{end}_lat"], row[f"{end}_lon"] = row.pop(end)
        row[f"{end}_place_code"] = f"{name} {end}"
    return row


def base_of(legs: list[dict[str, Any]]) -> pl.DataFrame:
    paris = pl.col("start_at").dt.convert_time_zone("Europe/Paris").dt.date()
    made = pl.DataFrame(legs, schema_overrides={"refusal_codes": pl.List(pl.String)})
    return made.with_columns(start_on=paris)
