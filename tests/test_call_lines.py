"""How far the lines of calls tie two authorities' persons together is measured, with amounts and without."""

from datetime import UTC, date, datetime

import duckdb
import polars as pl
import pytest

from dagster_project.archive.call_lines import call_lines
from dagster_project.errors import DocumentError
from dagster_project.reports.fund_call.journeys import gather_lines

MARCH = datetime(2021, 3, 1, 7, 30, tzinfo=UTC)
PLACES = {"start_lat": 46.19, "start_lon": 6.23, "end_lat": 46.2, "end_lon": 6.14}


def _line(name: str, hour: int, revenue: int, billed_m: int, month: int = 3) -> dict[str, object]:
    at = MARCH.replace(hour=hour, month=month)
    return PLACES | {
        "authority_id": "a", "operator_id": "o", "journey_id": name, "driver_identity_key": "d",
        "start_slot_at": at, "end_slot_at": at, "passenger_contribution_cents": 100,
        "driver_revenue_cents": revenue, "billed_m": billed_m,
    }  # fmt: skip


def _tables(lines: list[dict[str, object]], seen_by_b: set[str]) -> duckdb.DuckDBPyConnection:
    calls = pl.DataFrame(lines)
    renamed = {
        "journey_id": "operator_journey_id", "start_slot_at": "start_datetime", "end_slot_at": "end_datetime",
        "passenger_contribution_cents": "passenger_contribution", "driver_revenue_cents": "driver_revenue",
    }  # fmt: skip
    views = calls.filter(pl.col("journey_id").is_in(list(seen_by_b))).rename(renamed)
    views = pl.concat([views, views.with_columns(authority_id=pl.lit("b"))])
    due = pl.DataFrame({"month_on": [date(2021, 3, 1)], "subject": ["journeys"]})
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'; create schema authorities; create schema archive")
    for name, frame in (
        ("authorities.authority_journeys", calls),
        ("authorities.authority_views", views),
        ("archive.archive_accounts", due),
    ):
        connection.register("given", frame)
        connection.execute(f"create table {name} as from given")
    return connection


def test_lines_of_calls_are_measured_by_place_by_amounts_and_by_distance() -> None:
    lines = [
        _line("alone", 7, 300, 9_800),
        _line("by revenue 1", 8, 300, 9_800), _line("by revenue 2", 8, 350, 9_800),
        _line("by distance 1", 9, 300, 9_800), _line("by distance 2", 9, 300, 9_900),
        _line("not due", 7, 300, 9_800, month=4),
    ]  # fmt: skip
    correction = lines[0] | {"billed_m": 9_800}  # a second line of one journey
    measured = call_lines(_tables([*lines, correction], {"alone", "by revenue 1", "not due"}))
    assert measured == {
        "call_lines_alone_by_places": 1 / 5,
        "call_lines_alone_by_figures": 3 / 5,
        "call_lines_alone_by_distance": 1.0,
        "call_lines_of_two_authorities": 2 / 5,
        "share_of_them_linked_by_places": 1 / 2,
        "share_of_them_linked_by_figures": 1.0,
    }
    nothing = call_lines(_tables([lines[-1]], set()))
    assert set(nothing.values()) == {0.0} and nothing.keys() == measured.keys()


def test_a_line_that_stands_twice_holds_its_campaigns_calls_back() -> None:
    connection = duckdb.connect()
    connection.execute("create schema authorities")
    line = "'c' as campaign_id, 'o' as operator_id, date '2021-04-01' as period_start_on, 'j' as journey_id"
    moved = "(values ('entry'), ('reversal')) as of(movement)"
    lines = f"select {line}, movement, false as is_adjustment from {moved}"
    connection.execute(f"create table authorities.authority_journeys as {lines}")
    assert gather_lines(connection, "c").execute("select count(*) from call_lines").fetchall() == [(2,)]
    connection.execute(f"insert into authorities.authority_journeys {lines} limit 1")
    with pytest.raises(DocumentError, match="of the calls of c stand more than once"):
        gather_lines(connection, "c")
