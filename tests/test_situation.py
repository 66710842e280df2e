"""A campaign's situation: what open calls claim tonight, what the pot has left; in Excel and Parquet."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest

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
            "date '2021-12-31' as ends_on, cast($exhaustion as date) as exhaustion_on",
            {"pot": budget_cents, "exhaustion": exhaustion},
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
    assert ["Reste", 83.2] in rows and rows[7][0].startswith("Épuisement, au rythme")
    assert rows[-3:] == [
        ["Alpha", "3ᵉ trimestre 2021", 3, 2, 4.1, 1.5, 0.3, 5.9],
        ["Bêta", "3ᵉ trimestre 2021", 3, 2, 4.1, 1.5, 0.3, 5.9],
        ["Total", 6, 4, 8.2, 3, 0.6, 11.8],
    ]
    assert calls["total_cents"].to_list() == [590, 590] and calls["operator_name"].to_list() == [
        "Alpha",
        "Bêta",
    ]


@pytest.mark.parametrize(("budget_cents", "is_told"), [(10**10, True), (None, False)])
def test_a_pot_that_outlasts_its_campaign_or_all_calendars_and_none_at_all(
    tmp_path: Path, budget_cents: int | None, is_told: bool
) -> None:
    rows, _ = _drawn(tmp_path, budget_cents=budget_cents, exhaustion="12025-01-01")
    texts = [row[0] for row in rows]
    assert ("Enveloppe" in texts) == is_told
    assert not [text for text in texts if "puis" in text]
