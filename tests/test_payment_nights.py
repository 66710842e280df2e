"""A night with bank statements: read once, answered, removed; nothing of others is left anywhere."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from dagster_project.contracts.payments import ISSUED_DOCUMENTS, PAYMENTS, STATEMENTS
from dagster_project.lake.store import Lake
from dagster_project.runner.night import run_night
from dagster_project.sample import Drop
from dagster_project.sample import write as write_drops
from dagster_project.sample.payments import PERSONS, write_statements
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading
from tests.conftest import copy_home, use


@pytest.fixture(scope="module")
def paid(
    houses: dict[str, Lake],
    sample: tuple[list[Drop], pl.DataFrame],
    nights: list[date],
    tmp_path_factory: pytest.TempPathFactory,
) -> Lake:
    """The sample's second night, with what banks have stated since the first."""
    home = tmp_path_factory.mktemp("paid") / "home"
    copy_home(houses["first"], home)
    lake = use(home)
    write_drops([drop for drop in sample[0] if drop.business_date == nights[1]], lake.drops)
    write_statements(lake, nights[1], settings().catalogue)
    assert not run_night(nights[1]).failures
    return lake


def test_first_advances_are_paid_and_every_statement_is_answered_and_removed(paid: Lake) -> None:
    with reading(paid) as connection:
        firsts = connection.execute(
            "from payments.demand_accounts where kind = 'advance' and number = 0"
        ).pl()
        (lost,) = connection.execute(
            "select count(*) from payments.reconciliations where unexplained_cents != 0"
        ).fetchall()
    assert firsts.height == 4 and (firsts["rest_cents"] == 0).all() and lost == (0,)
    assert (firsts["paid_cents"] == firsts["asked_cents"]).all()
    assert not list(paid.payments.glob("*/incoming/*"))
    told = [json.loads(file.read_text()) for file in sorted(paid.payments.glob("*/feedback/releve_*.json"))]
    assert len(told) == 5 and {answer["lignes_etrangeres"] for answer in told} == {2}  # one came twice
    assert sorted(answer["lignes_non_lues"] for answer in told) == [0, 0, 0, 0, 2]
    lists = list(paid.payments.glob("*/feedback/suivi_des_paiements.csv"))
    shown = pl.concat([pl.read_csv(file, separator=";", decimal_comma=True) for file in lists])
    kept = paid.read(PAYMENTS)["amount_cents"]
    assert len(lists) == 4 and sorted(shown["montant_euros"] * 100) == pytest.approx(sorted(kept))
    assert paid.read(STATEMENTS).height == 4 and paid.read(PAYMENTS).height >= 4
    assert "acompte/karavane/00" in set(paid.read(ISSUED_DOCUMENTS)["document_id"])


def test_no_name_of_a_statement_is_left_in_the_home(paid: Lake) -> None:
    files = [file for file in paid.home.rglob("*") if file.is_file() and not file.is_relative_to(paid.drops)]
    left = [file for file in files for name in PERSONS if name.encode() in file.read_bytes()]
    assert not left and files


def test_the_same_night_again_gives_the_same_accounts(paid: Lake, nights: list[date]) -> None:
    folder = paid.exports / "pmgf" / "comptes"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert {Path(name).suffix for name in before} == {".pdf", ".xlsx", ".parquet", ".json", ".txt"}
    write_statements(paid, nights[1], settings().catalogue)  # nothing new: all since is of this night
    assert not run_night(nights[1]).failures
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
