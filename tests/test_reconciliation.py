"""The reconciliation's workbook: one total leads to the other, and to all that an authority is told of."""

from datetime import date
from pathlib import Path

import duckdb
import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest

from dagster_project.reports.account.reconciliation import reconciliation_documents
from dagster_project.reports.shared.source import parties
from dagster_project.settings import PROJECT
from tests.support.spreadsheets import replay

NIGHT, MARCH = date(2021, 7, 31), date(2021, 3, 1)
Amounts = dict[str, tuple[float, float, float]]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two campaigns of one authority: of « Un », 3,21 € have lost their journeys, 0,05 € have none."""
    months = pl.DataFrame(
        [("un", 1_000, 1_226, 321, 5), ("deux", 400, 350, 0, 0)],
        schema=["campaign_id", "declared_cents", "computed_cents", "forgotten_cents", "unexplained_cents"],
        orient="row",
    ).with_columns(authority_id=pl.lit("pmgf"), operator_id=pl.lit("karavane"), month_on=pl.lit(MARCH))
    unpaid = dict.fromkeys(("closed_cents", "paid_cents", "unpaid_cents", "open_cents"), pl.lit(0))
    reasons = pl.DataFrame(
        [
            ("un", "equal", 2, 600, 600),
            ("un", "amount", 1, 400, 300),
            ("deux", "budget", 1, 400, 350),
            (None, "elsewhere", 3, 7_166, 0),
            (None, "refused:not_yet_over", 1, 100, 0),
        ],
        schema=["campaign_id", "reason", "journeys", "declared_cents", "computed_cents"],
        orient="row",
    ).with_columns(authority_id=pl.lit("pmgf"), operator_id=pl.lit("karavane"), month_on=pl.lit(MARCH))
    campaigns = pl.DataFrame({"campaign_id": ["un", "deux"], "campaign_name": ["Un", "Deux"]})
    connection = duckdb.connect()
    connection.execute("create schema payments; create schema catalogue")
    for name, rows in (
        ("payments.reconciliations", months.with_columns(**unpaid)),
        ("payments.reconciliation_reasons", reasons),
        ("catalogue.campaigns", campaigns),
    ):
        connection.register("given", rows)
        connection.execute(f"create table {name} as from given")
    folder = tmp_path_factory.mktemp("books")
    for document in reconciliation_documents(connection, "pmgf", parties(PROJECT / "data")):
        document.draw(folder, NIGHT)
    return {path.stem.removeprefix("RAPPROCHEMENT_"): path for path in folder.glob("*.xlsx")}


def _rows(path: Path, sheet: str, words_at: int, first: int) -> list[tuple[str, list[float]]]:
    """Of each row with amounts: its words, and declared, computed and gap."""
    cells = openpyxl.load_workbook(path, data_only=True)[sheet].iter_rows(min_row=5, values_only=True)
    return [
        (str(row[words_at]), [round(amount, 2) for amount in row[first : first + 3]])
        for row in cells
        if isinstance(row[first], int | float)
    ]


def test_the_sheets_totals_are_bridged_to_the_cent(books: dict[str, Path]) -> None:
    passage = _rows(books["un"], "Passage", 0, 1)
    cents = [[round(100 * amount) for amount in amounts] for _, amounts in passage]
    assert [amounts[:2] for amounts in cents] == [
        [1_000, 900], [0, 321], [0, 5], [1_000, 1_226], [7_266, 0], [400, 350], [8_666, 1_576],
    ]  # fmt: skip
    assert [gap for _, _, gap in cents] == [declared - computed for declared, computed, _ in cents]
    totals = [amounts for words, amounts in _rows(books["un"], "Rapprochement", 0, 2) if words == "Total"]
    assert passage[3][1] == totals[0]
    assert "hors de toute campagne" in passage[4][0] and "Deux" in passage[5][0]
    assert _rows(books["deux"], "Passage", 0, 1)[-1] == passage[-1]  # the authority's total is one


def test_what_is_of_no_campaign_is_in_no_campaigns_total_and_says_where_else_it_stands(
    books: dict[str, Path],
) -> None:
    for campaign, other, total in (("un", "Deux", 10.0), ("deux", "Un", 4.0)):
        rows = _rows(books[campaign], "Motifs", 0, 4)
        totals = [amounts[0] for words, amounts in rows if words == "Total"]
        assert totals == [total, 72.66]
        words = [cell.value for row in openpyxl.load_workbook(books[campaign])["Motifs"] for cell in row]
        assert sum(f"rapprochements de : {other}." in str(word) for word in words) == 1


def test_formulas_give_what_is_shown(books: dict[str, Path], tmp_path: Path) -> None:
    _, compared = replay(books["un"], tmp_path)
    assert compared > 20
