"""A night with bank statements: read once, answered, removed; nothing of others is left anywhere."""

import json
from datetime import date
from hashlib import sha256
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
    assert len(list(paid.payments.glob("*/feedback/suivi_des_paiements.csv"))) == 4
    assert paid.read(STATEMENTS).height == 4 and paid.read(PAYMENTS).height >= 4
    assert "acompte/karavane/00" in set(paid.read(ISSUED_DOCUMENTS)["document_id"])


def test_no_name_of_a_statement_is_left_in_the_home(paid: Lake) -> None:
    files = [file for file in paid.home.rglob("*") if file.is_file() and not file.is_relative_to(paid.drops)]
    left = [file for file in files for name in PERSONS if name.encode() in file.read_bytes()]
    assert not left and files


def test_the_same_night_again_gives_the_same_accounts(paid: Lake, nights: list[date]) -> None:
    folder = paid.exports / "pmgf" / "comptes"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    pieces = pl.read_csv(before["PIECES_pmgf.csv"], separator=";", decimal_comma=True)
    orders = {"ACOMPTE-PMGF-2021-KARAVANE-01": {"ACOMPTE", "APDF"}, "KARAVANE-00001": {"FACTURE"}}
    for order, kinds in orders.items():  # what a call drew from an advance has the call for a piece
        of_order = pieces.filter(demande=order)
        assert {name.split("_")[0] for name in of_order["piece"]} == kinds
        for name, size, digest in of_order.select("piece", "octets", "sha256").rows():
            content = (folder.parent / "pmgf_2021" / name).read_bytes()
            assert (len(content), sha256(content).hexdigest()) == (size, digest)
    assert {Path(name).suffix for name in before} == {".pdf", ".xlsx", ".parquet", ".json", ".csv"}
    write_statements(paid, nights[1], settings().catalogue)  # nothing new: all since is of this night
    assert not run_night(nights[1]).failures
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
