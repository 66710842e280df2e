"""Closings against a plain sequential ledger; what later nights may change, and what nothing may."""

import os
import shutil
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import dagster as dg
import polars as pl
import pytest
from click.testing import CliRunner

from dagster_project.campaigns.language.located import operator_names
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import rows
from dagster_project.cli import main as cli
from dagster_project.contracts.lake_tables import JOURNEYS, Table
from dagster_project.contracts.ledger import (
    CAMPAIGN_CAP_USES,
    CAP_USES,
    CHECKPOINTS,
    CLOSINGS,
    LEDGER_ENTRIES,
    SETTLED_BEFORE,
    SETTLEMENTS,
)
from dagster_project.defs.ledger import close_periods
from dagster_project.defs.resources import Night
from dagster_project.lake.store import Lake
from dagster_project.ledger import checkpoints
from dagster_project.ledger.again import recognise
from dagster_project.ledger.chain import problems
from dagster_project.ledger.close import Closed, close_due
from dagster_project.ledger.periods import Period, Rhythm
from dagster_project.simulation.evaluate import CODES
from dagster_project.warehouse import cache
from tests.reference.campaigns import UNLIMITED, Evaluation, Journey
from tests.reference.ledger import CANCELLED, Ledger
from tests.support import random_years as years
from tests.support.deliveries import deliver, run_models
from tests.support.random_campaigns import _ENDS, campaign, journeys

from .conftest import copy_home, unpacked, use

BATCH, EACH = 24, 16
LARGE = 100_000  # cents: more than the journeys of a campaign could ever ask for
# In scenario 1 a quarter takes back money that fees of an earlier month would have drawn.
SEED = int(os.environ.get("LEDGER_SEED", "1"))
# Around closings of months and quarters; the journeys are of March and October 2001.
NIGHTS = [
    date(2001, 4, 4),
    date(2001, 4, 20),
    date(2001, 7, 6),
    date(2001, 11, 6),
    date(2002, 1, 5),
    date(2002, 4, 9),
]
# Those that are run a second time: the killed ones; all of them with a seed (`make fuzz`).
AGAIN = range(len(NIGHTS)) if "LEDGER_SEED" in os.environ else (0, 3)
LEDGER = (CLOSINGS, CHECKPOINTS, LEDGER_ENTRIES, SETTLEMENTS, CAP_USES, CAMPAIGN_CAP_USES)
Versions = list[dict[str, Journey | str]]  # by night: what operators sent, by journey


def _scenario(seed: int) -> tuple[list[Campaign], list[Versions]]:
    """Campaigns, and what the operators of each send: journeys on time, late, corrected, cancelled."""
    random = Random(seed)
    campaigns, sent = [], []
    for number in range(BATCH):
        campaigns.append(campaign(random, number))
        nights: Versions = [{} for _ in NIGHTS]
        for journey in (_kept(one) for one in journeys(random, number, EACH)):
            first = random.choice([0, 0, 0, 1, 2, 3, 4])
            if journey["start_at"].month > 8:
                first = max(first, 3)
            nights[first][journey["operator_journey_id"]] = journey
            for night in range(first + 1, len(NIGHTS)):
                fate, now = random.random(), nights[first][journey["operator_journey_id"]]
                if fate < 0.1:
                    nights[night][journey["operator_journey_id"]] = CANCELLED
                elif fate < 0.25 and isinstance(now, dict):
                    change = random.choice(
                        [
                            {"distance_m": now["distance_m"] + 5_000},
                            {"seats": 3},
                            {"end_at": now["end_at"] + HOUR},
                        ]
                    )
                    nights[night][journey["operator_journey_id"]] = now | change
        sent.append(nights)
    return campaigns, sent


HOUR = datetime(2001, 1, 1, 1) - datetime(2001, 1, 1)


