"""The half-yearly report against the sample's own truth: counted again by hand, opened, recalculated."""

import shutil
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest

from dagster_project.catalogue.notes import read_notes
from dagster_project.lake.store import Lake
from dagster_project.reports.half_yearly.indicators import INDICATORS
from dagster_project.reports.half_yearly.source import _sheet_names, is_countable, knows_who_is_new
from dagster_project.reports.shared.folder import Document, publish_folder
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.sample import Drop
from dagster_project.sample.spec import PMGF_EPCIS
from dagster_project.warehouse.cache import reading
from tests.reference.shared_costs import metres
from tests.support.spreadsheets import replay

from .conftest import REFERENCE

Sample = tuple[list[Drop], pl.DataFrame]
COUNTS = ("passenger_journeys", "driver_journeys", "passenger_m", "new_passengers", "new_drivers")


@pytest.fixture
def warehouse(house: Lake) -> duckdb.DuckDBPyConnection:
    with reading(house) as connection:
        yield connection


def _by_hand(truth: pl.DataFrame, territory: set[str] | None) -> dict[tuple[str, date], Counter[str]]:
    """Annexe 4's counts per operator and month from the truth of each line; None: wherever they ride."""
    living = truth.filter("is_current").sort("start_at", "operator_id", "operator_journey_id")
    months = living["start_at"].dt.convert_time_zone("Europe/Paris").dt.date().dt.month_start()
    found: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    known: set[tuple[str, ...]] = set()
    cars: dict[tuple[str, int], date] = {}
    rides: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for journey, month in zip(living.to_dicts(), months, strict=True):
        operator, car = journey["operator_id"], (journey["operator_id"], journey["trip"])
        journey["distance_m"] = journey["final_distance_m"]
        journey["start"], journey["stop"] = (
            int(journey[f"{end}_at"].timestamp()) for end in ("start", "end")
        )
        rides[car].append(journey)
        new = {
            name
            for name, person in (("new_passengers", "passenger"), ("new_drivers", "driver"))
            if (operator, person, journey[person]) not in known
        }
        known |= {(operator, person, journey[person]) for person in ("passenger", "driver")}
        if territory and not {journey["start_commune"], journey["end_commune"]} & territory:
            continue
        if car not in cars:
            cars[car] = month
            found[operator, month]["driver_journeys"] += 1
        found[operator, month].update(dict.fromkeys(new, 1))
        found[operator, month]["passenger_journeys"] += journey["seats"]
        found[operator, month]["passenger_m"] += journey["seats"] * journey["final_distance_m"]
    for car, month in cars.items():
        ways = metres(rides[car]).values() if len(rides[car]) > 1 else [rides[car][0]["distance_m"]]
        found[car[0], month]["driver_mm"] += round(sum(ways, Fraction(0)) * 1000)
    return found


@pytest.mark.parametrize("campaign_id", ["pmgf_2021", None])
def test_every_count_is_the_one_counted_by_hand(
    warehouse: duckdb.DuckDBPyConnection, sample: Sample, campaign_id: str | None
) -> None:
    territories = pl.read_parquet(REFERENCE / "territories.parquet")
    members = (pl.col("year") == 2021) & pl.col("epci_code").is_in(PMGF_EPCIS)
    places = territories.filter(members)["place_code"]
    rows = warehouse.execute(
        f"select (operator_id, month_on), {', '.join(COUNTS)}, driver_m, fill_rate::double "
        "from compliance.half_yearly_indicators where campaign_id is not distinct from $1",
        [campaign_id],
    ).fetchall()
    by_hand = _by_hand(sample[1], set(places) if campaign_id else None)
    assert {key for key, *_ in rows} == by_hand.keys() and len(rows) > 20
    for key, *counts, driver_m, fill_rate in rows:
        expected = by_hand[key]
        assert counts == [expected[name] for name in COUNTS], key
        cars = expected["driver_journeys"]
        assert abs(driver_m - expected["driver_mm"] / 1000) <= 0.51 * cars  # each car's to the metre
        assert fill_rate == pytest.approx((expected["passenger_journeys"] + cars) / cars, abs=1e-4)


def _shown(file: Path, sheet: str) -> dict[str, list[float]]:
    """The counts of a sheet, January to June and the half-year, by indicator."""
    book = openpyxl.load_workbook(file, data_only=True)
    rows = book[sheet].iter_rows(min_row=5, max_row=16, values_only=True)
    return {indicator.name: list(row[2:9]) for indicator, row in zip(INDICATORS, rows, strict=True)}


