"""The structured invoice: EN 16931 in CII syntax, embedded in the PDF as Factur-X.

The package factur-x writes the XML from the standard's business terms (BT-1 is the number) and checks it
against its schema. Amounts are the invoice's own; nothing is computed here but their sums. Why: D-113, D-117.
"""

import re
from decimal import Decimal
from typing import Any

from facturx import generate_from_binary
from facturx.generate_xml import generate_cii_xml

from dagster_project.catalogue.identity import Address
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.reports.invoice.invoice import LEGAL_NOTES, Invoice
from dagster_project.reports.shared.vat import Vat

_INVOICE, _CREDIT_NOTE = "380", "381"
_SERVICES = "S1"  # French process: a service is invoiced
_TRANSFER = "30"
_SIREN, _SIRET, _DIRECTORY = "0002", "0009", "0225"  # schemes; 0225: address in the French directory
_PIECE = "C62"
_OUTSIDE = "O"  # an invoice outside the scope of VAT names no VAT number (BR-O-02)


def facturx_xml(invoice: Invoice) -> bytes:
    """The invoice as EN 16931 XML. Raises Exception when it breaks the schema."""
    terms = _header(invoice) | _totals(invoice) | {"BG-25": _lines(invoice)}
    xml = generate_cii_xml(terms, level="en16931", check_xsd=True, check_schematron=False)
    assert isinstance(xml, bytes)
    return xml


def embed(pdf: bytes, invoice: Invoice) -> bytes:
    """The PDF/A-3 with the XML in it; the same invoice gives the same bytes."""
    metadata = {
        "author": invoice.operator.name,
        "title": f"{invoice.title} n° {invoice.reference}",
        "subject": f"{invoice.campaign_name}, {invoice.period_label}",
        "keywords": "Factur-X",
    }
    embedded = generate_from_binary(
        pdf, facturx_xml(invoice), level="en16931", pdf_metadata=metadata, lang="fr-FR",
        afrelationship="alternative", check_xsd=False, xmp_compression=False,
    )  # fmt: skip
    # The package dates the file by the wall clock; its two spellings of an instant become the day of issue.
    day = invoice.issued_on
    embedded = re.sub(rb"(D(?::|\\072))\d{14}", rb"\g<1>" + f"{day:%Y%m%d}000000".encode(), embedded)
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", f"{day}T00:00:00+00:00".encode(), embedded)


def _header(invoice: Invoice) -> dict[str, Any]:
    operator, authority = invoice.operator, invoice.authority
    terms: dict[str, Any] = {
        "BT-1": invoice.reference,
        "BT-2": invoice.issued_on,
        "BT-3": _CREDIT_NOTE if invoice.is_credit_note else _INVOICE,
        "BT-5": "EUR",
        "BT-10": authority.service.code,
        "BT-12": invoice.convention_reference,
        "BT-20": f"{invoice.payment_term_days} jours suivant la réception ({invoice.payment_article})",
        "BT-23": _SERVICES,
        "BT-72": invoice.period_end,
        "BT-73": invoice.period_start,
        "BT-74": invoice.period_end,
        "BG-1": [{"BT-21": subject, "BT-22": text} for subject, text in LEGAL_NOTES.items()],
        "BG-3": [{"BT-25": earlier.number, "BT-26": earlier.issued_on} for earlier in invoice.preceding],
        "BG-4": _party(operator) | _tax_identity(invoice) | {"legal_info": operator.legal_form},
        "BG-7": _party(authority),
    }
    if not invoice.is_credit_note:
        bank = operator.account(invoice.issued_on)
        transfer = {"BT-81": _TRANSFER, "BT-84": bank.iban, "BT-85": bank.holder, "BT-86": bank.bic}
        terms |= {"BT-9": invoice.due_on} | transfer
    return terms


def _tax_identity(invoice: Invoice) -> dict[str, str]:
    """The VAT number or, without one, the SIREN, by which the tax office knows the operator (BR-E-02)."""
    operator = invoice.operator
    if any(vat.category == _OUTSIDE for vat in invoice.vats):
        return {}
    return (
        {"vat_identifier": operator.vat_number} if operator.vat_number else {"tax_identifier": operator.siren}
    )


def _party(party: Operator | Authority) -> dict[str, Any]:
    return {
        "name": party.name,
        "identifiers": {_SIRET: party.siret},
        "legal_identifier": party.siren,
        "legal_identifier_schemeid": _SIREN,
        "einvoicing_addr": party.siren,
        "einvoicing_addr_schemeid": _DIRECTORY,
    } | _address(party.address)


def _address(address: Address) -> dict[str, str]:
    return {
        "addr_l1": address.street,
        "postcode": address.postcode,
        "city": address.city,
        "country_code": "FR",
    }


def _totals(invoice: Invoice) -> dict[str, Any]:
    """Totals and VAT breakdown: BR-CO-10, 13, 14, 15, 16 hold by construction."""
    sums = invoice.ex_vat_cents, invoice.vat_cents, invoice.total_cents
    ex_vat, vat, total = (_euros(cents * invoice.sign) for cents in sums)
    breakdowns = [
        {
            "BT-116": _euros(sum(line.cents for line in lines) * invoice.sign),
            "BT-117": _euros(sum(line.vat_cents for line in lines) * invoice.sign),
            "BT-118": vat.category,
            "BT-119": _rate(vat),
            "BT-120": vat.mention,
            "BT-121": vat.exemption_code,
        }
        for vat, lines in invoice.vats.items()
    ]
    return {
        "BT-106": ex_vat, "BT-109": ex_vat, "BT-110": vat, "BT-112": total, "BT-115": total,
        "BG-23": breakdowns,
    }  # fmt: skip


def _lines(invoice: Invoice) -> list[dict[str, Any]]:
    return [
        {
            "BT-126": str(number),
            "BT-129": str(line.quantity * invoice.sign),
            "BT-130": _PIECE,
            "BT-131": _euros(line.cents * invoice.sign),
            "BT-146": _euros(line.unit_cents),
            "BT-151": invoice.vat_of(line).category,
            "BT-152": _rate(invoice.vat_of(line)),
            "BT-153": line.label,
            "BT-154": line.detail,
        }
        for number, line in enumerate(invoice.lines, start=1)
    ]


def _rate(vat: Vat) -> str | None:
    return None if vat.category == _OUTSIDE else f"{vat.percent:.2f}"


def _euros(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):.2f}"
