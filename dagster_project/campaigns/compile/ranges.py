"""The plain keys of a condition as ranges of one attribute. Not here: territories (clauses)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.campaigns.compile import logic
from dagster_project.campaigns.compile.logic import INFINITE, Range
from dagster_project.campaigns.language.conditions import Days
from dagster_project.contracts.moments import first_instant, last_instant

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(instant: datetime) -> int:
    """Of an instant, since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def ranges(name: str, given: Any, zone: ZoneInfo) -> tuple[str, list[Range]]:
    """The attribute that a plain key asks about, and its ranges, bounds included."""
    match name:
        case "classes":
            return logic.CLASS, [("ABC".index(letter) + 1,) * 2 for letter in given]
        case "distance":
            return logic.DISTANCE, [(given.min_m, INFINITE if given.max_m is None else given.max_m - 1)]
        case "sieges":
            return logic.SEATS, [(given.min, given.max or INFINITE)]
        case "passager_majeur":
            # 1 adult, 0 minor, -1 unknown.
            return logic.ADULT, [(1, 1), (-1, -1)] if given == "non_mineur" else [(1, 1)]
        case "contribution":
            high = INFINITE if given.max_centimes is None else given.max_centimes
            return logic.CONTRIBUTION, [(given.min_centimes, high)]
        case "jours":
            return logic.WEEKDAY, [(_DAYS.index(day) + 1,) * 2 for day in given]
        case "heures":
            return logic.MINUTE, [(_minute(hours.de), _minute(hours.a) - 1) for hours in given]
        case "mois":
            return logic.MONTH, [(month, month) for month in given]
        case "dates":
            return logic.START, [_day(day, zone) for day in given]
    raise AssertionError(name)


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _day(day: date | Days, zone: ZoneInfo) -> Range:
    first, last = (day.du, day.au) if isinstance(day, Days) else (day, day)
    return microseconds(first_instant(first, zone)), microseconds(last_instant(last, zone))
