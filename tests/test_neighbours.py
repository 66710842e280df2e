"""What a journey's neighbours do to its verdict later: when they come, are cancelled, erased or limited."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.fraud_rules import FRAUD_RULES, fraud_rows
from dagster_project.contracts.labels import FRAUD_VERDICTS
from dagster_project.contracts.lake_tables import JOURNEYS, KEPT_VERDICTS
from dagster_project.contracts.ledger import LEDGER_ENTRIES
from dagster_project.fraud import trace
from dagster_project.lake.store import Lake
from dagster_project.ledger.close import close_due
from dagster_project.reports.shared.source import reason_words
from dagster_project.retention.apply import apply
from dagster_project.retention.plan import Plan, plan
from dagster_project.retention.run import remove, terms
from dagster_project.retention.verdicts import keep_refusals, keep_verdicts
from dagster_project.rights.limits import lift, restrict
from dagster_project.rights.person import Person
from dagster_project.settings import PROJECT
from dagster_project.simulation.explain import ExplainError, of_night
from dagster_project.warehouse import cache
from tests.reference.acceptance import Journey
from tests.support.acceptance_world import (
    CAMPAIGN,
    CLOSE,
    DELIVERED,
    FIVE,
    MANY,
    furnished,
    journey_of,
    paris,
    refusals,
)
from tests.support.deliveries import deliver, run_models


def _erased_beside(lake: Lake, jid: str, before: dict[str, list[str] | None]) -> None:
    """Whoever was in one journey is erased, and comes back."""
    (file,) = lake.folder(JOURNEYS).rglob("*.parquet")
    rows = lake.rows(JOURNEYS, [file])
    gone = pl.col("operator_journey_id") == jid
    run_models(lake, date(2024, 10, 9), "+journeys")
    with cache.reading(lake, building=True) as connection:
        keep_refusals(lake, connection, rows.filter(gone), "erased-somebody")
    lake.replace(JOURNEYS, rows.filter(~gone), file)
    assert refusals(lake) == {one: codes for one, codes in before.items() if one != jid}
    lake.replace(JOURNEYS, rows, file)
    (lake.folder(KEPT_VERDICTS) / "erased-somebody.parquet").unlink()


def test_what_outlives_its_neighbours_keeps_its_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(lake: Lake, due: Plan) -> None:
        apply(lake, due)
        raise KeyboardInterrupt

    def ride(number: int, start: datetime, **given: Any) -> Journey:
        return journey_of("o", number, start, **given)

    over_midnight = [
        ride(0, paris(0, "23:20:00")),
        ride(1, paris(1, "00:05:00")),
        ride(2, paris(1, "00:20:00")),
    ]
    of_dov = [
        ride(3 + number, paris(0, clock), driver_identity_key="dov", passenger_identity_key=clock)
        for number, clock in enumerate((*FIVE[:4], "23:50:00"))
    ]
    lake = furnished(tmp_path, ["o"])
    deliver(lake, "one", date(2024, 3, 2), paris(1, "01:00:00"), over_midnight + of_dov)
    before = refusals(lake)
    assert sorted(jid for jid, codes in before.items() if codes) == ["o-1", "o-7"]
    _erased_beside(lake, "o-0", before)
    due = plan(lake, date(2025, 3, 1), terms())
    assert set(due.journeys["operator_journey_id"]) == {"o-0", "o-3", "o-4", "o-5", "o-6"}
    with cache.reading(lake, building=True) as connection:
        keep_verdicts(lake, connection, due)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("dagster_project.retention.run.apply", killed)
            remove(lake, due, terms())
        again = plan(lake, date(2025, 3, 1), terms())
        keep_verdicts(lake, connection, again)
    remove(lake, again, terms())
    assert set(lake.read(KEPT_VERDICTS)["operator_journey_id"]) == {"o-1", "o-2", "o-7"}
    assert refusals(lake) == {jid: before[jid] for jid in ("o-1", "o-2", "o-7")}
    kept = lake.read(KEPT_VERDICTS)
    (lake.folder(KEPT_VERDICTS) / "kept.parquet").unlink()
    assert refusals(lake) == {"o-1": [], "o-2": CLOSE, "o-7": []}  # what it would be
    lake.write(KEPT_VERDICTS, kept, "kept")
    apply(lake, plan(lake, date(2025, 3, 2), terms()))
    assert lake.read(KEPT_VERDICTS).is_empty()


def test_a_label_follows_what_changes_far_from_its_month_and_what_is_no_neighbour(
    tmp_path: Path, large_base: None
) -> None:
    lake = furnished(tmp_path, ["o"])
    fraud_rules = pl.DataFrame(fraud_rows(catalogue.frauds(PROJECT / "data")), schema=FRAUD_RULES)
    lake.write_catalogue({"fraud_rules": fraud_rules})

    def ride(number: int, start: datetime, driver: str, passenger: str, **given: Any) -> Journey:
        people = {"driver_identity_key": driver, "passenger_identity_key": passenger}
        at = {"start_lat": 46.0, "start_lon": 6.0, "end_lat": 46.0, "end_lon": 6.0}
        return journey_of("o", number, start, **people, **at | given)

    def night(number: int, *drops: list[Journey]) -> dict[str, list[str]]:
        for drop in drops:
            at = max(one["end_at"] for one in drop) + timedelta(hours=number)
            deliver(lake, f"{number} {drop[0]['operator_journey_id']}", at.date(), at, drop)
        run_models(lake, date(2024, 7, 1), "+journeys", "int_operator_months")
        lake.building.replace(lake.cache_file)
        with cache.reading(lake) as connection:
            told = connection.execute("select operator_journey_id, refusal_codes from active.journeys")
            return {jid: codes for jid, codes in told.fetchall() if codes}

    # Twice a day for nine days, each trip too close to the one before: every other one is kept.
    start, half_a_day, couple = paris(-1, "23:40:00"), timedelta(hours=12), ("ana", "bob")
    chain = [
        ride(100 + n, start - n * half_a_day, couple[n % 2], couple[1 - n % 2], minutes=11 * 60 + 35)
        for n in range(1, 20)
    ]
    edge = [
        ride(2, start, "ana", "bob"),
        ride(3, paris(-1, "23:45:00"), "cyd", "bob", minutes=40),
        ride(4, paris(0, "00:01:00"), "dov", "cyd"),
    ]
    # A trip in three pieces; that the second is too close is written down.
    pieces = [
        ride(5 + n, paris(100, clock), "eve", "fay", start_lat=46 + n / 10, end_lat=46.1 + n / 10)
        for n, clock in enumerate(("08:00:00", "08:30:00", "08:55:00"))
    ]
    kept = {"operator_id": "o", "operator_journey_id": "o-6", "drop_id": "0 o-5", "drop_row": 2}
    row = pl.DataFrame([kept | {"refusal_code": "too_close_trips"}], schema=KEPT_VERDICTS.empty.schema)
    lake.write(KEPT_VERDICTS, row, "erased-somebody")
    assert night(0, *([one] for one in chain[:-1]), edge, pieces) == {
        **{f"o-{100 + n}": CLOSE for n in range(1, 19, 2)},
        "o-3": ["fraud_overlap"],
        "o-6": CLOSE,
        "o-7": ["fraud_segmentation"],
    }
    # One more before all: up to the month's last day the others are kept, and one of the next is labelled.
    assert night(1, chain[-1:], [pieces[1] | {"status": "cancelled"}]) == {
        **{f"o-{100 + n}": CLOSE for n in range(2, 19, 2)},
        "o-2": CLOSE,
        "o-4": ["fraud_overlap"],
    }
    # A cache that is spoilt, wherever it tells of month files, is not built upon.
    sound, spoilt = lake.cache_file.read_bytes(), 0
    with cache.reading(lake) as connection:
        registry = connection.execute("from months.files order by all").fetchall()
    for start in range(0, len(sound), 2**18):  # block by block
        lake.cache_file.write_bytes(sound[:start] + bytes(64) + sound[start + 64 :])
        if before := cache.yesterday(lake):
            with before.open(read_only=True) as connection:
                assert connection.execute("from months.files order by all").fetchall() == registry
        spoilt += before is None
    assert spoilt


def test_a_refusal_that_comes_through_a_neighbour_takes_closed_money_back_with_its_code(
    tmp_path: Path,
) -> None:
    campaign = Campaign.model_validate(CAMPAIGN)
    lake = furnished(tmp_path, ["op"], campaign)

    def night(day: date) -> None:
        run_models(lake, day, "+ledger")
        with cache.reading(lake, building=True) as connection:
            close_due(lake, connection, day)

    short = journey_of("op", 2, paris(0, "12:00:00"), distance_m=1_999)
    deliver(lake, "one", date(2024, 3, 1), DELIVERED[0], [journey_of("op", 1, paris(0, "08:40:00")), short])
    night(date(2024, 4, 20))
    # In time, in a file that no night had taken.
    deliver(lake, "two", date(2024, 4, 21), DELIVERED[0], [journey_of("op", 0, paris(0, "08:00:00"))])
    night(date(2024, 7, 20))
    entries = lake.read(LEDGER_ENTRIES).sort("closing_number", "entry_number")
    assert sorted(entries.select("closing_number", "movement", "reason", "incentive_cents").rows()) == [
        (1, "entry", "journey", 200),
        (2, "entry", "late", 200),
        (2, "reversal", "refusal:too_close_trips", -200),
    ]
    run_models(lake, date(2024, 7, 20), "+fund_call_steps")
    with cache.reading(lake, building=True) as connection:
        steps = connection.execute(
            "select step, loss, seats from finance.fund_call_steps where period_start_on = '2024-01-01'"
        ).fetchall()
    # The first call tells what was known when it closed: the journey that is refused since is on its lines.
    assert {(step, loss): count for step, loss, count in steps} == {
        ("received", None): 2,
        ("valid", "refused:distance_too_short"): 1,
        **{(step, None): 1 for step in ("valid", "concerned", "eligible", "paid")},
    }
    lake.building.replace(lake.cache_file)
    with pytest.raises(ExplainError, match="too_close_trips : Les deux mêmes personnes"):
        of_night(lake, campaign, "op", "op-1")
    assert reason_words("refusal:too_close_trips") == (
        "refusé après la clôture de sa période : les deux mêmes personnes ont un autre trajet au même "
        "moment, ou trop peu de temps avant"
    )


def test_what_is_refused_beside_a_limited_person_stays_so_and_is_as_before_once_lifted(
    tmp_path: Path,
) -> None:
    """Limited over a closing, and until the month's frauds are final: no verdict moves, nor a cent."""
    lake = furnished(tmp_path, ["op"], Campaign.model_validate(CAMPAIGN))
    fraud_rules = pl.DataFrame(fraud_rows(catalogue.frauds(PROJECT / "data")), schema=FRAUD_RULES)
    lake.write_catalogue({"fraud_rules": fraud_rules})

    def night(day: date) -> dict[str, list[str]]:
        run_models(lake, day, "+ledger", "+fraud", "+journeys")
        with cache.reading(lake, building=True) as connection:
            close_due(lake, connection, day)
            trace.finish(lake, connection, day)
            told = connection.execute("select operator_journey_id, refusal_codes from active.journeys")
            verdicts = dict(told.fetchall())
        lake.building.replace(lake.cache_file)
        return verdicts

    def ride(number: int, clock: str, driver: str, passenger: str) -> Journey:
        people = {"driver_identity_key": driver, "passenger_identity_key": passenger}
        return journey_of("op", number, paris(0, clock), **people)

    of_ana = [ride(0, "08:00:00", "dov", "ana"), ride(1, "14:00:00", "ana", "eve")]
    of_ana += [ride(2, "17:00:00", "bob", "ana"), ride(3, "17:05:00", "gil", "ana")]  # in two cars at once
    of_dov = [ride(4 + number, clock, "dov", clock) for number, clock in enumerate(FIVE[1:])]
    of_eve = [ride(8, "14:05:00", "fay", "eve")]
    deliver(lake, "one", date(2024, 3, 4), DELIVERED[0], of_ana + of_dov + of_eve)
    before = night(date(2024, 4, 20))
    refused = {jid: codes for jid, codes in before.items() if codes}
    assert refused == {"op-7": MANY, "op-3": ["fraud_overlap"], "op-8": ["fraud_overlap"]}
    ana = Person(lake, {}, ("ana",), ("digest",), (), frozenset())
    restrict(lake, ana, date(2024, 4, 21))
    # Nobody has judged it when the month becomes final: it is hidden.
    alone = {"driver_identity_key": "ana", "passenger_identity_key": "kim", "distance_m": 600_000}
    fast = journey_of("op", 9, paris(-1, "23:00:00"), **alone)
    deliver(lake, "two", date(2024, 4, 22), DELIVERED[0], [fast])
    limited = night(date(2024, 10, 20))
    assert limited == {jid: before[jid] for jid in ("op-4", "op-5", "op-6", "op-7", "op-8")}
    with cache.reading(lake) as connection:
        keep_refusals(lake, connection, pl.DataFrame(of_dov[:1]), "erased-dov")
    lift(lake, ana, date(2024, 10, 21))
    assert night(date(2025, 1, 20)) == before | {"op-9": ["fraud_speed"]}
    assert {file.stem for file in lake.folder(KEPT_VERDICTS).iterdir()} == {"erased-dov"}
    assert lake.read(FRAUD_VERDICTS)["operator_journey_id"].to_list() == ["op-9", "op-3", "op-8"]
    assert set(lake.read(LEDGER_ENTRIES)["closing_number"]) == {1}