def _kept(journey: Journey) -> Journey:
    """As the lake keeps it: nothing unknown that a drop must say; authorities are no AOM here."""
    return journey | {
        "end_at": journey["start_at"] + HOUR,
        "seats": journey["seats"] or 1,
        "passenger_identity_key": journey["passenger_identity_key"] or "p2",
        "passenger_contribution_cents": journey["passenger_contribution_cents"] or 0,
        "driver_revenue_cents": journey["driver_revenue_cents"] or 0,
        "start_aom": None,
        "end_aom": None,
    }


def _deliver(lake: Lake, night: int, sent: list[Versions], known: dict[str, Journey]) -> None:
    dropped_at = datetime.combine(NIGHTS[night], time(12), UTC)
    made = []
    for jid, one in (item for nights in sent for item in nights[night].items()):
        status = CANCELLED if one == CANCELLED else "corrected" if jid in known else "new"
        journey = known[jid] if isinstance(one, str) else one
        known[jid] = journey
        places = {f"{end}_place_code": journey[f"{end}_commune"] for end in ("start", "end")}
        made.append(journey | places | {"status": status, "incentives": "[]"})
    deliver(lake, f"drop-{night}", NIGHTS[night], dropped_at, made)


def _furnished(home: Path, campaigns: list[Campaign]) -> Lake:
    lake = Lake(home)
    frames = rows.frames([], [], campaigns)
    operators = sorted({name for one in campaigns for name in operator_names(one)})
    frames["operator_classes"] = pl.DataFrame(
        [
            {"operator_id": name, "from_at": datetime(1990, 1, 1, tzinfo=UTC), "granted_class": "C"}
            for name in operators
        ],
        schema=frames["operator_classes"].schema,
    )
    frames["territories"] = pl.DataFrame(
        [
            {
                "year": 2001,
                "place_code": end["commune"],
                "commune_name": end["commune"],
                "postcodes": "",
                "population": 1,
                "area_km2": 1.0,
            }
            | {
                f"{'commune' if code == 'commune' else code}_code": end[code]
                for code in CODES
                if code != "aom"
            }
            for end in _ENDS
        ]
    )
    lake.write_catalogue(frames)
    return lake


def _night(lake: Lake, day: date) -> list[Closed]:
    run_models(lake, day, "+ledger", "+journey_notices")  # what closings read, and operators of them
    with cache.reading(lake, building=True) as connection:
        # What an unsettled journey used of caps is told by numbers as by keys.
        by_number_alone = "from ledger.unsettled_cap_uses except all from ledger.journey_cap_uses"
        assert connection.execute(by_number_alone).fetchall() == []
        return close_due(lake, connection, day)


