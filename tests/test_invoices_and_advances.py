"""Invoices and advances: the ledger's cents on paper, in Excel and in the structured invoice."""

import io
import re
import shutil
from dataclasses import replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import facturx
import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.parties import Operator
from dagster_project.reports.advance import advance as advances
from dagster_project.reports.advance.advance import Advance, AdvanceQuarter
from dagster_project.reports.advance.documents import advance_pdf, write_advance
from dagster_project.reports.invoice import invoice as invoices
from dagster_project.reports.invoice.facturx import facturx_xml
from dagster_project.reports.invoice.invoice import InvoiceLine
from dagster_project.reports.invoice.letter import invoice_pdf
from dagster_project.reports.invoice.workbook import write_invoice
from dagster_project.reports.shared.french import french_of, french_period, typographic
from dagster_project.reports.shared.payment import Payment
from dagster_project.reports.shared.source import article_words
from dagster_project.reports.shared.vat import FRANCHISE, Vat
from tests.support.invoices import (
    AUTHORITY,
    CANCELLED,
    CATALOGUE,
    CREDIT_NOTE,
    INVOICE,
    MARCH,
    NO_NUMBER,
    OPERATOR,
    words_of,
)
from tests.support.schematrons import Check
from tests.support.spreadsheets import replay

# CONVENTION 8.4: six fields of the account and its holder, then the BIC.
WHOLE_ACCOUNT = (
    "Compte à créditer Titulaire du compte Karavane Nom de la banque et localisation Banque fictive, "
    "Valserhône Code établissement 99999 Code guichet 00001 Numéro de compte 00888765435 Clé RIB 40 "
    "IBAN FR76 9999 9000 0100 8887 6543 540 BIC FICTFRP0XXX"
)


def test_invoice_and_credit_note_hold_to_en_16931_and_to_the_french_rules(broken_rules: Check) -> None:
    nothing = replace(INVOICE, lines=(InvoiceLine(4, 50, 40), CANCELLED))
    for invoice in (INVOICE, CREDIT_NOTE, nothing):
        assert broken_rules(facturx_xml(invoice)) == []
    wrong = facturx_xml(INVOICE).replace(b"<ram:LineTotalAmount>154.14</", b"<ram:LineTotalAmount>154.15</")
    assert "BR-CO-10" in str(broken_rules(wrong))
    nameless = re.sub(rb"<ram:SubjectCode>PMT</ram:SubjectCode>", b"", facturx_xml(INVOICE))
    assert "BR-FR-05" in str(broken_rules(nameless))


FREED = [InvoiceLine(312, 50, 0), CANCELLED_FREE := replace(CANCELLED, vat_cents=0)]


@pytest.mark.parametrize(
    ("vat", "operator", "lines", "categories", "told"),
    [
        (Vat(850), OPERATOR, [InvoiceLine(3, 200, 51), InvoiceLine(1, 14, 1)], {"S": ["8.50"]}, ""),
        (Vat(105), OPERATOR, [InvoiceLine(3, 2_000, 63)], {"S": ["1.05"]}, ""),
        (FRANCHISE, NO_NUMBER, FREED, {"E": ["0.00"]}, "TVA non applicable, article 293 B du CGI"),
        (Vat(0, "exoneree", "article 261 du CGI"), OPERATOR, FREED, {"E": ["0.00"]}, "article 261 du CGI"),
        (Vat(0, "hors_champ"), NO_NUMBER, FREED, {"O": []}, "hors du champ"),
        # In franchise in the month that is corrected, since then no more: one line each.
        (
            Vat(2_000),
            OPERATOR,
            [InvoiceLine(312, 50, 3_120), replace(CANCELLED_FREE, is_without_vat=True)],
            {"S": ["20.00"], "E": ["0.00"]},
            "article 293 B",
        ),
    ],
)
def test_every_kind_of_vat_holds_to_the_rules_and_says_the_laws_words(
    broken_rules: Check,
    vat: Vat,
    operator: Operator,
    lines: list[InvoiceLine],
    categories: dict[str, list[str]],
    told: str,
) -> None:
    invoice = replace(INVOICE, vat=vat, operator=operator, lines=tuple(lines))
    xml = facturx_xml(invoice)
    assert broken_rules(xml) == []
    breakdown = etree.fromstring(xml).xpath(
        "//*[local-name()='ApplicableTradeTax'][*[local-name()='BasisAmount']]"
    )
    found = {
        one.xpath("string(*[local-name()='CategoryCode'])"): one.xpath(
            "*[local-name()='RateApplicablePercent']/text()"
        )
        for one in breakdown
    }
    assert found == categories
    if told:
        assert told in xml.decode()
        assert told in str([value for _, value in invoice.references])
    assert (b'schemeID="VA"' in xml) == (operator is OPERATOR)
    # A rate that does not belong to its category is found.
    assert broken_rules(
        xml.replace(b"<ram:CategoryCode>" + next(iter(categories)).encode(), b"<ram:CategoryCode>Z")
    )


