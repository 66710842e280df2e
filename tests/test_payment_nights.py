"""A night with bank statements: read once, answered, removed; nothing of others is left anywhere."""

import json
import shutil
from datetime import date
from hashlib import sha256
from pathlib import Path

import facturx
import polars as pl
import pytest

from dagster_project.contracts.invoice_statuses import INVOICE_REPLACEMENTS
from dagster_project.contracts.ledger import CLOSINGS
from dagster_project.contracts.payments import (
    DEMAND_VERDICTS,
    ISSUED_DOCUMENTS,
    PAYMENT_VERDICTS,
    PAYMENTS,
    STATEMENTS,
)
from dagster_project.lake.store import Lake
from dagster_project.ledger import records
from dagster_project.payments.replacing import ReplacementError, replace_invoice
from dagster_project.sample import Drop
from dagster_project.sample import write as write_drops
from dagster_project.sample.payments import PERSONS, planted, write_statements
from dagster_project.sample.statuses import write_messages
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading
from tests.conftest import copy_home, use
from tests.support.nights import run_steps
from tests.support.planted_payments import verdicts_as_planted

REFUSED, INVOICES = "KARAVANE-00002", "pmgf/pmgf_2021"


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
    write_messages(lake, nights[1], settings().catalogue)
    incoming = lake.payments / "karavane" / "incoming"
    shutil.copyfile(incoming / f"statuts_{nights[1]}.xml", incoming / "statuts_bis.xml")
    row = {
        "operator_id": "alpimob", "replaced_number": 2, "credit_number": 3, "closing_number": 2,
        "after_closing": lake.read(CLOSINGS)["closing_number"].max(), "replaced_on": nights[0],
        "reason_code": "REJ_ADR",
    }  # fmt: skip
    replaced = pl.DataFrame([row], schema=INVOICE_REPLACEMENTS.empty.schema)
    records.write(lake, [(INVOICE_REPLACEMENTS, replaced, "alpimob-00002")])
    # The command has both documents go out at once; here the night draws them, the same.
    out = [("pmgf_2021", f"facture/alpimob/{number:05d}", nights[0]) for number in (3, 4)]
    issued = pl.DataFrame(out, schema=ISSUED_DOCUMENTS.empty.schema, orient="row")
    lake.write(ISSUED_DOCUMENTS, issued, "issued-replaced")
    run_steps(nights[1])
    return lake


def test_every_break_that_the_sample_plants_is_found_and_named_and_no_cent_is_unexplained(
    house: Lake, sample: tuple[list[Drop], pl.DataFrame], nights: list[date]
) -> None:
    """Two quarters of drops, documents, statements and messages, to the sample's own truth."""
    of_payments, of_demands = verdicts_as_planted(house, nights[-1])
    # Of the others tests/test_payments.py has examples.
    assert of_payments == PAYMENT_VERDICTS.keys() - {"ambiguous"}
    never = {"unseen", "open", "to_return", "interrupted", "held", "nothing"}
    assert of_demands == DEMAND_VERDICTS.keys() - never
    with reading(house) as connection:
        reconciled = connection.execute("from payments.reconciled_journeys").pl()
    of_member = sample[1].filter("is_current", pl.col("member_cents").is_not_null())
    found = reconciled.join(of_member, on=["operator_id", "operator_journey_id"])
    is_whole = pl.col("computed_cents") == pl.col("member_cents")
    assert (found["declared_cents"] == 0).all() and found.filter(is_whole).height > 5
    assert set(found.filter(is_whole)["reason"]) == {"other_siren"}
    assert reconciled.filter(reason="other_siren").height == found.filter(is_whole).height


