"""One journey as an operator writes it in each layout, and one small file as a night takes it."""

from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.contracts.lake_tables import TABLES
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import ingest
from dagster_project.drops.known import Known
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake

NIGHT = date(2021, 3, 31)
V3_ROW = {
    "operator_journey_id": "T-1",
    "operator_trip_id": "V-1",
    "operator_class": "C",
    "start.datetime": "2021-03-01T07:30:00Z",
    "start.lat": "46.1958",
    "start.lon": "6.2354",
    "end.datetime": "2021-03-01T08:00:00Z",
    "end.lat": "46.2044",
    "end.lon": "6.1432",
    "distance": "9800",
    "driver.identity.phone": "+33639980001",
    "driver.revenue": "350",
    "passenger.identity.phone": "+33639980002",
    "passenger.contribution": "150",
    "passenger.seats": "1",
    "incentives": "[]",
}
V2_ROW = {
    "journey_id": "T-1",
    "operator_journey_id": "V-1",
    "operator_class": "C",
    "passenger.identity.phone": "0639980002",
    "passenger.start.datetime": "01/03/2021 08:30",
    "passenger.start.lat": "46,1958",
    "passenger.start.lon": "6,2354",
    "passenger.end.datetime": "01/03/2021 09:00:00",
    "passenger.end.lat": "46,2044",
    "passenger.end.lon": "6,1432",
    "passenger.seats": "1",
    "passenger.contribution": "150",
    "passenger.incentives": "[]",
    "passenger.distance": "9800",
    "driver.identity.phone": "06 39 98 00 01",
    "driver.start.datetime": "01/03/2021 08:20",
    "driver.end.datetime": "01/03/2021 09:10",
    "driver.revenue": "350",
    "driver.incentives": "[]",
}
JSON_ROW = {
    "operator_journey_id": "T-1",
    "operator_trip_id": "V-1",
    "operator_class": "C",
    "start": {"datetime": "2021-03-01T07:30:00Z", "lat": 46.1958, "lon": 6.2354},
    "end": {"datetime": "2021-03-01T08:00:00Z", "lat": 46.2044, "lon": 6.1432},
    "distance": 9800,
    "driver": {"identity": {"phone": "+33639980001"}, "revenue": 350},
    "passenger": {"identity": {"phone": "+33639980002", "over_18": None}, "contribution": 150, "seats": 1},
    "incentives": [],
}


def _cell(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if set(value) & set(',;"\n\r') else value


def csv_of(rows: list[dict[str, str]], columns: tuple[str, ...], delimiter: str = ",") -> str:
    lines = [delimiter.join(_cell(row.get(name, "")) for name in columns) for row in rows]
    return "\n".join([delimiter.join(columns), *lines]) + "\n"


def v3(**changes: str) -> dict[str, str]:
    return V3_ROW | {name.replace("__", "."): value for name, value in changes.items()}


def v2(**changes: str) -> dict[str, str]:
    return V2_ROW | {name.replace("__", "."): value for name, value in changes.items()}


def take(content: bytes, home: Path, known: Known, name: str = "trajets.csv") -> tuple[Outcome, Lake]:
    lake = Lake(home)
    incoming = lake.drops / "karavane" / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    (incoming / name).write_bytes(content)
    (drop,) = claim(lake.drops, Troubles())
    outcome = ingest(drop, lake, known, NIGHT, Troubles())
    assert outcome.rows == outcome.accepted + outcome.rejected
    return outcome, lake


def rows_of(lake: Lake, table: str = "journeys") -> pl.DataFrame:
    return lake.read(TABLES[table])
