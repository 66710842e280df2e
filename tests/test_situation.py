"""A campaign's situation: what open calls claim tonight, what the pot has left; in Excel and Parquet."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest

from dagster_project.drops.answers.pot_ends import FILE, write_pot_ends
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.reports.situation.source import situation_documents
from dagster_project.warehouse.cache import load

NIGHT = date(2021, 8, 15)
CALL = {
    "campaign_id": "c",
    "period_start_on": date(2021, 7, 1),
    "period_end_on": date(2021, 9, 30),
    "is_closed": False,
    "journeys": 3,
    "subsidised_journeys": 2,
    "incentive_cents": 410,
    "fee_ex_vat_cents": 150,
    "vat_cents": 30,
    "total_cents": 590,
}


def _drawn(folder: Path, *, budget_cents: int | None, exhaustion: str) -> tuple[list[Any], pl.DataFrame]:
    """Texts and numbers of the sheet, row by row, and the Parquet."""
    calls = [CALL | {"operator_id": one} for one in ("b", "a")]
    calls.append(CALL | {"operator_id": "a", "period_start_on": date(2021, 4, 1), "is_closed": True})
    with duckdb.connect() as connection:
        frames = {"fund_calls": pl.DataFrame(calls)}
        load(connection, {"finance": frames, "catalogue": {"campaigns": pl.DataFrame({
            "campaign_id": ["c"], "campaign_name": ["Campagne"],
        })}})  # fmt: skip
        connection.execute(
            "create table finance.budget_status as select 'c' as campaign_id, $pot as budget_cents, "
            "500 as settled_cents, 1180 as provisional_cents, $pot - 1680 as left_cents, "
            "28 as last_28_days_cents, date '2021-12-31' as ends_on, 12 as forecast_weeks, "
            "cast($exhaustion as date) as exhaustion_on, date '2021-10-20' as earliest_on, "
            "null::date as latest_on, date '2022-08-14' as horizon_on",
            {"pot": budget_cents, "exhaustion": exhaustion},
        )
        connection.execute(
            "create table finance.pot_states as select 'c' as campaign_id, "
            "unnest([100, 200]) as called_cents, 100 as invoiced_cents, unnest([0, 77]) as held_cents"
        )
        (document,) = situation_documents(connection, "c", {"a": "Alpha", "b": "Bêta"}, NIGHT)
        assert document.is_nightly and not document.is_final
        files = document.draw(folder, NIGHT)
    assert files == {"SITUATION_c.xlsx": 2, "SITUATION_c.parquet": 2}
    (sheet,) = openpyxl.load_workbook(folder / "SITUATION_c.xlsx", data_only=True).worksheets
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    return [row for row in rows if row], pl.read_parquet(folder / "SITUATION_c.parquet")


def test_open_calls_and_their_sums_stand_beside_what_the_pot_has_left(tmp_path: Path) -> None:
    rows, calls = _drawn(tmp_path, budget_cents=10_000, exhaustion="2021-11-02")
    assert rows[0] == ["Situation provisoire au 15/08/2021"]
    assert ["Reste", 83.2] in rows and "vers le 02/11/2021" in rows[11][0]
    assert ["Indemnités appelées", 3] in rows and ["Commission facturée TTC", 2] in rows
    assert ["Acompte non encore imputé, versé d’avance", 0.77] in rows
    assert rows[-3:] == [
        ["Alpha", "3ᵉ trimestre 2021", 3, 2, 4.1, 1.5, 0.3, 5.9],
        ["Bêta", "3ᵉ trimestre 2021", 3, 2, 4.1, 1.5, 0.3, 5.9],
        ["Total", 6, 4, 8.2, 3, 0.6, 11.8],
    ]
    assert calls["total_cents"].to_list() == [590, 590] and calls["operator"].to_list() == [
        "Alpha",
        "Bêta",
    ]


def test_a_campaign_without_a_pot_has_no_block_of_it(tmp_path: Path) -> None:
    rows, _ = _drawn(tmp_path, budget_cents=None, exhaustion="2021-11-02")
    assert "Enveloppe" not in [row[0] for row in rows] and not [
        row for row in rows if "vers le" in str(row[0])
    ]


@pytest.mark.parametrize(
    ("exhaustion_on", "is_until_empty", "says"),
    [
        (date(2021, 10, 14), False, "sera épuisée vers le 14/10/2021"),  # in sixty days
        (date(2021, 10, 15), False, ""),  # not yet
        (date(2021, 8, 15), False, "est épuisée"),
        (date(2021, 8, 15), False, "sera épuisée vers le 15/08/2021"),  # expected tonight, and not yet empty
        (date(2021, 6, 16), False, "est épuisée"),
        (date(2021, 6, 15), False, ""),  # told for long enough
        (date(2021, 9, 30), True, "sera épuisée vers le 30/09/2021"),  # after the planned end
        (date(2021, 9, 30), False, ""),  # the campaign ends before its pot
        (None, True, ""),  # no pace
    ],
)
def test_members_are_told_in_time_that_the_pot_ends(
    tmp_path: Path, exhaustion_on: date | None, is_until_empty: bool, says: str
) -> None:
    """CONVENTION 6.1: of the two operators that are members on the night, each in its folder; no other."""
    lake = Lake(tmp_path)
    for operator in ("a", "b", "gone"):
        (lake.drops / operator / "feedback").mkdir(parents=True)
    until = date(2021, 9, 1) if exhaustion_on == date(2021, 9, 30) else date(2021, 12, 31)
    members = [("a", date(9999, 12, 31)), ("b", NIGHT), ("gone", date(2021, 8, 14))]
    with duckdb.connect() as connection:
        load(connection, {
            "finance": {"budget_status": pl.DataFrame(
                {"campaign_id": ["c"], "budget_cents": [1_200_000], "left_cents": [-7],
                 "exhaustion_on": [exhaustion_on],
                 "horizon_on": [None if says == "est épuisée" else date(2022, 8, 14)]},
                schema_overrides={"exhaustion_on": pl.Date, "horizon_on": pl.Date},
            )},
            "catalogue": {
                "campaigns": pl.DataFrame({
                    "campaign_id": ["c"], "campaign_name": ["Campagne"], "authority_id": ["x"],
                    "convention_reference": ["n° 1"], "is_fee_in_budget": [False], "budget_article": ["6.1"],
                    "is_until_empty": [is_until_empty], "closes_until_on": [until],
                }),
                "authorities": pl.DataFrame({"authority_id": ["x"], "authority_name": ["Autorité"]}),
                "campaign_members": pl.DataFrame(
                    [("c", one, date(2021, 1, 1), to_on) for one, to_on in members],
                    schema=["campaign_id", "operator_id", "from_on", "to_on"], orient="row",
                ),
            },
        })  # fmt: skip
        count = write_pot_ends(lake, connection, NIGHT, Troubles())
    told = {
        file.parent.parent.name: file.read_text("utf-8-sig") for file in lake.drops.glob(f"*/feedback/{FILE}")
    }
    assert set(told) == ({"a", "b"} if says else set()) and count == len(told)
    for text in told.values():
        assert says in text and '"12000,00";"0,00"' in text and "commission" not in text