def test_first_advances_are_paid_and_every_statement_is_answered_and_removed(paid: Lake) -> None:
    with reading(paid) as connection:
        firsts = connection.execute(
            "from payments.demand_accounts where kind = 'advance' and number = 0"
        ).pl()
        (lost,) = connection.execute(
            "select count(*) from payments.reconciliations where unexplained_cents != 0"
        ).fetchall()
    plan = {
        one.reference: sum(line.cents for line in one.transfers)
        for one in planted(paid, settings().catalogue)
    }
    assert firsts.height == 4 and (firsts["rest_cents"] == firsts["asked_cents"] - firsts["paid_cents"]).all()
    assert lost == (0,) and firsts["paid_cents"].to_list() == [plan[name] for name in firsts["reference"]]
    assert not list(paid.payments.glob("*/incoming/*"))
    answered = [
        json.loads(file.read_text()) for file in sorted(paid.payments.glob("*/feedback/releve_*.json"))
    ]
    assert len(answered) == 5 and {answer["lignes_etrangeres"] for answer in answered} == {
        2
    }  # one came twice
    assert sorted(answer["lignes_non_lues"] for answer in answered) == [0, 0, 0, 0, 2]
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
    pieces = pl.read_csv(before["PIECES_pmgf.csv"], separator=";", decimal_comma=True)
    orders = {"ACOMPTE-PMGF-2021-KARAVANE-01": {"ACOMPTE", "APDF"}, "KARAVANE-00001": {"FACTURE"}}
    for order, kinds in orders.items():  # what a call drew from an advance has the call for a piece
        of_order = pieces.filter(demande=order)
        assert {name.split("_")[0] for name in of_order["piece"]} == kinds
        for name, size, digest in of_order.select("piece", "octets", "sha256").rows():
            content = (folder.parent / "pmgf_2021" / name).read_bytes()
            assert (len(content), sha256(content).hexdigest()) == (size, digest)
    assert {Path(name).suffix for name in before} == {".pdf", ".xlsx", ".parquet", ".json", ".csv", ".txt"}
    messages = {file: file.read_bytes() for file in paid.payments.glob("*/feedback/CDV_212_*.xml")}
    taken, *left = sorted(messages)
    taken.unlink()  # handed on: it does not come again
    write_statements(paid, nights[1], settings().catalogue)  # nothing new: all since is of this night
    run_steps(nights[1])
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert left and not taken.exists()
    assert [file for file in left if file.read_bytes() != messages[file]] == []


def test_a_refused_invoice_is_told_once_and_can_be_replaced_once(paid: Lake) -> None:
    with reading(paid) as connection:
        rows = connection.execute("from payments.invoice_statuses where not is_ours").pl()
        assert set(rows["verdict"]) == {"kept"} and len(set(rows["operator_id"])) == 4
        of_refused = rows.filter(reference=REFUSED).sort("stated_at")
        assert of_refused["status_code"].to_list() == ["200", "203", "210"]  # each once
        assert replace_invoice(paid, connection, REFUSED, "CMD_ERR").invoice == "KARAVANE-00006"
        for number, why in (
            (REFUSED, "KARAVANE-00006"),
            ("KARAVANE-00001", "only"),
            ("ALPIMOB-00003", "credit note"),
        ):
            with pytest.raises(ReplacementError, match=why):
                replace_invoice(paid, connection, number, "CMD_ERR")
    paid.remove(INVOICE_REPLACEMENTS, "karavane")
    answer = next((paid.payments / "karavane" / "feedback").glob("statuts_bis.xml.*.csv")).read_text(
        "utf-8-sig"
    )
    assert "engagement" in answer and "`orders`" in answer
    followed = (paid.payments / "karavane" / "feedback" / "suivi_des_factures.csv").read_text("utf-8-sig")
    assert '"Refusée"' in followed and '"2021-04-28 09:30"' in followed  # the hour that the platform wrote


def test_a_replaced_invoice_stays_its_credit_note_and_the_new_one_go_out_and_its_payment_counts(
    paid: Lake, houses: dict[str, Lake]
) -> None:
    name = "FACTURE_2021-03_ALPIMOB-00002.pdf"
    folders = [lake.exports / INVOICES for lake in (houses["first"], paid)]
    assert folders[0].joinpath(name).read_bytes() == folders[1].joinpath(name).read_bytes()
    xml = {
        stem: facturx.get_facturx_xml_from_pdf((folders[1] / f"{stem}.pdf").read_bytes(), check_xsd=True)[1]
        for stem in ("AVOIR_2021-03_ALPIMOB-00003", "FACTURE_2021-03_ALPIMOB-00004")
    }
    credit, new = xml.values()
    assert b">381<" in credit and b">380<" in new and b"ALPIMOB-00002<" in credit and b"ALPIMOB-00002<" in new
    with reading(paid) as connection:
        numbers = connection.execute(
            "select invoice_number, kind, total_cents from finance.fee_invoices "
            "where operator_id = 'alpimob' order by all"
        ).fetchall()
        paying = connection.execute(
            "select paid_references from payments.payment_verdicts "
            "where operator_id = 'alpimob' and list_contains(paid_references, 'ALPIMOB-00004')"
        ).fetchall()
        void = connection.execute(
            "select sum(owed_cents), sum(asked_cents) from payments.demands "
            "where reference in ('ALPIMOB-00002', 'ALPIMOB-00003')"
        ).fetchall()
    kinds = ["closing", "closing", "credit", "replacement", "closing", "closing"]
    assert [(number, kind) for number, kind, _ in numbers] == list(enumerate(kinds, 1))
    assert numbers[1][2] == -numbers[2][2] == numbers[3][2] and void == [(0, 0)] and paying