def test_the_workbook_of_all_operators_recalculates_to_the_warehouses_counts(
    house: Lake, warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (file,) = house.exports.rglob("BILAN_2021-S1_pmgf_2021_tous-operateurs_*.xlsx")
    months = warehouse.sql(
        "select month(month_on), sum(passenger_journeys), sum(driver_journeys), sum(driver_m), "
        "sum(new_drivers), sum(missing_cents), sum(short_journeys) from compliance.half_yearly_indicators "
        "where campaign_id = 'pmgf_2021' and month_on < '2021-07-01' group by all order by all"
    ).fetchall()
    computed, formulas = replay(file, tmp_path)
    shown = _shown(computed, "Ensemble")
    names = (
        "passenger_journeys",
        "driver_journeys",
        "driver_m",
        "new_drivers",
        "missing_cents",
        "short_journeys",
    )
    for at, name in enumerate(names, 1):
        scale = {"driver_m": 1000, "missing_cents": 100}.get(name, 1)
        values = [0, *(row[at] / scale for row in months)]
        assert shown[name] == pytest.approx([*values, sum(values)])
    passengers, cars = sum(row[1] for row in months), sum(row[2] for row in months)
    assert shown["fill_rate"][-1] == pytest.approx(1 + passengers / cars, abs=0.005)
    assert file.stem.endswith(f"_{passengers}_{cars}")
    # All of the sum's; elsewhere the half-year's, but for accounts, which do not add up, and the rate's.
    assert formulas == 12 * 7 + 4 * (11 + 6)


def test_an_operators_workbook_says_its_events_and_whether_it_is_provisional(house: Lake) -> None:
    texts = {}
    for half in ("S1", "S2"):
        (file,) = house.exports.rglob(f"*BILAN_2021-{half}_pmgf_2021_karavane_*.xlsx")
        assert file.name.startswith("PROVISOIRE_") == (half == "S2")
        book = openpyxl.load_workbook(file, data_only=True)
        assert book.sheetnames == ["Bilan", "Opération", "Globalement", "Légende"]
        assert len(book["Opération"]._charts) == 4
        texts[half] = " ".join(str(cell.value) for row in book["Bilan"].iter_rows() for cell in row)
        assert _shown(file, "Opération")["passenger_journeys"][-1] == int(file.stem.split("_")[-2])
    assert "confinement" not in texts["S2"] and "Situation provisoire" in texts["S2"]
    assert "Situation provisoire" not in texts["S1"] and "provisoire" not in texts["S1"]
    legend = " ".join(str(cell.value) for row in book["Légende"].iter_rows() for cell in row)
    assert "Écartent un trajet du paiement : Recouvrement, " in legend and "une décision motivée" in legend
    assert "Part de nuit" not in legend and "encore" not in legend.split("Écartent")[1]
    assert "Crise sanitaire" in texts["S1"] and "Panne de l’application" in texts["S1"]


def test_a_report_whose_persons_are_no_longer_known_stays_as_it_went_out(house: Lake, tmp_path: Path) -> None:
    assert is_countable(date(2021, 1, 1), date(2021, 12, 31))
    assert not is_countable(date(2021, 1, 1), date(2022, 1, 1))
    folder, later = house.exports / "pmgf" / "pmgf_2021", tmp_path / "pmgf" / "pmgf_2021"
    shutil.copytree(folder, later)
    kept = publish_folder(later, "pmgf_2021", [], date(2022, 1, 1), Signatory(house)).exports
    assert len([entry for entry in kept if entry.file.startswith("BILAN_2021-S1")]) == 5
    names = [entry.file for entry in kept]
    assert [name for name in names if (later / name).read_bytes() != (folder / name).read_bytes()] == []


def test_an_issued_report_is_not_drawn_again_when_its_persons_are_no_longer_all_known(tmp_path: Path) -> None:
    drawn: list[date] = []
    signatory = Signatory(Lake(tmp_path / "home"))

    def draw(folder: Path, issued_on: date) -> dict[str, int]:
        drawn.append(issued_on)
        (folder / "BILAN.xlsx").write_text(f"{len(drawn)}", "utf-8")
        return {"BILAN.xlsx": 6}

    def publish(day: date, *, is_final: bool) -> list[str]:
        known = knows_who_is_new(date(2021, 1, 1), day)
        report = Document("bilan", draw, is_final=is_final, content=str, stays=is_final, is_redrawn=known)
        return publish_folder(tmp_path / "out", "c", [report], day, signatory).altered

    file = tmp_path / "out" / "BILAN.xlsx"
    assert publish(date(2021, 7, 4), is_final=False) == publish(date(2021, 7, 5), is_final=True) == []
    assert publish(date(2021, 7, 6), is_final=True) == [] and file.read_text() == "2"  # whatever came since
    file.write_text("tampered")
    assert publish(date(2021, 7, 31), is_final=True) == ["BILAN.xlsx"] and file.read_text() == "3"
    for damage in (lambda: file.write_text("tampered"), file.unlink):
        damage()
        for day in (date(2021, 8, 1), date(2021, 12, 31)):
            assert publish(day, is_final=True) == ["BILAN.xlsx"] and len(drawn) == 3  # told until restored
    file.write_text("3")
    assert publish(date(2022, 3, 1), is_final=True) == []


def test_sheets_take_any_operators_name() -> None:
    names = _sheet_names(["Covoit'Léman", "a/b:c*[d]", "'x'", "Ensemble", "é" * 40, "é" * 41])
    assert names == ["Covoit'Léman", "a b c  d", "x", "Ensemble 4", "é" * 28, "é" * 28 + " 6"]


def test_a_note_that_is_misplaced_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    good, wrong_names = ("c/2021-04-03", "c/o/2021-05-01"), ("c/demain", "d/2021-04-03", "c/p/2021-01-01")
    for name in (f"{one}.txt" for one in (*good, *wrong_names)):
        (notes / name).parent.mkdir(parents=True, exist_ok=True)
        (notes / name).write_text("Grève.\n", "utf-8")
    rows, wrong = read_notes(notes, {"c"}, {"o"})
    assert rows[0] == {
        "campaign_id": "c",
        "operator_id": None,
        "noted_on": date(2021, 4, 3),
        "note": "Grève.",
    }
    assert rows[1]["operator_id"] == "o"
    assert [line.split(":")[0].split("/")[-2:] for line in wrong] == [
        ["c", "demain.txt"], ["p", "2021-01-01.txt"], ["d", "2021-04-03.txt"],
    ]  # fmt: skip
    shutil.rmtree(notes)
    assert read_notes(notes, {"c"}, {"o"}) == ([], [])
