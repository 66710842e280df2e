"""Local days, months and instants: where each begins and ends, and in which zone the registry counts them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
TICK = timedelta(microseconds=1)  # the grain of an instant


def first_instant(moment: date, zone: ZoneInfo = PARIS) -> datetime:
    """The first instant of a local date, UTC; an instant is itself."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def last_instant(moment: date, zone: ZoneInfo = PARIS) -> datetime:
    """The last instant of a local date, UTC; an instant is itself."""
    if isinstance(moment, datetime):
        return first_instant(moment, zone)
    return first_instant(moment + timedelta(days=1), zone) - TICK


def next_month(day: date) -> date:
    """The first day of the month after a day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
