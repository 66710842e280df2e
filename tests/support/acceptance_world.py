"""Journeys of a few operators under the rules of acceptance alone, and what refuses each of them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue, rows
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT
from dagster_project.warehouse import cache
from tests.reference.acceptance import Journey
from tests.support.deliveries import run_models

DAY = datetime(2024, 3, 1, tzinfo=UTC)  # a month begins; Paris is an hour ahead
# When the files of three nights are delivered: some journeys are in time for one and late for the next.
DELIVERED = [DAY + timedelta(hours=hours) for hours in (20, 31, 44)]
CLOSE, MANY, LATE, SHORT = ["too_close_trips"], ["too_many_trips"], ["sent_too_late"], ["distance_too_short"]
FIVE = [f"{hour:02}:00:00" for hour in range(8, 13)]
CAMPAIGN = {
    "id": "c_2024",
    "nom": "x",
    "autorite": "xx",
    "convention": "x",
    "beneficiaire": "conducteur",
    "periode": {"du": "2024-01-01", "au": "2024-12-31"},
    "operateurs": [{"du": "2024-01-01", "liste": ["op"]}],
    "tarif": {"par": "trajet", "tranches": [{"de_m": 0, "centimes": 200}]},
    "budget": {"euros": "100"},
    "appels_de_fonds": {"rythme": "trimestriel"},
}


def journey_of(operator: str, number: int | str, start: datetime, **given: Any) -> Journey:
    minutes = given.pop("minutes", 20)
    return {
        "operator_id": operator,
        "operator_journey_id": f"{operator}-{number}",
        "operator_trip_id": given.pop("trip", f"{operator}-car-{number}"),
        "status": "new",
        "operator_class": "B",
        "start_at": start,
        "end_at": start + timedelta(minutes=minutes),
        "start_place_code": "c1",
        "end_place_code": "c1",
        "distance_m": 10_000,
        "seats": 1,
        "passenger_contribution_cents": 0,
        "driver_revenue_cents": 0,
        "incentives": "[]",
        "driver_identity_key": f"{operator}-ana",
        "passenger_identity_key": f"{operator}-bob",
        **given,
    }


def furnished(home: Path, operators: Iterable[str], *campaigns: Campaign) -> Lake:
    """A warehouse under the acceptance rules of data/rules, whose operators are all in production."""
    lake, ever = Lake(home), {"from_on": date(1990, 1, 1), "to_on": date(9999, 12, 31)}
    law, acceptance = catalogue.law(PROJECT / "data"), catalogue.acceptance(PROJECT / "data")
    frames = rows.frames([], [], list(campaigns), law, acceptance=acceptance)
    for name, made in (
        ("operator_admissions", ever),
        ("operator_classes", {"from_at": datetime(1990, 1, 1, tzinfo=UTC), "granted_class": "C"}),
    ):
        entries = [{"operator_id": one} | made for one in operators]
        frames[name] = pl.DataFrame(entries, schema=frames[name].schema)
    reference = pl.read_parquet(PROJECT / "data/reference/territories.parquet").head(1)
    frames["territories"] = reference.with_columns(year=pl.lit(2024, pl.Int16), place_code=pl.lit("c1"))
    lake.write_catalogue(frames)
    return lake


def refusals(lake: Lake) -> dict[str, list[str] | None]:
    """The refusal codes of every journey, None where it is cancelled."""
    run_models(lake, date(2024, 10, 9), "+int_accepted_journeys")
    with cache.reading(lake, building=True) as connection:
        found = connection.execute(
            "select operator_journey_id, outcome, refusal_codes from active.int_accepted_journeys"
        )
        return {jid: None if outcome == "cancelled" else codes for jid, outcome, codes in found.fetchall()}


def paris(day: int, clock: str) -> datetime:
    """A time of Paris, in March 2024 (an hour ahead of UTC)."""
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return DAY + timedelta(days=day, hours=hours - 1, minutes=minutes, seconds=seconds)
