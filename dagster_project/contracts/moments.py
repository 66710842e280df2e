"""Local days and instants: where a day begins and ends, and the zone in which the registry counts days."""

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
