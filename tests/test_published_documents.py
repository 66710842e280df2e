"""Three quarters of a sample year, night by night, under five conventions: all documents agree."""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import facturx
import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest
from lxml import etree

from dagster_project.catalogue import catalogue
from dagster_project.contracts.documents import CAMPAIGN
from dagster_project.contracts.ledger import CLOSINGS, LEDGER_ENTRIES
from dagster_project.files.pdf_text import shown_texts
from dagster_project.lake.keys import secret
from dagster_project.lake.store import Lake
from dagster_project.reports.authority.export import export
from dagster_project.reports.publish import publish
from dagster_project.reports.shared import attestation, folder
from dagster_project.reports.shared.folder import Publication
from dagster_project.reports.shared.french import french_euros
from dagster_project.reports.shared.side_by_side import side_by_side
from dagster_project.reports.shared.source import parties
from dagster_project.sample import Spec, generate
from dagster_project.settings import PROJECT, settings
from dagster_project.warehouse.cache import reading
from tests.reference.convention import by_the_convention
from tests.support.handed_out import counts_of, figures_of, files_of, recap_of, text_of
from tests.support.planted_payments import verdicts_as_planted
from tests.support.schematrons import Check
from tests.support.spreadsheets import replay

from .conftest import REFERENCE, copy_home, run_sample, use

YEAR = Spec(seed=4, journeys=450, nights=2, last_day=date(2021, 10, 10))
OPERATORS = "operateurs:\n  - {du: 2021-01-01, liste: [covoit_leman, karavane]}\n"
FEE = "commission: {par: trajet, centimes_ht: 100, tva_pourcent: 20}"
# Real conventions on the sample's roads: several tables, cumulative bands, adjustments, caps.
REAL = {
    "rennes_2025": [("2025-", "2021-"), (r'aom: \["\d+"\]', 'epci: ["247400724"]')],
    "idfm_2021": [("2022-", "2021-"), (r'aom: \["217500016"\]', 'departement: ["01", "74"]'),
                  ('aom: \\["287500078"', 'epci: ["240100750"')],
    "cotentin_2023": [("2023-", "2021-"),
                      ("\nbudget:", f"\n{FEE}\nbudget:")],
    "nantes_metropole_2024": [("2024-", "2021-"), ("12-01, au: 2021-12-31", "06-01, au: 2021-06-30"),
                              (r"aom: \[.*\]", 'departement: ["74"]'), ('region: ."52".', 'region: ["84"]'),
                              ("maximum: 6,", "maximum: 1,")],
}  # fmt: skip


def _catalogue(root: Path) -> Path:
    shutil.copytree(
        PROJECT / "data", root, ignore=shutil.ignore_patterns("reference", "drops", "lake", "exports")
    )
    (root / "reference").symlink_to(REFERENCE)
    payer = root / "authorities" / "pmgf.yml"  # since June, invoices bear its service's code
    coded = payer.read_text("utf-8").replace(
        "service:", "service:\n  code: [{from: 2021-06-01, code: FIN-01}]"
    )
    payer.write_text(coded, "utf-8")
    for name, changes in REAL.items():
        text = (PROJECT / "tests/campaigns" / f"{name}.yml").read_text("utf-8")
        text = re.sub(r"operateurs:\n(?:  .*\n)+", OPERATORS, text)
        for before, after in (("autorite: .*", "autorite: pmgf"), *changes):
            text, count = re.subn(before, after, text)
            assert count, (name, before)
        (root / "campaigns" / f"{name}.yml").write_text(text, "utf-8")
    return root


@pytest.fixture(scope="module")
def year(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Lake, pl.DataFrame, list[dict[str, bytes]]]]:
    """The home after its nights, the truth of every row, and what lay in the exports after each night."""
    home = tmp_path_factory.mktemp("year")
    os.environ["ENTREPOT_CATALOGUE"] = str(_catalogue(tmp_path_factory.mktemp("catalogue") / "data"))
    drops, truth = generate(YEAR, REFERENCE)
    published = []
    try:
        for night in sorted({drop.business_date for drop in drops}):
            lake = run_sample(home, drops, [night], steps_alone=True)
            published.append(_bytes(lake.exports))
        yield lake, truth, published
    finally:
        del os.environ["ENTREPOT_CATALOGUE"]
        settings.cache_clear()