FEES = st.sampled_from([50, 25, 100, 35])  # whole cents of VAT at 20 %
CUTS = st.integers(1, 59)  # what the pot left for a fee with its VAT


def cut(cents: int) -> InvoiceLine:
    """The fee of a journey that the pot cut, split as the warehouse does."""
    ex_vat = int((Decimal(cents) * 100 / 120).quantize(Decimal(1), ROUND_HALF_UP))
    return InvoiceLine(1, ex_vat, cents - ex_vat, "solde de l’enveloppe")


@settings(max_examples=12)
@given(
    st.lists(st.tuples(st.integers(-2_000, 60_000).filter(bool), FEES), min_size=1, max_size=4),
    st.lists(CUTS, max_size=4),
)
def test_the_vat_is_the_ledgers_to_the_cent_whatever_the_lines(
    broken_rules: Check,
    fees: list[tuple[int, int]],
    cuts: list[int],
) -> None:
    whole = [InvoiceLine(count, fee, count * fee // 5, "motif", True, MARCH) for count, fee in fees]
    invoice = replace(INVOICE, lines=(*whole, *map(cut, cuts)))
    assert abs(invoice.vat_gap_cents) <= len(cuts)
    xml = facturx_xml(invoice)
    assert broken_rules(xml) == []
    told = [Decimal(one) * invoice.sign * 100 for one in _texts(xml, "TaxTotalAmount", "DuePayableAmount")]
    assert told == [invoice.vat_cents, invoice.total_cents]
    assert (
        sum(Decimal(one) for one in _texts(xml, "LineTotalAmount")[:-1]) * 100
        == invoice.ex_vat_cents * invoice.sign
    )


def _texts(xml: bytes, *names: str) -> list[str]:
    return [
        text for name in names for text in etree.fromstring(xml).xpath(f"//*[local-name()='{name}']/text()")
    ]


def test_the_pdf_is_the_structured_invoice_and_bears_no_other_date_than_its_own() -> None:
    pdf = invoice_pdf(INVOICE)
    assert invoice_pdf(INVOICE) == pdf
    name, xml = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True, check_schematron=False)
    assert (name, xml) == ("factur-x.xml", facturx_xml(INVOICE))
    reader = PdfReader(io.BytesIO(pdf))
    (embedded,) = reader.attachment_list
    dates = [str(reader.metadata[name]) for name in ("/CreationDate", "/ModDate")] if reader.metadata else []
    assert {*dates, f"{embedded.modification_date:D:%Y%m%d%H%M%S+00'00'}"} == {"D:20210503000000+00'00'"}
    xmp = str(reader.root_object["/Metadata"].get_data(), "utf-8")
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[0-9:+]+", xmp)) == {"2021-05-03T00:00:00+00:00"}
    assert "<pdfaid:part>3</pdfaid:part>" in xmp and "<fx:ConformanceLevel>EN 16931<" in xmp
    page = words_of(pdf)
    for told in (
        "Facture n° KARAVANE-00012", "SIRET 888 765 435 00019", "TVA FR87888765435", "Auvergne-Rhône-Alpes",
        "SIRET 200 075 372 00017", "Convention BU2021_01", "du 01/04/2021 au 30/04/2021", "Total HT 154,14 €",
        "312 0,50 € 20 % 156,00 €", "TVA à 20 % 30,83 €", "Total TTC 184,97 €",
        "Net à payer au plus tard le 02/06/2021", "frais de recouvrement de 40 €", "Pas d’escompte",
        "RCS Bourg-en-Bresse",
    ):  # fmt: skip
        assert told in page, told


def test_texts_are_french_whatever_they_are_made_of(tmp_path: Path) -> None:
    assert [french_of(name) for name in ("mars 2021", "avril 2021", "août 2021", "octobre 2021")] == [
        *("de mars 2021", "d’avril 2021", "d’août 2021", "d’octobre 2021")
    ]
    told = {None: "", "6.2": "article 6.2", "6.2, annexe 2": "article 6.2 et annexe 2",
            "6.1, 8.3": "articles 6.1 et 8.3", "5, 8.2, 8.4": "articles 5, 8.2 et 8.4",
            "6.1, 8.3, annexe 2": "articles 6.1 et 8.3, et annexe 2"}  # fmt: skip
    assert {article: article_words(article) for article in told} == told
    first, third = (date(2021, 1, 1), date(2021, 3, 31)), (date(2021, 7, 1), date(2021, 9, 30))
    assert [french_period(*days) for days in (first, third)] == ["1ᵉʳ trimestre 2021", "3ᵉ trimestre 2021"]
    assert typographic("l'aire d'Aix, 'entre guillemets' de 5'") == "l’aire d’Aix, 'entre guillemets' de 5'"
    april = replace(MARCH, number="KARAVANE-00010", period_label="avril 2021")
    line = replace(CANCELLED, reason="l'autre", corrects=april)
    invoice = replace(INVOICE, lines=(INVOICE.lines[0], line), campaign_name="L'Opération")
    page = words_of(invoice_pdf(invoice))
    for words in ("Commission d’avril 2021, facture", "l’autre", "L’Opération"):
        assert words in page, words
    write_invoice(tmp_path / "invoice.xlsx", invoice)
    cells = [
        one for row in openpyxl.load_workbook(tmp_path / "invoice.xlsx").active.iter_rows() for one in row
    ]
    assert not [one.value for one in cells if "'" in str(one.value)]
    dates = [one.value.date() for one in cells if isinstance(one.value, datetime)]
    assert dates == [invoice.issued_on, invoice.due_on]  # dates, no texts


def test_a_negative_total_is_a_credit_note_in_the_authoritys_favour(tmp_path: Path) -> None:
    page = words_of(invoice_pdf(CREDIT_NOTE))
    assert "Avoir n° KARAVANE-00013" in page and "Avoir en faveur de l’autorité 1,80 €" in page
    assert "IBAN" not in page and "KARAVANE-00011 du 02/04/2021" in page
    assert invoices.file_stem(CREDIT_NOTE) == "AVOIR_2021-04_KARAVANE-00013"
    with pytest.raises(ValueError, match="a credit note names the invoices"):
        replace(CREDIT_NOTE, lines=(replace(CANCELLED, corrects=None),))


def test_an_invoice_that_no_validator_would_take_is_not_made() -> None:
    with pytest.raises(ValueError, match="the ledger's VAT lies 100 cents from 20 %"):
        replace(INVOICE, lines=(InvoiceLine(300, 50, 3_100),))
    with pytest.raises(ValueError, match="a price is negative"):
        replace(INVOICE, lines=(InvoiceLine(3, -50, -30),))
    with pytest.raises(ValueError, match="a line at least"):
        replace(INVOICE, lines=())


def quarter(start: date, end: date, *cents: int, is_over: bool = True) -> AdvanceQuarter:
    return AdvanceQuarter(start, end, *cents, is_over=is_over)


QUARTERS = (
    quarter(date(2021, 2, 23), date(2021, 3, 31), 180_000, 180_000, 151_230, 31_230),
    quarter(date(2021, 4, 1), date(2021, 6, 30), 180_000, 60_000, 98_000, 138_000),
)
ADVANCE = Advance(
    number=2, issued_on=date(2021, 7, 5), operator=OPERATOR, authority=AUTHORITY, campaign_id="pmgf_2021",
    campaign_name="Incitation 2021", convention_reference="BU2021_01", article="article 8.1", is_final=False,
    quarters=QUARTERS,
    payment=Payment(
        138_000, OPERATOR.bank[0], "complément d’acompte (état d’acompte n° 2)", date(2021, 8, 4),
        "30 jours après réception, article 8.4", "imputée",
    ),
)  # fmt: skip


def test_an_advance_says_what_is_left_and_who_pays_whom() -> None:
    page = words_of(advance_pdf(ADVANCE))
    assert "2e trimestre 2021 1 800,00 € 600,00 € 980,00 € −380,00 € 1 380,00 € 1 000,00 €" in page
    assert "À payer par l’autorité au plus tard le 04/08/2021 (30 jours après réception, article 8.4)" in page
    assert "pour : complément d’acompte (état d’acompte n° 2) 1 380,00 €" in page
    assert WHOLE_ACCOUNT in page
    on_the_call = replace(ADVANCE.payment, statement="état d’acompte n° 2", purpose="complément d’acompte")
    assert (on_the_call.amount, on_the_call.account_fields) == (ADVANCE.payment.amount, ())
    assert on_the_call.sentence == (
        "À ne pas payer sur cet appel : l’état d’acompte n° 2 demande cette somme, une seule fois, au plus "
        "tard le 04/08/2021 (30 jours après réception, article 8.4), pour : complément d’acompte"
    )
    assert "À payer" not in replace(on_the_call, cents=-1).sentence
    last = quarter(date(2021, 7, 1), date(2021, 9, 30), 100_000, 100_000, 44_310, -55_690)
    returned = replace(ADVANCE.payment, cents=-55_690, purpose="trop-perçu d’acompte (état d’acompte n° 3)")
    final = replace(ADVANCE, number=3, is_final=True, quarters=(*QUARTERS, last), payment=returned)
    assert final.payment.sentence == (
        "Rien à payer par l’autorité. À rembourser par le bénéficiaire, à première demande : "
        "trop-perçu d’acompte (état d’acompte n° 3)"
    )
    assert "IBAN" not in words_of(advance_pdf(final))
    assert advances.file_stem(final) == "ACOMPTE_2021-T3_pmgf_2021_karavane_03_-55690"
    with pytest.raises(ValueError, match="a final statement closes at zero"):
        nothing = replace(returned, cents=0)
        replace(final, quarters=(*QUARTERS, replace(last, revision_cents=0)), payment=nothing)
    with pytest.raises(ValueError, match="from 2021-04-01 does not open with"):
        replace(ADVANCE, quarters=(QUARTERS[0], replace(QUARTERS[1], opening_cents=1)))


def test_libreoffice_recalculates_invoice_and_advance_and_no_text_becomes_a_formula(tmp_path: Path) -> None:
    hostile = replace(CANCELLED, reason='=HYPERLINK("http://exemple.invalid")')
    invoice = replace(CREDIT_NOTE, campaign_name="=1+1", lines=(hostile, InvoiceLine(1, 14, 3)))
    for name, write, formulas in (
        ("invoice", lambda path: write_invoice(path, invoice), 6),
        ("advance", lambda path: write_advance(path, ADVANCE), 6),
    ):
        path, folder = tmp_path / f"{name}.xlsx", tmp_path / name
        folder.mkdir()
        write(path)
        first = path.read_bytes()
        write(path)
        assert path.read_bytes() == first
        assert replay(path, folder)[1] == formulas
    cells = [
        cell for row in openpyxl.load_workbook(tmp_path / "invoice.xlsx").active.iter_rows() for cell in row
    ]
    assert not [cell for cell in cells if cell.data_type == "f" and "HYPERLINK" in str(cell.value)]
    assert [one for one in cells if OPERATOR.bank[0].iban in re.sub(r"\s", "", str(one.value))] == []


@pytest.mark.parametrize(
    ("key", "line", "told"),
    [
        (
            "iban",
            '  iban: "FR76 9999 9000 0100 8887 6543 541"',
            r"bank.iban : .*pas un IBAN .*recopier du RIB",
        ),
        ("bic", "  bic: FICT", r"bank.bic : .*pas un BIC .*recopier du RIB"),
        (
            "vat_number",
            'vat_number: "FR37902345677"',
            r"vat_number : .*numéro de TVA de ce SIRET .*Sirene",
        ),
        ("address", 'address: {street: "", postcode: "1200", city: "V"}', r"address.street : texte vide"),
        (
            "address",
            'address: {street: "R", postcode: "1200", city: "V"}',
            r"address.postcode : cinq chiffres .*`1200`",
        ),
        ("siret", 'siret: "88876543500018"', r"siret : .*pas un SIRET .*extrait Sirene"),
    ],
)
def test_a_wrong_number_of_an_operator_names_file_line_and_remedy(
    tmp_path: Path, key: str, line: str, told: str
) -> None:
    folder = tmp_path / "operators"
    shutil.copytree(CATALOGUE / "operators", folder)
    lines = (folder / "karavane.yml").read_text("utf-8").splitlines()
    (place,) = [index for index, text in enumerate(lines) if text.strip().startswith(f"{key}:")]
    lines[place] = line
    (folder / "karavane.yml").write_text("\n".join(lines), "utf-8")
    with pytest.raises(catalogue.CatalogueError, match=rf"karavane\.yml:{place + 1}: {told}") as raised:
        catalogue.operators(tmp_path)
    assert "9999" not in str(raised.value)
