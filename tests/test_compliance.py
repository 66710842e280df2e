"""The law's limits: every share recomputed in plain fractions, every breach reported, no night stopped."""

import csv
import json
import re
import shutil
from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import duckdb
import polars as pl
import pytest
from dagster import DagsterEventType

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.law import Law
from dagster_project.contracts.authority import AUTHORITY_SHARED_COSTS
from dagster_project.drops.answers import amounts
from dagster_project.drops.answers.shared_costs import FILE
from dagster_project.lake.store import Lake
from dagster_project.reports.authority.shared_costs import SELECTION
from dagster_project.settings import PROJECT
from dagster_project.warehouse.cache import reading
from tests.reference.shared_costs import CENTS_PER_M, Journey, shares_of

from .conftest import dagster_of

AUTHORITY_SIREN = "200075372"


@pytest.fixture
def warehouse(house: Lake) -> duckdb.DuckDBPyConnection:
    with reading(house) as connection:
        yield connection


def _cars(warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[Journey]]:
    rows = warehouse.sql(
        "select operator_id, operator_trip_id, operator_journey_id, distance_m, incentives, seats, "
        "epoch_us(start_at) // 1000000 as start, epoch_us(end_at) // 1000000 as stop "
        "from active.journeys where outcome = 'valid'"
    ).pl()
    cars = defaultdict(list)
    for journey in rows.to_dicts():
        cars[journey["operator_id"], journey["operator_trip_id"]].append(journey)
    return cars


def test_every_share_is_what_plain_fractions_give(warehouse: duckdb.DuckDBPyConnection) -> None:
    shares = dict(
        warehouse.sql(
            "select (operator_id, operator_journey_id), passenger_share_cents "
            "from compliance.journey_shared_costs"
        ).fetchall()
    )
    drivers = {
        (operator, trip): cents
        for operator, trip, *cents in warehouse.sql(
            "select operator_id, operator_trip_id, driver_share_cents, cost_cents, driver_incentive_cents, "
            "is_driver_above_share from compliance.trip_shared_costs"
        ).fetchall()
    }
    cars = _cars(warehouse)
    assert drivers.keys() == cars.keys()
    shared = [(key, car) for key, car in cars.items() if len(car) > 1]
    assert len(shared) > 200
    for key, car in [*shared[:150], *list(cars.items())[:50]]:
        driver, passengers = shares_of(car)
        found = [shares[key[0], journey["operator_journey_id"]] for journey in car]
        driver_cents, cost_cents, given_cents, is_above = drivers[key]
        exact = [driver, *passengers, driver + sum(passengers)]
        for cents, fraction in zip([driver_cents, *found, cost_cents], exact, strict=True):
            assert abs(cents - fraction) <= Fraction(1, 2) + Fraction(1, 1000)  # a millimetre a stretch
        assert is_above == (given_cents > driver_cents)


def test_operators_read_each_breach_with_the_computation_of_its_limit(
    house: Lake, warehouse: duckdb.DuckDBPyConnection, nights: list[date]
) -> None:
    since = (nights[-1].replace(day=1) - timedelta(days=1)).replace(day=1)
    flags = "is_driver_above_share::int + is_cost_covered::int + is_cost_covered_by_authorities::int + "
    of_trips = f"select sum({flags}is_driver_above_cost::int) from compliance.trip_shared_costs"
    of_journeys = "select count(*) filter (is_passenger_above_share) from compliance.journey_shared_costs"
    recent = f" where month_on >= date '{since}'"
    breaches = sum(warehouse.execute(query + recent).fetchall()[0][0] for query in (of_trips, of_journeys))
    files = [file.read_text("utf-8-sig") for file in house.drops.glob(f"*/feedback/{FILE}")]
    lines = [line for file in files for line in csv.DictReader(file.splitlines(), delimiter=";")]
    assert len(lines) == breaches > 0 and len({line["qui"] for line in lines}) > 1
    for line in lines:
        roads, rate = line["calcul_de_la_limite"].replace(",", ".").removeprefix("(").rsplit(" × ", 1)
        assert rate == "0.558 €/km"
        roads, _, places = roads.partition(")")
        km = sum(
            Fraction(road.split(" km")[0]) / Fraction(road.partition(" ÷ ")[2] or 1)
            for road in roads.split(" + ")
        )
        cents = km * 1000 * CENTS_PER_M * int(places.removeprefix(" × ").removesuffix(" places") or 1)
        limit, given = (
            Fraction(line[name].replace(",", ".")) * 100 for name in ("limite_euros", "recu_euros")
        )
        assert abs(cents - limit) <= 1 and given >= limit, line