@pytest.fixture
def warehouse(year: tuple[Lake, Any, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(year[0]) as connection:
        yield connection


def test_payments_of_three_quarters_and_several_campaigns_are_told_as_they_were_planted(
    year: tuple[Lake, Any, Any], warehouse: duckdb.DuckDBPyConnection
) -> None:
    campaigns = warehouse.execute(
        "select count(distinct campaign_id) from payments.reconciliations"
    ).fetchall()
    night = warehouse.execute("select business_date from months.night").fetchall()[0][0]
    of_payments, of_demands = verdicts_as_planted(year[0], night)
    assert campaigns == [(5,)] and {"exact", "double", "other_payer", "other_period"} <= of_payments
    assert of_demands == {"missing", "overpaid", "paid", "partial", "refused"}


def _bytes(root: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()
    }


def _ledger(lake: Lake) -> pl.DataFrame:
    """Every entry with its closing's campaign, kind and quarter: the lake itself, past all marts."""
    quarter = pl.col("period_start_on").dt.truncate("1q").alias("call_on")
    closings = lake.read(CLOSINGS).select("closing_number", "campaign_id", "kind", "period_start_on", quarter)
    return lake.read(LEDGER_ENTRIES).join(closings, on="closing_number")


def _cents(shown: float) -> int:
    return round(shown * 100)


def _is_a_draft(file: Path) -> None:
    """Nothing that a call has: number, issue, payment, signature; and it says so wherever it is opened."""
    book = openpyxl.load_workbook(file)
    texts = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert book.sheetnames[0] == texts[0] == "Situation provisoire" and texts[3].startswith("Projet, sans")
    told = " ".join(texts)
    for word in ("n° ", "émission", "Paiement", "Compte à créditer", "Certifié", "demandés"):
        assert word not in told, word
    assert [sheet for sheet in book if "PROVISOIRE" not in str(sheet.oddHeader.left.text)] == []
    assert [sheet for sheet in book if not sheet.sheet_properties.tabColor] == []
    assert "n°" not in str(book.properties.title) and "n°" not in str(book.worksheets[0].oddFooter.left.text)
    with zipfile.ZipFile(file) as content:
        names = content.namelist()
    assert [name for name in names if name.startswith("xl/media/")], names  # the mark itself


SUMS = ("incentive_cents", "fee_ex_vat_cents", "vat_cents")


def test_every_closed_call_says_the_ledgers_cents_in_excel_pdf_and_parquet(
    year: tuple[Lake, pl.DataFrame, Any], warehouse: duckdb.DuckDBPyConnection
) -> None:
    lake, files, entries = year[0], files_of(year[0]), _ledger(year[0])
    key = secret(lake.keys, "attestation", None)
    calls = warehouse.sql("select * from finance.fund_calls order by all").pl().to_dicts()
    assert {call["campaign_id"] for call in calls} == {*REAL, "pmgf_2021"}
    assert sum(call["is_closed"] for call in calls) > 30 and min(call["cap_cut_cents"] for call in calls) < 0
    for call in calls:
        of_call = files[call["campaign_id"], f"appel/{call['operator_id']}/{call['period_start_on']}"]
        in_parquet = pl.read_parquet(of_call[".parquet"])
        assert [in_parquet[name].sum() for name in SUMS] == [call[name] for name in SUMS]
        shown = figures_of(of_call[".xlsx"])
        cover = shown["Appel de fonds" if call["is_closed"] else "Situation provisoire"]
        recap = shown["Récapitulatif"]
        assert _cents(cover["Totaux"]) == call["total_cents"]
        assert _cents(cover["Indemnité de l’Opération"]) == call["incentive_cents"] == _cents(recap["Total"])
        assert recap["Écart avec l’entrepôt"] == 0
        assert shown["Rapprochement"]["Lignes en écart"] == 0, of_call[".xlsx"].name
        assert (".pdf" in of_call) == call["is_closed"]
        assert of_call[".xlsx"].name.startswith("PROVISOIRE_APDF_") == (not call["is_closed"])
        if not call["is_closed"]:
            _is_a_draft(of_call[".xlsx"])
        if call["is_closed"]:
            key_of = {name: call[name] for name in ("campaign_id", "operator_id")}
            settled = entries.filter(**key_of, call_on=call["period_start_on"])
            assert [settled[name].sum() for name in SUMS] == [call[name] for name in SUMS]
            text = text_of(of_call[".pdf"])
            for cents in (call["incentive_cents"], call["total_cents"]):
                assert "".join(french_euros(cents).split()) in text
            assert attestation.verify(of_call[".pdf"], key, journeys=of_call[".parquet"]) == []


def test_every_kind_of_document_has_its_title(year: tuple[Lake, Any, Any]) -> None:
    kinds = {document.partition("/")[0] for _, document in files_of(year[0])} - {"lisez-moi"}
    assert {"appel", "facture", "bilan"} <= kinds <= set(CAMPAIGN), "DOCUMENTS of contracts/documents.py"


def test_a_count_of_journeys_is_one_number_under_one_word_in_every_document_of_a_call(
    year: tuple[Lake, pl.DataFrame, Any], warehouse: duckdb.DuckDBPyConnection
) -> None:
    files, several = files_of(year[0]), 0
    calls = warehouse.sql(
        "select * from finance.fund_calls "
        "where is_closed and campaign_id in ('pmgf_2021', 'cotentin_2023') and operator_id = 'covoit_leman'"
    ).pl()
    for call in calls.to_dicts():
        document = f"appel/{call['operator_id']}/{call['period_start_on']}"
        of_call = files[call["campaign_id"], document]
        counts = {step: set(found) for step, found in counts_of(of_call).items()}
        assert all(len(found) == 1 for found in counts.values()), (of_call[".pdf"].name, counts)
        (received, valid, concerned, eligible, paid) = (found.pop() for found in counts.values())
        assert received >= valid >= concerned >= eligible >= paid
        lines = pl.read_parquet(of_call[".parquet"])
        regular = lines.filter(~pl.col("is_adjustment"))
        assert concerned == regular["passenger.seats"].sum()
        assert paid == regular.filter(pl.col("incentive_cents") > 0)["passenger.seats"].sum()
        several += concerned > regular.height
        manifest = json.loads(of_call[".pdf"].with_name("manifest.json").read_text("utf-8"))
        told = [one for one in manifest["files"] if one["document"] == document]
        rows = {
            one["rows"] for one in told if not one["file"].endswith(".lignes.csv")
        }  # that one: of the ledger
        assert rows == {lines.height}  # the only count of lines: what a file holds
        if call["campaign_id"] == "pmgf_2021":
            recap = recap_of(of_call[".xlsx"])
            assert (
                recap["A"] + recap["B"] + recap["D"]
                == regular.filter(pl.col("tariff_cents") > 0)["passenger.seats"].sum()
            )
    assert several  # a line of two seats would else be told like one


def test_the_invoices_of_a_call_are_its_fee_and_number_without_gap(
    year: tuple[Lake, pl.DataFrame, Any], warehouse: duckdb.DuckDBPyConnection, broken_rules: Check
) -> None:
    files, entries = files_of(year[0]), _ledger(year[0]).filter(kind="fee")
    fees: dict[tuple[str, str, date], int] = {}
    numbers: dict[str, list[int]] = {}
    for invoice in (
        warehouse.sql("select * from finance.fee_invoices order by closing_number, operator_id")
        .pl()
        .to_dicts()
    ):
        operator = invoice["operator_id"]
        of_invoice = files[invoice["campaign_id"], f"facture/{operator}/{invoice['invoice_number']:05d}"]
        settled = entries.filter(closing_number=invoice["closing_number"], operator_id=operator)
        total = settled["fee_ex_vat_cents"].sum() + settled["vat_cents"].sum()
        _, xml = facturx.get_facturx_xml_from_pdf(of_invoice[".pdf"].read_bytes(), check_xsd=True)
        assert broken_rules(xml) == []
        (told,) = etree.fromstring(xml).xpath("//*[local-name()='GrandTotalAmount']/text()")
        sign = -1 if total < 0 else 1
        assert int(Decimal(told) * 100) * sign == total == invoice["total_cents"]
        (sheet,) = figures_of(of_invoice[".xlsx"]).values()
        assert _cents(sheet["Total TTC"]) * sign == total
        assert "".join(french_euros(abs(total)).split()) in text_of(of_invoice[".pdf"])
        call = invoice["campaign_id"], operator, invoice["call_start_on"]
        fees[call] = fees.get(call, 0) + total
        numbers.setdefault(operator, []).append(invoice["invoice_number"])
    in_order = {name: sorted(found) for name, found in numbers.items()}
    assert in_order == {name: list(range(1, len(found) + 1)) for name, found in numbers.items()}
    assert {name for name, _, _ in fees} == {"pmgf_2021", "cotentin_2023"}
    calls = warehouse.sql("select * from finance.fund_calls where is_closed").pl().to_dicts()
    claimed = {
        (call["campaign_id"], call["operator_id"], call["period_start_on"]): call["fee_ex_vat_cents"]
        + call["vat_cents"]
        for call in calls
    }
    assert fees == {call: cents for call, cents in claimed.items() if call in fees or cents}


def test_the_account_of_an_advance_follows_the_calls(
    year: tuple[Lake, pl.DataFrame, Any], warehouse: duckdb.DuckDBPyConnection
) -> None:
    files = files_of(year[0])
    rows = warehouse.sql(
        "select advances.*, calls.incentive_cents from finance.advances as advances "
        "join finance.fund_calls as calls using (campaign_id, operator_id, period_start_on) "
        "order by operator_id, statement_number"
    ).pl()
    assert rows.height == 12 and (rows["consumed_cents"] == rows["incentive_cents"]).all()
    for row in rows.to_dicts():
        of_row = files["pmgf_2021", f"acompte/{row['operator_id']}/{row['statement_number']:02d}"]
        moved = "".join(french_euros(abs(row["revision_cents"])).split())
        assert moved in text_of(of_row[".pdf"])
        call = files["pmgf_2021", f"appel/{row['operator_id']}/{row['period_start_on']}"]
        # The statement asks for the revision and for nothing else; the call says the sum, and asks for none.
        is_asked = row["revision_cents"] > 0
        for pdf, asked in (
            (of_row[".pdf"], "Àpayerparl’autorité"),
            (call[".pdf"], "Ànepaspayersurcetappel"),
        ):
            text = text_of(pdf)
            assert (asked if is_asked else "Rienàpayer") in text and moved in text.partition("Références")[0]
            assert ("Àpayerparl’autorité" in text) == (is_asked and pdf == of_row[".pdf"])
        assert f"imputéesurl’acompte(étatd’acompten°{row['statement_number']})" in text_of(call[".pdf"])
    assert {name for campaign, name in files if name.startswith("acompte/") and name.endswith("/00")} == {
        f"acompte/{operator}/00" for operator in rows["operator_id"].unique()
    }
    assert ("pmgf_2021", "bilan_intermediaire/2021-06-30") in files
    # What was paid less of a step, the next one asked for again.
    taken_over = dict(
        warehouse.sql(
            "select operator_id, sum(taken_over_cents) from finance.advance_steps group by all"
        ).fetchall()
    )
    assert min(taken_over.values()) < 0
    for operator in rows.partition_by("operator_id"):
        moved = operator["forecast_cents"][0] + operator["revision_cents"].sum()
        moved += taken_over.get(operator["operator_id"][0], 0)
        held = operator["left_cents"][-1] + operator["revision_cents"][-1]
        assert moved - operator["consumed_cents"].sum() == held  # all that was paid less all that was used


def test_the_state_of_a_pot_is_told_each_month_and_is_the_ledgers(
    year: tuple[Lake, Any, Any], warehouse: duckdb.DuckDBPyConnection
) -> None:
    """CONVENTION 6.1, 8.2, 8.3: what it says is ledger's, invoices' and pot's, to the cent."""
    ledger, files = _ledger(year[0]), files_of(year[0])
    invoiced = dict(
        warehouse.sql(
            "select campaign_id, sum(total_cents) from finance.fee_invoices group by all"
        ).fetchall()
    )
    states = warehouse.sql(
        "select campaign_id, any_value(s.business_date) as told_on, sum(called_cents) as called, "
        "sum(invoiced_cents) as invoiced, any_value(is_fee_in_budget) as is_inside, "
        "sum(called_cents + open_incentive_cents) as incentives, "
        "sum(invoiced_cents + open_fee_cents) as fees, "
        "any_value(settled_cents + provisional_cents) as consumed, any_value(s.budget_cents) as pot "
        "from finance.pot_states as s join finance.budget_status using (campaign_id) "
        "join catalogue.campaigns using (campaign_id) where is_told group by all"
    ).pl()
    assert "pmgf_2021" in states["campaign_id"] and states.height > 1
    for state in states.to_dicts():
        own = ledger.filter(campaign_id=state["campaign_id"])
        assert state["called"] == own["incentive_cents"].sum()
        assert state["invoiced"] == own["fee_ex_vat_cents"].sum() + own["vat_cents"].sum()
        assert state["invoiced"] == invoiced.get(state["campaign_id"], 0)
        assert state["consumed"] == state["incentives"] + state["fees"] * state["is_inside"]
        told = files[state["campaign_id"], f"enveloppe/{state['told_on']:%Y-%m}"][".pdf"]
        if told.name in year[2][-1] and told.name not in year[2][-2]:  # drawn on the last night
            text = text_of(told)
            for cents in (state["called"], state["invoiced"], state["consumed"], state["pot"]):
                assert "".join(french_euros(int(cents)).split()) in text
    months = sorted(
        document for campaign, document in files if campaign == "pmgf_2021" and "enveloppe" in document
    )
    nights = {f"enveloppe/{night:%Y-%m}" for night in _nights(warehouse)}
    assert months == sorted(nights)


def _nights(warehouse: duckdb.DuckDBPyConnection) -> list[date]:
    """The nights on which drops were taken."""
    return [
        day for (day,) in warehouse.sql("select distinct business_date from staging.stg_drops").fetchall()
    ]


def test_what_is_closed_of_the_year_is_the_conventions_sum_of_its_journeys(
    year: tuple[Lake, pl.DataFrame, Any], warehouse: duckdb.DuckDBPyConnection
) -> None:
    """Late, corrected and cancelled journeys included: no pot binds here, so adjustments make up for all."""
    truth = year[1].filter(pl.col("start_at") < datetime(2021, 9, 30, 22, tzinfo=UTC))
    told = warehouse.sql(
        "select operator_id, sum(incentive_cents), sum(fee_ex_vat_cents + vat_cents) from finance.fund_calls "
        "where campaign_id = 'pmgf_2021' and is_closed group by all"
    ).fetchall()
    incentives, fees = by_the_convention(truth)
    assert {row[0]: row[1] for row in told} == incentives
    assert {row[0]: row[2] for row in told} == fees
    reasons = warehouse.sql(
        "select distinct reason from finance.ledger_lines where closing_number is not null"
    )
    assert {row[0] for row in reasons.fetchall()} >= {"journey", "late", "correction", "cancellation"}


def test_what_went_out_closed_is_never_written_again_with_other_bytes(
    year: tuple[Lake, pl.DataFrame, list[dict[str, bytes]]],
) -> None:
    lake, _, nights = year
    closed = 0
    for before, after in pairwise(nights):
        for name, content in before.items():
            pdf = Path(name).with_suffix(".pdf")
            if str(pdf) in before and "comptes" not in pdf.parts:  # an account follows what banks show
                closed += 1
                assert after[name] == content, name
    assert closed > 100
    assert _bytes(lake.exports) == nights[-1]


def _publish(source: Lake, home: Path) -> Publication:
    """Publish what one home's warehouse holds into another home."""
    with reading(source) as connection:
        return publish(Lake(home), connection, YEAR.last_day, parties(settings().catalogue))


def test_folders_drawn_side_by_side_are_those_drawn_one_by_one(
    year: tuple[Lake, pl.DataFrame, Any],
    tmp_path: Path,
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_two(make: Any, campaigns: Any, connection: Any) -> Any:
        return side_by_side(make, campaigns[-2:], connection)

    monkeypatch.setattr("dagster_project.reports.publish.side_by_side", of_two)
    drawn = []
    for threads in (1, 2):
        copy = Lake(tmp_path / str(threads))
        copy_home(year[0], copy.home)
        shutil.rmtree(copy.exports)
        configure(threads=threads)
        publication = _publish(year[0], copy.home)
        with reading(year[0]) as connection:
            exported = export(copy, connection, YEAR.last_day)
        # A seal is made with a number of its own.
        files = {name: content for name, content in _bytes(copy.exports).items() if not name.endswith(".pdf")}
        drawn.append((files, publication.exports, exported.files, sorted(publication.held)))
    campaigns = {name.split("/")[1] for name in drawn[0][0]} & {*REAL, "pmgf_2021"}
    assert drawn[0] == drawn[1] and len(drawn[0][0]) > 50 and len(campaigns) == 2


def test_the_account_stands_whole_where_a_payment_is_asked_and_nowhere_else(
    year: tuple[Lake, pl.DataFrame, Any],
) -> None:
    """CONVENTION article 8.4: every file of the home is searched, within PDF and Excel, too."""
    lake = year[0]
    accounts = {operator.bank[0].iban[14:25] for operator in catalogue.operators(settings().catalogue)}
    asking, bearing, searched = set(), set(), 0
    for file in sorted(
        file for root in (lake.exports, lake.drops, lake.home / "lake") for file in root.rglob("*.*")
    ):
        if not file.is_file():
            continue
        content = file.read_bytes()
        if file.suffix == ".pdf":
            text = "".join(shown_texts(content))
        elif file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as book:
                text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
        else:
            text = content.decode("latin-1")
        text = re.sub(r"\s", "", text)
        searched += 1
        if any(account in text for account in accounts):
            bearing.add(file.name)
        if "Àpayerparl’autorité" in text or "Netàpayer" in text or file.match("FACTURE_*.xlsx"):
            asking.add(file.name)
    assert bearing == asking and len(bearing) > 50 and searched > 5 * len(bearing)
    kinds = {name.split("_")[0] for name in bearing}
    assert kinds == {"ACOMPTE", "APDF", "DEMANDE-ACOMPTE", "FACTURE"}


class Killed(BaseException):
    """Stands for SIGKILL: no code of ours catches it."""


def test_a_publication_killed_anywhere_and_parties_that_move_change_nothing_issued(
    year: tuple[Lake, pl.DataFrame, list[dict[str, bytes]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lake, _, nights = year
    use(lake.home)
    operators = settings().catalogue / "operators"
    for file in operators.glob("*.yml"):
        file.write_text(re.sub("street: .*?,", 'street: "1 rue Nouvelle",', file.read_text("utf-8")), "utf-8")

    def published(*, until: int | None) -> int:
        """Publish, and die before the step after `until`; returns the steps that were done."""
        steps = iter(range(1, 10_000))
        done = 0
        with lake.lock(), monkeypatch.context() as patch:

            def step(*arguments: Any, real: Any) -> Any:
                nonlocal done
                if until is not None and next(steps) > until:
                    raise Killed
                done += 1
                return real(*arguments)

            for name in ("link", "replace"):
                real = getattr(folder.os, name)
                patch.setattr(folder.os, name, lambda *a, real=real: step(*a, real=real))
            _publish(lake, lake.home)
        return done

    whole = published(until=None)
    assert whole > 60
    for until in (1, whole // 2, *range(whole - 4, whole)):
        with pytest.raises(Killed):
            published(until=until)
    with lake.lock():
        assert _publish(lake, lake.home).altered == []
    after = _bytes(lake.exports)
    for name, content in nights[-1].items():
        if str(Path(name).with_suffix(".pdf")) in nights[-1]:
            assert after[name] == content, name


def test_a_check_that_fails_and_the_law_hold_back_their_call_alone(
    year: tuple[Lake, pl.DataFrame, Any], tmp_path: Path
) -> None:
    broken = Lake(tmp_path / "broken")
    broken.cache_file.parent.mkdir(parents=True)
    shutil.copyfile(year[0].cache_file, broken.cache_file)
    shutil.copytree(year[0].keys, broken.keys)
    with broken.cache().open() as connection:
        connection.execute(
            "update finance.call_checks set failing = 2 where check_name = 'caps_passed' "
            "and campaign_id = 'idfm_2021' and operator_id = 'karavane' and period_start_on = '2021-07-01'"
        )
        connection.execute(
            "update compliance.annual_subsidies set is_blocked = true where operator_id = 'alpimob'"
        )
        connection.execute(
            "delete from finance.fund_calls where campaign_id not in ('idfm_2021', 'pmgf_2021') "
            "or operator_id not in ('alpimob', 'karavane')"
        )
    for part in (Path("keys"), Path("lake/warehouse")):
        shutil.copytree(year[0].home / part, tmp_path / "out" / part)
    made = _publish(broken, tmp_path / "out")
    assert made.held.pop("idfm_2021/appel/karavane/2021-07-01") == "2 plafond(s) dépassé(s)"
    assert {name.split("/")[2] for name in made.held} == {"alpimob"} and len(made.held) > 5
    why = "23\u00a0000,00\u00a0€ en 2021 sans convention"
    assert [reason for reason in made.held.values() if why not in reason] == []
    manifest = json.loads((tmp_path / "out/exports/pmgf/idfm_2021/manifest.json").read_text("utf-8"))
    assert {"idfm_2021/appel/karavane/2021-07-01"} < {one["document"] for one in manifest["held_back"]}
    sent = {entry["document"] for entry in manifest["files"]}
    assert "appel/karavane/2021-04-01" in sent and "appel/karavane/2021-07-01" not in sent
    resting = {name.split("/")[1] for name in made.held if name.startswith("pmgf_2021/")}
    assert resting == {"acompte", "appel", "facture"}  # what rests on a held call


@pytest.mark.parametrize("name", ["rennes_2025", "nantes_metropole_2024"])
def test_libreoffice_recalculates_the_recap_of_a_real_convention(
    year: tuple[Lake, pl.DataFrame, Any], tmp_path: Path, name: str
) -> None:
    files = files_of(year[0])
    file = files[name, "appel/karavane/2021-04-01"][".xlsx"]
    assert replay(file, tmp_path)[1] > 40


def test_operators_load_the_sums_of_their_documents_and_nothing_else(
    year: tuple[Lake, pl.DataFrame, Any], warehouse: duckdb.DuckDBPyConnection
) -> None:
    lake, signs = year[0], {"Debit": 1, "Credit": -1}
    asked = warehouse.sql(
        "select operator_id, sum(cents) as cents from ("
        "select operator_id, total_cents as cents from finance.fee_invoices union all "
        "select operator_id, incentive_cents from finance.fund_calls where is_closed union all "
        "select operator_id, revision_cents + taken_over_cents - consumed_cents from finance.advance_steps) "
        "group by all"
    ).pl()
    assert asked.height == 4
    for operator_id, cents in asked.iter_rows():
        siren = parties(settings().catalogue).operators[operator_id].siren
        file = lake.drops / operator_id / "feedback" / f"{siren}FEC20211231.txt"
        header, *lines = file.read_text("iso8859-15").splitlines()
        rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
        sums: dict[str, dict[tuple[str, str], int]] = {"entry": {}, "account": {}}
        for row in rows:
            moved = sum(int(row[name].replace(",", "")) * sign for name, sign in signs.items())
            for kind, key in (
                ("entry", (row["JournalCode"], row["EcritureNum"])),
                ("account", (row["CompteNum"], "")),
            ):
                sums[kind][key] = sums[kind].get(key, 0) + moved
        assert set(sums["entry"].values()) == {0}
        assert sums["account"][("411000", "")] + sums["account"][("467100", "")] == cents
        for journal in ("VE", "IN"):
            numbers = sorted(int(number) for code, number in sums["entry"] if code == journal)
            assert numbers == list(range(1, len(numbers) + 1))
        invoices = {row["PieceRef"] for row in rows if row["JournalCode"] == "VE"}
        stems = {file.stem.rpartition("_")[2] for file in lake.exports.rglob("[FA][AV][CO][TI][UR]*.pdf")}
        assert invoices <= stems
