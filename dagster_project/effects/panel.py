"""What an evaluation reads of the published cache: weeks by territory, months, couples. Counts only.

Not here: the effect (effect.py), what may be told of a count (pages/effects).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np

from dagster_project.contracts.moments import next_month
from dagster_project.contracts.terms import TERMS
from dagster_project.effects.archived import Archive, archived_months
from dagster_project.effects.effect import Counts
from dagster_project.files.statements import statements

_SQL = statements(__file__)


class UnknownCampaignError(Exception):
    """No campaign of the last night has this id."""


@dataclass(frozen=True)
class Panel:
    """A campaign's days and what is counted in them; `treated`, `others`: passenger journeys by week."""

    campaign_name: str
    night: date
    start_on: date
    end_on: date
    kept_from_on: date  # the first day whose journeys the registry still has
    last_on: date
    treated: Counts
    others: Counts
    first: int  # the week of the start
    months: list[dict[str, Any]]
    couples: list[dict[str, Any]]
    archived: list[dict[str, Any]] | None  # months before them; None: the archive was not read


def read(connection: duckdb.DuckDBPyConnection, campaign_id: str, archive: Archive | None = None) -> Panel:
    """Everything, as of the cache's night. Raises UnknownCampaignError."""
    frames = connection.execute(_SQL["frame"], {"campaign_id": campaign_id}).pl().to_dicts()
    if not frames:
        raise UnknownCampaignError(f"aucune campagne `{campaign_id}` dans la dernière nuit")
    (frame,) = frames
    night, start_on = frame["business_date"], frame["start_on"]
    kept_from_on = max(frame["first_on"] or night, TERMS["journeys"].cut_off(night) + timedelta(1))
    first = max((start_on - kept_from_on).days // 7, 0)
    since = max((min(frame["end_on"], frame["last_on"]) - start_on).days + 1, 0) // 7
    authority = {"authority_id": frame["authority_id"]}
    days = {
        "first_on": start_on - timedelta(7 * first),
        "last_on": start_on + timedelta(7 * since - 1),
    }
    treated, others = _by_week(connection, authority | {"start_on": start_on} | days, first + since)
    whole_from_on = _month(kept_from_on, 1)
    months = connection.execute(
        _SQL["months"],
        authority | {"first_on": whole_from_on, "last_on": _last_day(frame["last_on"])},
    ).pl()
    couples = connection.execute(_SQL["couples"], {"campaign_id": campaign_id, "start_on": start_on}).pl()
    return Panel(
        frame["campaign_name"],
        night,
        start_on,
        frame["end_on"],
        kept_from_on,
        frame["last_on"],
        treated,
        others,
        first,
        months.to_dicts(),
        couples.to_dicts(),
        archived_months(connection, archive, frame["authority_id"], whole_from_on) if archive else None,
    )


def _by_week(
    connection: duckdb.DuckDBPyConnection, given: dict[str, Any], weeks: int
) -> tuple[Counts, Counts]:
    """The campaign's territory by week, and each other one's; 0 where nobody rode."""
    rows = connection.execute(_SQL["weeks"], given).fetchall() if weeks else []
    territories = sorted({territory for territory, _, _ in rows} - {""})
    places = {territory: place for place, territory in enumerate(["", *territories])}
    counts: Counts = np.zeros((len(places), weeks), dtype=np.int64)
    for territory, week, journeys in rows:
        counts[places[territory], week] = journeys
    return counts[0], counts[1:]


def _month(day: date, after: int) -> date:
    """The first day of the first whole month from a day on, or of its own month."""
    if day.day == 1 or not after:
        return day.replace(day=1)
    return next_month(day)


def _last_day(day: date) -> date:
    """The last day of the last whole month until a day."""
    return _month(day + timedelta(1), 0) - timedelta(1)