def test_an_authority_reads_the_breaches_of_cars_that_it_sees_whole(
    house: Lake, warehouse: duckdb.DuckDBPyConnection
) -> None:
    """Its own cents are the campaign's; a line names no journey that its export of the campaign has not."""
    granted: Counter[tuple[str, str]] = Counter()
    for operator, car, cents in warehouse.sql(
        "select operator_name, operator_trip_id, incentive_cents from campaigns.campaign_incentives "
        "join active.journeys using (operator_id, operator_journey_id) "
        "join catalogue.operators using (operator_id)"
    ).fetchall():
        granted[operator, car] += cents
    folder, lines = house.exports / "pmgf" / "trajets", []
    for file in sorted((folder / SELECTION).glob("*.csv")):
        listed = pl.read_parquet(file.with_suffix(".parquet"))
        AUTHORITY_SHARED_COSTS.schema.validate(listed)
        shown = list(csv.DictReader(file.read_text("utf-8-sig").splitlines(), delimiter=";"))
        seen = pl.concat([pl.read_parquet(one) for one in folder.glob("pmgf_2021/*.parquet")])
        assert len(shown) == listed.height
        assert set(listed["operator_journey_id"]) <= set(seen["operator_journey_id"])
        lines += listed.to_dicts()
    for line in lines:
        roads, rate = line["calcul_de_la_limite"].replace(",", ".").removeprefix("(").rsplit(" × ", 1)
        km = [road.partition(" km") for road in roads.partition(")")[0].split(" + ")]
        cents = sum(Fraction(n) / Fraction(by.removeprefix(" ÷ ") or 1) for n, _, by in km) * Fraction("55.8")
        assert rate == "0.558 €/km" and abs(cents - line["limite"]) <= Fraction(1, 2)
        assert line["recu"] >= line["limite"] - 3 * len(km)  # fifty metres a stretch
        assert line["indemnite_de_l_autorite"] == granted[line["operator"], line["operator_journey_id"]]
    in_all, whole = warehouse.sql(
        "select count(*), count(*) filter (where is_whole) from authorities.authority_shared_costs"
    ).fetchall()[0]
    assert in_all > whole == len(lines) > 100
    told = "\n".join(file.read_text("utf-8") for file in (folder / SELECTION).glob("*.legende.txt"))
    assert sum(map(int, re.findall(r" : (\d+), dont \d+ dans la liste", told))) == in_all


def test_declared_and_computed_incentives_meet_by_siren(warehouse: duckdb.DuckDBPyConnection) -> None:
    declared: Counter[str] = Counter()
    for (operator, _), car in _cars(warehouse).items():
        entries = [entry for journey in car for entry in json.loads(journey["incentives"])]
        declared[operator] += sum(e["amount"] for e in entries if e["siret"].startswith(AUTHORITY_SIREN))
    computed = warehouse.sql(
        "select operator_id, sum(incentive_cents)::bigint from campaigns.campaign_incentives group by all"
    ).fetchall()
    found = warehouse.sql(
        "select operator_id, sum(declared_cents)::bigint, sum(computed_cents)::bigint, "
        "sum(difference_cents)::bigint from compliance.declared_incentives "
        "where authority_id = 'pmgf' group by all"
    ).fetchall()
    assert len(found) == 4 and min(declared.values()) > 0
    assert {row[0]: row[1] for row in found} == dict(declared)
    assert {row[0]: row[2] for row in found} == dict(computed)
    assert [row for row in found if row[3] != row[1] - row[2]] == []


