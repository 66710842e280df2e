"""The structured invoice: EN 16931 in CII syntax, embedded in the PDF as Factur-X.

Two identifiers of the buyer, or several invoices corrected at once, are more than EN 16931 says to a public
buyer: then it is Factur-X EXTENDED, within EXTENDED-CTC-FR. The package factur-x writes the XML from the
standard's business terms (BT-1 is the number) and checks it against its schema. Amounts are the invoice's
own; nothing is computed here but their sums. Not here: what the platform refuses (platform). Why: D-113,
D-117, D-250.
"""

import re
from typing import Any

from facturx import generate_from_binary
from facturx.generate_xml import generate_cii_xml

from dagster_project.catalogue.letterhead import Address
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.contracts.money import euros
from dagster_project.errors import DocumentError
from dagster_project.reports.invoice.invoice import Invoice, InvoiceReference
from dagster_project.reports.invoice.platform import refusals
from dagster_project.reports.shared.vat import Vat

_INVOICE, _CREDIT_NOTE = "380", "381"
_SERVICES = "S1"  # French process: a service is invoiced
_TRANSFER = "30"
# Schemes; 0224: code of a service, 0225: address in the French directory.
_SIREN, _SIRET, _SERVICE, _DIRECTORY = "0002", "0009", "0224", "0225"
_PIECE = "C62"
_OUTSIDE = "O"  # an invoice outside the scope of VAT names no VAT number (BR-O-02)

# What a French invoice must say on late payment, by the code that its electronic form gives each sentence.
LEGAL_NOTES = {
    "PMD": "Tout retard de paiement ouvre droit à des intérêts moratoires au taux de refinancement de la "
    "Banque centrale européenne majoré de huit points (code de la commande publique, articles L. 2192-13 "
    "et R. 2192-31).",
    "PMT": "Tout retard de paiement ouvre droit à une indemnité forfaitaire pour frais de recouvrement de "
    "40 € (code de la commande publique, article D. 2192-35).",
    "AAB": "Pas d’escompte pour paiement anticipé.",
}


def facturx_xml(invoice: Invoice) -> bytes:
    """The invoice as XML. Raises DocumentError where a platform would refuse it, Exception where XSD does."""
    terms = _header(invoice) | _totals(invoice) | {"BG-25": _lines(invoice)}
    xml = generate_cii_xml(terms, level=_level(invoice), check_xsd=True, check_schematron=False)
    assert isinstance(xml, bytes)
    if faults := refusals(invoice, xml):
        raise DocumentError(" ; ".join(faults))
    return xml


def _level(invoice: Invoice) -> str:
    return "extended" if invoice.service or len(invoice.preceding) > 1 else "en16931"


def embed(pdf: bytes, invoice: Invoice) -> bytes:
    """The PDF/A-3 with the XML in it; the same invoice gives the same bytes."""
    metadata = {
        "author": invoice.operator.name,
        "title": f"{invoice.title} n° {invoice.reference}",
        "subject": f"{invoice.campaign_name}, {invoice.period_label}",
        "keywords": "Factur-X",
    }
    embedded = generate_from_binary(
        pdf, facturx_xml(invoice), level=_level(invoice), pdf_metadata=metadata, lang="fr-FR",
        afrelationship="alternative", check_xsd=False, xmp_compression=False,
    )  # fmt: skip
    # The package dates the file by the wall clock; its two spellings of an instant become the day of issue.
    day = invoice.issued_on
    embedded = re.sub(rb"(D(?::|\\072))\d{14}", rb"\g<1>" + f"{day:%Y%m%d}000000".encode(), embedded)
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", f"{day}T00:00:00+00:00".encode(), embedded)


def _header(invoice: Invoice) -> dict[str, Any]:
    operator, authority, service, order = invoice.operator, invoice.authority, invoice.service, invoice.order
    buyer = _party(authority)
    if service:
        buyer["identifiers"] |= {_SERVICE: service.code}
        buyer["einvoicing_addr"] = service.address or authority.siren
    terms: dict[str, Any] = {
        "BT-1": invoice.reference,
        "BT-2": invoice.issued_on,
        "BT-3": _CREDIT_NOTE if invoice.is_credit_note else _INVOICE,
        "BT-5": "EUR",
        "BT-10": service.code if service else "",
        "BT-12": order.market or invoice.convention_reference,
        "BT-13": order.engagement,
        "BT-17": [order.lot] if order.lot else [],
        "BT-20": f"{invoice.payment_term_days} jours suivant la réception ({invoice.payment_article})",
        "BT-23": _SERVICES,
        "BT-72": invoice.period_end,
        "BT-73": invoice.period_start,
        "BT-74": invoice.period_end,
        "BG-1": [{"BT-21": subject, "BT-22": text} for subject, text in LEGAL_NOTES.items()],
        # The platform takes one here (BR-FR-CPRO-20); where there are more, each line names its own.
        "BG-3": [{"BT-25": earlier.number, "BT-26": earlier.issued_on} for earlier in invoice.preceding[:1]],
        "BG-4": _party(operator) | _tax_identity(invoice) | {"legal_info": operator.legal_form},
        "BG-7": buyer,
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
    ex_vat, vat, total = (euros(cents * invoice.sign) for cents in sums)
    breakdowns = [
        {
            "BT-116": euros(sum(line.cents for line in lines) * invoice.sign),
            "BT-117": euros(sum(line.vat_cents for line in lines) * invoice.sign),
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
            "BT-131": euros(line.cents * invoice.sign),
            "BT-146": euros(line.unit_cents),
            "BT-151": invoice.vat_of(line).category,
            "BT-152": _rate(invoice.vat_of(line)),
            "BT-153": line.label,
            "BT-154": line.detail,
        }
        | (_corrected(line.corrects) if line.corrects and len(invoice.preceding) > 1 else {})
        for number, line in enumerate(invoice.lines, start=1)
    ]


def _corrected(earlier: InvoiceReference) -> dict[str, Any]:
    return {"EXT-FR-FE-136": earlier.number, "EXT-FR-FE-138": earlier.issued_on}


def _rate(vat: Vat) -> str | None:
    return None if vat.category == _OUTSIDE else f"{vat.percent:.2f}"