def _lines(lake: Lake, closing: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The entries of a closing."""
    name = f"closing-{closing['closing_number']:06d}-0.parquet"
    entries = pl.read_parquet(lake.folder(LEDGER_ENTRIES) / name)
    settled = lake.read(SETTLEMENTS, name.removesuffix(".parquet"))
    lines = entries.join(settled, on=["closing_number", "entry_number"])
    fee = pl.col("fee_ex_vat_cents") + pl.col("vat_cents")
    return sorted(lines.select("operator_journey_id", "movement", "reason", "incentive_cents", fee).rows())


def _bytes(lake: Lake) -> dict[str, bytes]:
    """The ledger's files as they are; those of its encrypted tables by the rows they hold."""
    return {
        str(file.relative_to(lake.home)): file.read_bytes()
        if table.zone == "warehouse"
        else lake.rows(table, [file]).write_ndjson().encode()
        for table in LEDGER
        for file in lake.folder(table).rglob("*.parquet")
    }


def _current(nights: Versions, night: int) -> dict[str, Journey | str]:
    return {jid: one for sent in nights[: night + 1] for jid, one in sent.items()}


@pytest.fixture(scope="module")
def scenario() -> tuple[list[Campaign], list[Versions]]:
    return _scenario(SEED)


@pytest.fixture(scope="module")
def nights(
    scenario: tuple[list[Campaign], list[Versions]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Lake, dict[int, tuple[Lake, dict[str, bytes]]]]:
    """All nights, two of them killed while they closed and run again; how some began and closed."""
    campaigns, sent = scenario
    lake, known = _furnished(tmp_path_factory.mktemp("ledger") / "home", campaigns), {}
    lived = {}
    for night, day in enumerate(NIGHTS):
        _deliver(lake, night, sent, known)
        began = Lake(tmp_path_factory.mktemp("began") / "home")
        if night in AGAIN:
            copy_home(lake, began.home)
        if night in (0, 3):
            with pytest.MonkeyPatch.context() as patch:
                _kill_at(patch, 10 + night * 7)
                with pytest.raises(KeyboardInterrupt):
                    _night(lake, day)
        _night(lake, day)
        lived |= {night: (began, _bytes(lake))} if night in AGAIN else {}
    return lake, lived


@pytest.fixture(scope="module")
def ledger(nights: tuple[Lake, Any]) -> Lake:
    """The home after all nights."""
    return nights[0]


def _kill_at(patch: pytest.MonkeyPatch, call: int) -> None:
    """Die at that renaming of a file into the lake: between any two of a closing's files."""
    calls, replace = count(1), os.replace

    def killed(*names: Any) -> None:
        if next(calls) == call:
            raise KeyboardInterrupt
        replace(*names)

    patch.setattr(os, "replace", killed)


def test_closings_hold_what_a_sequential_ledger_holds(
    ledger: Lake, scenario: tuple[list[Campaign], list[Versions]]
) -> None:
    expected, reasons = {}, set()
    # Each campaign's journeys are lines of all whose matter they are: also what is paid nothing is awaited.
    everything = [
        {jid: one for nights in scenario[1] for jid, one in _current(nights, night).items()}
        for night in range(len(NIGHTS))
    ]
    for one in scenario[0]:
        judge = Ledger(one)
        for night, day in enumerate(NIGHTS):
            for kind, start, lines in judge.night(day, everything[night]):
                expected[one.id, kind, start] = sorted(lines)
                reasons |= {(line[1], line[2]) for line in lines}
    closings = ledger.read(CLOSINGS).to_dicts()
    found = {(c["campaign_id"], c["kind"], c["period_start_on"]): _lines(ledger, c) for c in closings}
    assert found == expected
    assert reasons == {
        *(("entry", reason) for reason in ("journey", "late", "correction")),
        *(("reversal", reason) for reason in ("correction", "cancellation")),
    }


def test_where_nothing_binds_the_ledger_sums_to_one_evaluation_of_all_journeys(
    ledger: Lake, scenario: tuple[list[Campaign], list[Versions]]
) -> None:
    net = (
        ledger.read(CLOSINGS)
        .group_by("campaign_id")
        .agg(pl.sum("incentive_cents", "fee_ex_vat_cents", "vat_cents"))
    )
    found = {row[0]: (row[1], row[2] + row[3]) for row in net.rows()}
    compared = 0
    for one, nights in zip(*scenario, strict=True):
        living = [j for j in _current(nights, len(NIGHTS)).values() if isinstance(j, dict)]
        living.sort(key=lambda j: (j["start_at"], j["operator_id"], j["operator_journey_id"]))
        amounts = Evaluation(one).run(living)
        total = sum(a.cents for a in amounts), sum(a.fee for a in amounts)
        # Of a small pot, journeys that are cancelled by now had drawn when a night closed: that bound.
        if not one.plafonds and len(one.budget.pots) == 1 and (one.budget.cents or UNLIMITED) >= LARGE:
            compared += total[0] > 0
            assert found[one.id] == total
    assert compared


def test_no_closing_takes_more_than_the_pot(
    ledger: Lake, scenario: tuple[list[Campaign], list[Versions]]
) -> None:
    closings = ledger.read(CLOSINGS).sort("closing_number")
    empty = 0
    for one in scenario[0]:
        mine = closings.filter(campaign_id=one.id)
        drawn = pl.col("incentive_cents")
        if "commission_ttc" in one.budget.couvre:
            drawn = drawn + pl.col("fee_ex_vat_cents") + pl.col("vat_cents")
        # By night: what closes together goes out together.
        drawn = mine.group_by("business_date", maintain_order=True).agg(drawn.sum())["incentive_cents"]
        largest = max(UNLIMITED if cents is None else cents for _, cents in one.budget.pots)
        assert max(drawn.cum_sum()) <= largest
        empty += max(drawn.cum_sum()) == largest
    assert empty > 1


def test_the_same_drops_and_closings_give_the_same_ledger_bit_for_bit(
    nights: tuple[Lake, dict[int, tuple[Lake, dict[str, bytes]]]],
) -> None:
    """Also where the night had been killed: here none is."""
    lake, lived = nights
    for night, (began, closed) in lived.items():
        shutil.copytree(lake.keys, began.keys, dirs_exist_ok=True)  # the first night makes them
        before = _bytes(began)
        assert _night(began, NIGHTS[night])
        assert before.items() < closed.items() and _bytes(began) == closed
    whole = _bytes(lake)
    assert closed.items() <= whole.items()
    assert _night(lake, NIGHTS[-1]) == [] and _bytes(lake) == whole  # closing twice closes once


def test_a_journey_that_comes_again_after_an_erasure_draws_no_second_time(tmp_path: Path) -> None:
    """3.00 € for all: 2.00 € are paid, then forgotten; sent again, they leave the last euro to the next."""
    lake, random = Lake(tmp_path), Random(1)
    years.furnish(lake, [years.signed("again", 3, until_empty=True, calls="mensuel", fee=None)])
    plain = {"distance_m": 9_940, "seats": 1}
    sent = [
        years.journey(random, day, "alfa", datetime(2024, month, day, 9, tzinfo=UTC)) | plain
        for month, day in ((2, 20), (3, 4))
    ]
    for day, came in ((date(2024, 3, 6), sent[:1]), (date(2024, 4, 6), sent)):
        deliver(lake, f"drop-{day}", day, datetime.combine(day, time(12), UTC), came)
        recognise(lake, day)
        closed = _night(lake, day)
        gone = [file for table in (JOURNEYS, SETTLEMENTS) for file in lake.folder(table).rglob("*.parquet")]
        with cache.reading(lake, building=True) as connection:
            told = connection.execute(
                "select operator_journey_id, rule_code from active.journey_notices"
            ).fetchall()
        if day.month == 3:
            for file in gone:  # as an erasure leaves the lake
                file.unlink()
    assert [(one.period.start_on, one.entries, one.already_settled) for one in closed] == [
        (date(2024, 3, 1), 1, 0)
    ]
    assert _lines(lake, {"closing_number": lake.read(CLOSINGS).height}) == [
        ("alfa-4", "entry", "journey", 100, 0)
    ]
    assert told == [("alfa-20", "settled_before")]
    assert lake.read(SETTLED_BEFORE).rows() == [(1, 1, "alfa", "alfa-20")]
    # Forgotten with its journey, also where a run was killed once that had gone.
    for file in lake.folder(JOURNEYS).rglob("*.parquet"):
        file.unlink()
    assert recognise(lake, date(2024, 4, 7)) == lake.read(SETTLED_BEFORE).height == 0


def test_a_changed_or_missing_entry_is_found(ledger: Lake, tmp_path: Path) -> None:
    assert list(problems(ledger)) == []
    assert list(checkpoints.problems(ledger, rebuild=True)) == []
    last = ledger.read(CLOSINGS).sort("closing_number").row(-1, named=True)
    paid = ledger.read(LEDGER_ENTRIES).filter(pl.col("incentive_cents") > 0)["closing_number"][0]
    reversing = ledger.read(LEDGER_ENTRIES).filter(movement="reversal")["closing_number"][0]

    def after(table: Table, number: int, change: pl.Expr | None) -> list[str]:
        lake = Lake(tmp_path / f"{table.name}-{number}-{change is None}")
        shutil.copytree(ledger.home / "lake" / "warehouse", lake.home / "lake" / "warehouse")
        file = lake.folder(table) / f"closing-{number:06d}-0.parquet"
        rows = pl.read_parquet(file)
        rows.with_columns(change).write_parquet(file) if change is not None else file.unlink()
        return list(problems(lake, last["closing_sha256"]))

    cent_more = pl.col("incentive_cents") + 1
    assert "an entry was changed" in str(after(LEDGER_ENTRIES, paid, cent_more))
    assert "not the opposite" in str(after(LEDGER_ENTRIES, reversing, cent_more))
    assert "0 entries" in str(after(LEDGER_ENTRIES, paid, None))
    assert "its row was changed" in str(after(CLOSINGS, paid, cent_more))
    assert "is missing" in str(after(CLOSINGS, paid, None))
    assert "no closing has the hash" in str(after(CLOSINGS, last["closing_number"], None))


def test_a_file_of_the_ledger_whose_content_is_damaged_is_named(tmp_path: Path) -> None:
    lake = unpacked(tmp_path)
    assert CliRunner().invoke(cli.main, ["migrate"]).exit_code == 0
    file = min(lake.folder(LEDGER_ENTRIES).glob("*.parquet"))
    sound, unreadable = file.read_bytes(), 0
    for place in range(1, 40, 3):
        content = bytearray(sound)
        content[len(content) * place // 40] ^= 1
        file.write_bytes(content)
        told = CliRunner().invoke(cli.main, ["ledger", "verify"])
        assert isinstance(told.exception, SystemExit | None), f"{place}: {told.exception!r}"
        unreadable += f"{file.relative_to(lake.home)} cannot be read" in told.output
    assert unreadable


def test_a_night_closes_nothing_upon_a_ledger_that_was_changed(ledger: Lake, tmp_path: Path) -> None:
    lake = use(tmp_path)
    for part in (Path("lake/warehouse"), Path("keys")):
        shutil.copytree(ledger.home / part, lake.home / part)
    shutil.copy(ledger.home / "lake" / "SCHEMA.json", lake.home / "lake")
    file = sorted(lake.folder(LEDGER_ENTRIES).glob("*.parquet"))[-1]
    pl.read_parquet(file).with_columns(pl.col("incentive_cents") + 1).write_parquet(file)
    before = _bytes(lake)
    with dg.DagsterInstance.ephemeral() as instance:
        night = dg.materialize(
            [close_periods], instance=instance, resources={"night": Night()}, raise_on_error=False
        )
    assert not night.success
    assert [(check.check_name, check.passed) for check in night.get_asset_check_evaluations()] == [
        ("the_chain_is_intact", False)
    ]
    assert _bytes(lake) == before


def test_periods_close_once_due_in_order_and_past_the_end_only_where_something_waits() -> None:
    def due(day: date, opened: date, awaited: frozenset[date] = frozenset()) -> list[date]:
        rhythm = Rhythm("c", "fee", 1, 5, Period.around(opened, 1), date(2021, 3, 2))
        return [period.start_on for period in rhythm.due(day, awaited)]

    january, february, march, june = (date(2021, month, 1) for month in (1, 2, 3, 6))
    assert due(date(2021, 2, 4), january) == []
    assert due(date(2021, 2, 5), january) == [january]
    assert due(date(2021, 12, 31), january) == [january, february, march]  # the job was down for long
    assert due(date(2021, 12, 31), february) == [february, march]
    assert due(date(2021, 12, 31), date(2021, 4, 1), frozenset([june])) == [june]
