"""The message that the seller owes: « Encaissée » (212), once the payment of an invoice is matched whole.

The operator hands it to its platform. It says the same bytes whenever it is made: its instant is the end of
the day that the bank booked the last part. Not here: 200, 201, 202, 203 and 213, which platforms alone state
(BR-FR-CDV-CL-02 and 03). Why: D-228, D-229.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from dagster_project.contracts.invoice_statuses import COLLECTED, STATUSES
from dagster_project.contracts.moments import PARIS, last_instant
from dagster_project.reports.invoice.invoice import Invoice

_NAMES = {
    name: f"urn:un:unece:uncefact:data:standard:{whole}:100"
    for name, whole in (
        ("rsm", "CrossDomainAcknowledgementAndResponse"),
        ("ram", "ReusableAggregateBusinessInformationEntity"),
        ("qdt", "QualifiedDataType"),
        ("udt", "UnqualifiedDataType"),
    )
}
_PROFILE = "urn.cpro.gouv.fr:1p0:CDV:invoice"
_INVOICE, _OF_TREATMENT, _PAID = "380", "23", "47"
_SIREN, _DIRECTORY = "0002", "0225"
_RECEIVED = "MEN"  # amount received, a line for each rate of VAT (BR-FR-CDV-14)


@dataclass(frozen=True)
class Message:
    """One message « Encaissée »: the invoice, and the day on which the bank showed its last part."""

    invoice: Invoice
    paid_on: date

    @property
    def file_name(self) -> str:
        """CDV_212_KARAVANE-00012.xml."""
        return f"CDV_{COLLECTED}_{self.invoice.reference}.xml"

    @property
    def stated_at(self) -> datetime:
        """The last whole second of that day in Paris, UTC: whatever was stated before it stays before it."""
        return last_instant(self.paid_on).replace(microsecond=0)

    @property
    def xml(self) -> bytes:
        """The message. The recipients beside the buyer are the platform's to add."""
        invoice, instant = self.invoice, f"{self.stated_at.astimezone(PARIS):%Y%m%d%H%M%S}"
        day, buyer = f"{invoice.issued_on:%Y%m%d}", invoice.authority
        service = invoice.service
        root = etree.Element(_tag("rsm:CrossDomainAcknowledgementAndResponse"), nsmap=_NAMES)
        context = _under(root, "rsm:ExchangedDocumentContext")
        _under(context, "ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID", "REGULATED")
        _under(context, "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", _PROFILE)
        head = _under(root, "rsm:ExchangedDocument")
        _under(head, "ram:ID", f"{invoice.reference}_{COLLECTED}_{instant}#{_INVOICE}_{day}")
        _under(head, "ram:Name", self.file_name.removesuffix(".xml"))
        _under(head, "ram:IssueDateTime/udt:DateTimeString", instant, format="204")
        _under(head, "ram:SenderTradeParty/ram:RoleCode", "SE")
        seller = _party(head, "ram:IssuerTradeParty", invoice.operator.siren, invoice.operator.name, "SE")
        _address(seller, invoice.operator.siren)
        payer = _party(head, "ram:RecipientTradeParty", buyer.siren, buyer.name, "BY")
        _address(payer, service.address if service and service.address else buyer.siren)
        acknowledgement = _under(root, "rsm:AcknowledgementDocument")
        _under(acknowledgement, "ram:MultipleReferencesIndicator/udt:Indicator", "false")
        _under(acknowledgement, "ram:TypeCode", _OF_TREATMENT)
        _under(acknowledgement, "ram:IssueDateTime/udt:DateTimeString", instant, format="204")
        document = _under(acknowledgement, "ram:ReferenceReferencedDocument")
        _under(document, "ram:IssuerAssignedID", invoice.reference)
        _under(document, "ram:StatusCode", _PAID)
        _under(document, "ram:TypeCode", _INVOICE)
        _under(document, "ram:FormattedIssueDateTime/qdt:DateTimeString", day, format="102")
        _under(document, "ram:ProcessConditionCode", COLLECTED)
        _under(document, "ram:ProcessCondition", STATUSES[COLLECTED].title)
        _under(document, "ram:IssuerTradeParty/ram:GlobalID", invoice.operator.siren, schemeID=_SIREN)
        status = _under(document, "ram:SpecifiedDocumentStatus")
        _under(status, "ram:SequenceNumeric", "1")
        for vat, lines in invoice.vats.items():
            amount = Decimal(sum(line.cents + line.vat_cents for line in lines)).scaleb(-2)
            part = _under(status, "ram:SpecifiedDocumentCharacteristic")
            _under(part, "ram:TypeCode", _RECEIVED)
            _under(part, "ram:ValueAmount", f"{amount:.2f}", currencyID="EUR")
            _under(part, "ram:ValuePercent", f"{vat.percent:.2f}")
        written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
        return written


def _party(head: etree._Element, name: str, siren: str, title: str, role: str) -> etree._Element:
    party = _under(head, name)
    _under(party, "ram:GlobalID", siren, schemeID=_SIREN)
    _under(party, "ram:Name", title)
    _under(party, "ram:RoleCode", role)
    return party


def _address(party: etree._Element, address: str) -> None:
    _under(party, "ram:URIUniversalCommunication/ram:URIID", address, schemeID=_DIRECTORY)


def _under(parent: etree._Element, path: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A new element at the end of a path of new elements."""
    for name in path.split("/"):
        parent = etree.SubElement(parent, _tag(name))
    parent.text = text
    parent.attrib.update(attributes)
    return parent


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMES[prefix]}}}{local}"