def test_drivers_revenue_is_held_against_the_incentives_of_each_call(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Article 7, line by line of the ledger, but for what was taken back since; to the cent."""
    journeys = "select (operator_id, operator_journey_id), driver_revenue_cents from active.journeys"
    revenue = dict(warehouse.sql(journeys).fetchall())
    by_hand: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for operator, start_on, journey, seats, cents in warehouse.sql(
        "select operator_id, call_start_on, operator_journey_id, seats, incentive_cents "
        "from finance.ledger_lines as lines anti join finance.ledger_lines as back "
        "on back.movement = 'reversal' and back.kind = lines.kind and back.journey_key = lines.journey_key "
        "and back.operator_id = lines.operator_id and back.original_closing = lines.closing_number "
        "where lines.movement = 'entry' and lines.incentive_cents > 0"
    ).fetchall():
        missing = max(cents - revenue[operator, journey], 0)
        short = seats if missing else 0
        by_hand[operator, start_on].update(seats=seats, driver=cents, missing=missing, short=short)
    found = warehouse.sql(
        "select operator_id, period_start_on, compared_seats, driver_cents, missing_cents, short_seats "
        "from compliance.call_redistributions"
    ).fetchall()
    assert {(*key, *counts.values()) for key, counts in by_hand.items()} == set(found)
    driver, missing = (sum(row[at] for row in found) for at in (3, 4))
    assert driver > missing > 0
    for query, total in (
        ("select sum(incentive_cents)::bigint from finance.fund_calls", driver),
        (
            "select sum(missing_cents)::bigint from compliance.half_yearly_indicators "
            "where campaign_id is not null",
            missing,
        ),
    ):
        assert warehouse.sql(query).fetchall() == [(total,)]


def test_operators_read_what_their_users_are_to_be_told(
    house: Lake, warehouse: duckdb.DuckDBPyConnection, nights: list[date]
) -> None:
    """Article 11: the amount of each journey of this month and the one before, as the campaign grants it."""
    since = (nights[-1].replace(day=1) - timedelta(days=1)).replace(day=1)
    granted = warehouse.execute(
        "select operator_id, operator_journey_id, incentive_cents from campaigns.campaign_incentives "
        "where incentive_cents > 0 and start_on >= ?",
        [since],
    ).fetchall()
    told = []
    for file in house.drops.glob(f"*/feedback/{amounts.FILE}"):
        operator = file.parent.parent.name
        for line in csv.DictReader(file.read_text("utf-8-sig").splitlines(), delimiter=";"):
            cents = {name: int(line[name].replace(",", "")) for name in line if name.endswith("_euros")}
            lacks = max(cents["dont_conducteur_euros"] - cents["revenu_declare_euros"], 0)
            assert cents["manque_au_conducteur_euros"] == lacks and line["etat"] in ("provisoire", "arrêtée")
            told.append((operator, line["operator_journey_id"], cents["indemnite_euros"]))
    assert sorted(told) == sorted(granted) and len(told) > 100


def test_breaches_are_counted_in_warnings_that_stop_no_night(
    house: Lake, warehouse: duckdb.DuckDBPyConnection
) -> None:
    with dagster_of(house) as instance:
        (last,) = instance.get_runs(limit=1)
        logs = instance.all_logs(last.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
        events = [entry.dagster_event for entry in logs]
    checks = [event.asset_check_evaluation_data for event in events if event]
    of_dbt = [check for check in checks if "failing_rows" in check.metadata]
    told = {check.check_name: (check.passed, check.metadata["failing_rows"].value) for check in of_dbt}
    for check, flag in (
        ("no_driver_is_given_more_than_their_share", "is_driver_above_share"),
        ("incentives_never_cover_all_of_a_shared_cost", "is_cost_covered"),
        ("no_driver_earns_more_than_the_cost", "is_driver_above_cost"),
    ):
        query = f"select count(*) from compliance.trip_shared_costs where {flag}"
        (count,) = warehouse.sql(query).fetchall()[0]
        assert count > 0 and told[f"assert_{check}"] == (False, count)
    assert told["assert_no_subsidy_above_the_threshold_lacks_a_convention"] == (True, 0)


def _copy(tmp_path: Path, file: str, old: str, new: str) -> Path:
    for folder in ("operators", "authorities", "rules"):
        shutil.copytree(PROJECT / "data" / folder, tmp_path / folder)
    (tmp_path / "reference").symlink_to(PROJECT / "data" / "reference")
    text = (tmp_path / file).read_text("utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new), "utf-8")
    return tmp_path


def test_the_laws_file_gives_the_texts_558(tmp_path: Path) -> None:
    law: Law = catalogue.law(PROJECT / "data")
    (scale,) = law.bareme_kilometrique
    cars = sum(one.vehicules for one in scale.classes)
    assert cars == 32_006_077  # the text's own total
    assert round(sum(one.vehicules * one.euros_par_km for one in scale.classes) / cars, 3) * 1000 == 558
    root = _copy(tmp_path, "rules/juridique.yml", "euros_par_km: 0.518", "euros_par_km: 0.5185")
    with pytest.raises(catalogue.CatalogueError, match=r"juridique\.yml:11: .*euros_par_km"):
        catalogue.law(root)


def test_a_convention_with_an_unknown_operator_is_refused(tmp_path: Path) -> None:
    root = _copy(tmp_path, "authorities/pmgf.yml", "operator: karavane", "operator: caravane")
    with pytest.raises(catalogue.CatalogueError, match=r"pmgf\.yml:43: .*`caravane` absent de data"):
        catalogue.authorities(root)
