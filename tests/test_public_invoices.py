"""What the platform of French public buyers asks of invoices: profile, references, lengths, VAT, files."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import facturx
import pytest
from lxml import etree

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.conventions import Order, ServiceCode
from dagster_project.catalogue.parties import MAX_ID, Authority
from dagster_project.contracts.public_invoices import MOST
from dagster_project.errors import DocumentError
from dagster_project.reports.invoice import platform
from dagster_project.reports.invoice.facturx import facturx_xml
from dagster_project.reports.invoice.invoice import Invoice, InvoiceLine, InvoiceReference, file_stem
from dagster_project.reports.invoice.letter import invoice_pdf
from dagster_project.reports.shared.vat import FRANCHISE, Vat
from tests.support.invoices import (
    AUTHORITY,
    CANCELLED,
    CATALOGUE,
    CREDIT_NOTE,
    INVOICE,
    NO_NUMBER,
    OPERATOR,
    words_of,
)
from tests.support.schematrons import Check

CODE = ServiceCode(code="FIN-01", address="200075372_20007537200017_FIN-01")
ORDERS = [
    Order(engagement="2021-00417", market="2021M07", lot="2"),
    Order.model_validate({"from": "2022-01-01", "engagement": "2022-00033"}),
]
FEBRUARY = InvoiceReference("KARAVANE-00010", date(2021, 3, 2), "février 2021", 1_200)
OTHER = replace(CANCELLED, corrects=FEBRUARY)


def authority(
    codes: list[ServiceCode] | None = None, orders: list[Order] | None = None, **changes: Any
) -> Authority:
    """The authority, whose service has codes, and whose convention with the operator has orders."""
    (signed,) = (one for one in AUTHORITY.conventions if one.operator == OPERATOR.id)
    service = AUTHORITY.service.model_copy(update={"code": codes or []} | changes)
    convention = signed.model_copy(update={"orders": orders or []})
    return AUTHORITY.model_copy(update={"service": service, "conventions": [convention]})


def _texts(xml: bytes, path: str) -> list[str]:
    names = "/".join(f"*[local-name()='{name}']" for name in path.split("/"))
    found: list[str] = etree.fromstring(xml).xpath(f"//{names}/text()")
    return found


def test_a_service_code_and_its_references_hold_to_the_extended_profiles(broken_rules: Check) -> None:
    invoice = replace(INVOICE, authority=authority([CODE], ORDERS))
    xml = facturx_xml(invoice)
    assert broken_rules(xml) == [] and b"factur-x.eu:1p0:extended" in xml
    buyer = _texts(xml, "BuyerTradeParty/GlobalID")
    assert buyer == [AUTHORITY.siret, "FIN-01"] and b'schemeID="0224"' in xml
    assert _texts(xml, "BuyerTradeParty/URIUniversalCommunication/URIID") == [CODE.address]
    assert _texts(xml, "BuyerReference") == ["FIN-01"]
    assert _texts(xml, "BuyerOrderReferencedDocument/IssuerAssignedID") == ["2021-00417"]
    assert _texts(xml, "ContractReferencedDocument/IssuerAssignedID") == ["2021M07"]
    assert _texts(xml, "AdditionalReferencedDocument/IssuerAssignedID") == ["2"]
    pdf = invoice_pdf(invoice)
    assert facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True, check_schematron=False)[1] == xml
    assert b"<fx:ConformanceLevel>EXTENDED<" in pdf
    page = words_of(pdf)
    for told in ("Numéro d’engagement 2021-00417", "Marché 2021M07", "Code service FIN-01"):
        assert told in page, told
    # The routing code is what EN 16931 cannot say: its own rules find it.
    named = xml.replace(b"2017#conformant#urn:factur-x.eu:1p0:extended<", b"2017<")
    assert "GlobalID" in str(broken_rules(named))


def test_what_counts_later_changes_no_invoice_that_went_out_before() -> None:
    first = replace(INVOICE, authority=authority([CODE], ORDERS[:1]))
    moved = ServiceCode.model_validate({"from": "2021-05-04", "code": "FIN-02"})
    later = replace(first, authority=authority([CODE, moved], ORDERS))
    assert invoice_pdf(later) == invoice_pdf(first)
    # One that went out the day after goes to the new service; its month keeps the engagement of its time.
    sent = facturx_xml(replace(later, sent_on=date(2021, 5, 4)))
    assert _texts(sent, "BuyerReference") == ["FIN-02"] and b"2021-00417" in sent
    december = replace(later, period_start=date(2021, 12, 1), period_end=date(2021, 12, 31))
    december = replace(december, issued_on=date(2022, 1, 4))
    assert b"2021-00417" in facturx_xml(december)
    # A first code that counts from later on does not reach back.
    assert facturx_xml(replace(INVOICE, authority=authority([moved]))) == facturx_xml(INVOICE)


@pytest.mark.parametrize("kept", [INVOICE.lines, CREDIT_NOTE.lines])
@pytest.mark.parametrize("payer", [AUTHORITY, authority([CODE], ORDERS)])
def test_one_invoice_is_corrected_at_the_head_and_each_by_its_line(
    broken_rules: Check, payer: Authority, kept: tuple[InvoiceLine, ...]
) -> None:
    invoice = replace(INVOICE, authority=payer, lines=(*kept, OTHER))
    xml = facturx_xml(invoice)
    assert broken_rules(xml) == [] and b"factur-x.eu:1p0:extended" in xml
    named = "InvoiceReferencedDocument/IssuerAssignedID"
    assert _texts(xml, f"ApplicableHeaderTradeSettlement/{named}") == ["KARAVANE-00011"]
    assert sorted(_texts(xml, f"SpecifiedLineTradeSettlement/{named}")) == [
        "KARAVANE-00010",
        "KARAVANE-00011",
    ]


def _long(length: int) -> str:
    return "x" * (length + 1)


def _refused(**changes: Any) -> Invoice:
    return replace(INVOICE, **changes)


def _operator(**changes: Any) -> Any:
    return OPERATOR.model_copy(update=changes)


def _street(name: str, rule: str) -> Any:
    return _operator(address=OPERATOR.address.model_copy(update={name: _long(MOST[rule])}))


# An invoice that breaks each rule, by what parties' files do not let through or by what nobody foresaw.
WRONG: dict[str, Callable[[], Invoice]] = {
    "BR-FR-CPRO-02": lambda: _refused(operator=_operator(id="a" * (MAX_ID + 1))),
    "BR-FR-CPRO-11": lambda: _refused(authority=authority(demands=["code"])),
    "BR-FR-CPRO-12": lambda: _refused(authority=authority(demands=["engagement"])),
    "BR-FR-CPRO-14": lambda: _refused(convention_reference=_long(50)),
    "BR-FR-CPRO-15": lambda: _refused(
        authority=authority(orders=[Order.model_construct(engagement=_long(50))])
    ),
    "BR-FR-CPRO-31": lambda: _refused(lines=(replace(INVOICE.lines[0], unit=_long(1024)),)),
    "BR-FR-CPRO-32": lambda: _refused(operator=_street("street", "BR-FR-CPRO-32")),
    "BR-FR-CPRO-33": lambda: _refused(operator=_street("city", "BR-FR-CPRO-33")),
    "BR-FR-CPRO-35": lambda: _refused(payment_article=_long(1024)),
    "BR-FR-CPRO-39": lambda: _refused(
        operator=_operator(
            bank=[OPERATOR.bank[0].model_copy(update={"iban": "MT84MALT011000012345MTLCAST001S"})]
        )
    ),
    "BR-FR-CPRO-43": lambda: _refused(operator=_operator(name=_long(99))),
    "BR-FR-CPRO-44": lambda: _refused(authority=AUTHORITY.model_copy(update={"name": _long(99)})),
    "BR-FR-16": lambda: _refused(vat=Vat(1_900), lines=(InvoiceLine(100, 50, 950),)),
    "BR-S-02": lambda: _refused(operator=NO_NUMBER),
    "293 B": lambda: _refused(vat=FRANCHISE, lines=(InvoiceLine(4, 50, 0),)),
}


@pytest.mark.parametrize("rule", WRONG)
def test_an_invoice_that_the_platform_would_refuse_is_not_made(rule: str) -> None:
    with pytest.raises(DocumentError, match=re.escape(rule)) as raised:
        facturx_xml(WRONG[rule]())
    assert "xxx" not in str(raised.value) and " ; " in str(raised.value)


def test_every_rule_on_the_xml_has_its_example() -> None:
    """What no invoice of ours can be made to break is broken in its XML."""
    xml = facturx_xml(INVOICE)
    broken = {
        "BR-FR-CPRO-03": xml.replace(b"0009", b"0088", 1),
        "BR-FR-CPRO-10": b"0088".join(xml.rsplit(b"0009", 1)),
        "BR-FR-CPRO-20": re.sub(rb"(<ram:InvoiceReferencedDocument>.*</ram:InvoiceReferencedDocument>)",
                                rb"\1\1", xml, flags=re.DOTALL),
        "BR-FR-CPRO-42": xml.replace(b"Pas d", b"x" * 1025),
    }  # fmt: skip
    for rule, wrong in broken.items():
        (fault,) = platform.refusals(INVOICE, wrong)
        assert rule in fault
    assert {*platform._TEXTS, *platform._COUNTS} <= {*WRONG, *broken}


def test_files_of_an_invoice_are_what_the_platform_takes() -> None:
    longest = replace(INVOICE, operator=_operator(id="a" * MAX_ID), number=99_999)
    assert len(longest.reference) == MOST["BR-FR-CPRO-02"]
    name = f"{file_stem(longest)}.xlsx"
    platform.check_file(name, b"x" * 9_000_000)
    with pytest.raises(DocumentError, match="BR-FR-CPRO-41"):
        platform.check_file(f"{'x' * 51}.pdf", b"x")
    with pytest.raises(DocumentError, match=r"9500001 octets .* facturer par mois"):
        platform.check_file(name, b"x" * 9_500_001)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("service:", 'service:\n  code: "É 1"', r"code.* sans accent.*BR-FR-24.*recopier"),
        ("service:", f"service:\n  code: {'x' * 101}", r"dépasse 100 caractères \(BR-FR-26\)"),
        ("service:", "service:\n  code: [{code: A}, {code: B}]", r"deux entrées du même jour"),
        ("service:", "service:\n  code: [{code: A, address: '999'}]", r"SIREN de l'autorité \(BR-FR-21\)"),
        (
            "signed_on: 2021-02-18",
            f"signed_on: 2021-02-18\n    orders: {{engagement: {'9' * 51}}}",
            r"50 caractères \(BR-FR-CPRO-15\)",
        ),
        (
            "signed_on: 2021-02-18",
            f"signed_on: 2021-02-18\n    orders: {{market: {'9' * 51}}}",
            r"50 caractères \(BR-FR-CPRO-14\)",
        ),
        ("name: Pôle", f"name: {'P' * 100}", r"99 caractères \(BR-FR-CPRO-44\)"),
    ],
)
def test_what_no_invoice_could_bear_is_told_when_the_authoritys_file_is_read(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    shutil.copytree(CATALOGUE, tmp_path / "data", ignore=shutil.ignore_patterns("reference", "home"))
    (tmp_path / "data/reference").symlink_to(CATALOGUE / "reference")
    file = tmp_path / "data/authorities/pmgf.yml"
    file.write_text(file.read_text("utf-8").replace(before, after, 1), "utf-8")
    with pytest.raises(catalogue.CatalogueError, match=rf"pmgf\.yml:\d+: .*{told}.*"):
        catalogue.authorities(tmp_path / "data")


def test_what_an_authority_demands_and_does_not_say_is_asked_before_any_invoice() -> None:
    asked = dict(authority(demands=["code", "engagement"]).asked())
    assert list(asked.values()) == [None, None] and "karavane" in str(list(asked))
    assert dict(authority([CODE], ORDERS, demands=["code", "engagement"]).asked()) == {
        "code du service (`service.code`)": date.min,
        "numéro d'engagement de la convention avec karavane (`orders`)": date.min,
    }
    assert "BR-FR-CPRO-02" in str([name for name, _ in _operator(id="a" * (MAX_ID + 1)).asked()])
