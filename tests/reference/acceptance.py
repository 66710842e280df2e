"""Acceptance as a person would do it: journey after journey, in the order of their starts."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
Journey = dict[str, Any]


def verdicts(
    journeys: list[Journey],
    most: int = 4,
    gap: timedelta = timedelta(minutes=30),
    deadline: timedelta = timedelta(hours=24),
) -> dict[str, list[str]]:
    """The refusal codes of each journey of one operator, by its id; rules as they are since 2024.

    A journey has `received_at`, the first delivery after its end, or None.
    """
    told = {one["operator_journey_id"]: _own(one, deadline) for one in journeys}
    pairs: dict[tuple[str, ...], list[Journey]] = {}
    for one in journeys:
        if not told[one["operator_journey_id"]]:
            pairs.setdefault(_pair(one), []).append(one)

    for of_pair in pairs.values():
        kept: list[list[Journey]] = []
        for trip in _trips(sorted(of_pair, key=_place), gap):
            if all(_apart(one, trip, gap) for one in kept):
                kept.append(trip)
            else:
                told |= {one["operator_journey_id"]: ["too_close_trips"] for one in trip}

    standing = [one for one in journeys if not told[one["operator_journey_id"]]]
    days: dict[tuple[str, date], list[str]] = {}  # a person's cars, by the start of the first journey in them
    for one in sorted(standing, key=_place):
        for person in _pair(one):
            cars = days.setdefault((person, one["start_at"].astimezone(PARIS).date()), [])
            if one["operator_trip_id"] not in cars:
                cars.append(one["operator_trip_id"])
            if cars.index(one["operator_trip_id"]) >= most:
                told[one["operator_journey_id"]] = ["too_many_trips"]
    return told


def _trips(journeys: list[Journey], gap: timedelta) -> list[list[Journey]]:
    """Journeys of one car that follow each other, unless the two have been apart for as long as the gap."""
    trips: list[list[Journey]] = []
    busy_until = None
    for one in journeys:
        is_same = trips and trips[-1][-1]["operator_trip_id"] == one["operator_trip_id"]
        if busy_until and is_same and one["start_at"] < busy_until + gap:
            trips[-1].append(one)
        else:
            trips.append([one])
        busy_until = max(busy_until or one["end_at"], one["end_at"])
    return trips


def _own(one: Journey, deadline: timedelta) -> list[str]:
    received, start = one["received_at"], one["start_at"]
    broken = [
        ("not_yet_over", received is None),
        ("sent_too_late", received is not None and received - start > deadline),
        ("distance_too_short", one["distance_m"] < 2_000),
    ]
    return [code for code, is_broken in broken if is_broken]


def _pair(one: Journey) -> tuple[str, ...]:
    return tuple(sorted((one["driver_identity_key"], one["passenger_identity_key"])))


def _place(one: Journey) -> tuple[datetime, str, str]:
    return one["start_at"], one["operator_trip_id"], one["operator_journey_id"]


def _apart(one: list[Journey], other: list[Journey], gap: timedelta) -> bool:
    return _end(one) + gap <= other[0]["start_at"] or _end(other) + gap <= one[0]["start_at"]


def _end(trip: list[Journey]) -> datetime:
    return max(one["end_at"] for one in trip)
