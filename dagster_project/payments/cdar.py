"""A status message of the e-invoicing reform (flux 6): UN/CEFACT's CDAR, D22B or D23B, as XP Z12-012 has it.

Read are the few elements that tell which invoice has which status, when and why. Not here: whether the
invoice exists and the status may follow those before (dbt, `invoice_statuses`). Why: D-225 to D-227.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from dagster_project.contracts.invoice_statuses import REASONS, STATUSES
from dagster_project.contracts.moments import PARIS, first_instant
from dagster_project.payments.entries import Fault, cents, siren
from dagster_project.payments.markup import UnreadableXmlError, opened, text, texts
from dagster_project.payments.statement import Reading, references

_ROOT = "CrossDomainAcknowledgementAndResponse"
_APPROVED = "MAPTTC"  # with VAT
_HEAD = 4_000  # bytes in which a message names itself
MOST_BYTES = 5_000_000  # of many times what a message says


def is_message(content: bytes) -> bool:
    """By its beginning, a status message and no bank statement."""
    return _ROOT.encode() in content[:_HEAD]


def read_message(
    content: bytes, operator_id: str, siren_on: Callable[[date], str], business_date: date
) -> Reading:
    """Every status that a message tells of the operator's invoices, and what is wrong with others.

    `siren_on`: the operator's SIREN on a day.
    """
    try:
        root = opened(content) if len(content) <= MOST_BYTES else None
    except UnreadableXmlError:
        root = None
    documents = []
    if root is not None and root.tag == _ROOT:
        documents = root.findall("AcknowledgementDocument/ReferenceReferencedDocument")
    if not documents:
        return Reading(faults=[Fault("fichier", "message_unreadable")])
    reading = Reading()
    for document in documents:
        place = f"ligne {document.sourceline}"
        row = _status(document, operator_id, siren_on, business_date)
        if isinstance(row, str):
            reading.faults.append(Fault(place, row))
        else:
            reading.places.append(place)
            reading.rows.append(row)
    return reading


def _status(
    document: Any, operator_id: str, siren_on: Callable[[date], str], business_date: date
) -> dict[str, Any] | str:
    """The status as a row, or the code of why it is not read."""
    numbers = references(text(document, "IssuerAssignedID"), operator_id, ())
    invoice_on = _moment(text(document, "FormattedIssueDateTime/DateTimeString")[:8], "%Y%m%d")
    sellers = {siren(identifier) for identifier in texts(document, "IssuerTradeParty/GlobalID")}
    code = text(document, "ProcessConditionCode")
    instant = text(document.getparent(), "IssueDateTime/DateTimeString")
    stated = _moment(instant, "%Y%m%d%H%M%S")
    if invoice_on is None:
        return "invoice_day_wrong"
    if siren_on(invoice_on.date()) not in sellers:
        return "seller_wrong"
    if len(numbers) != 1:
        return "number_wrong"
    if code not in STATUSES:
        return "status_wrong"
    if stated is None or stated.date() > business_date:
        return "instant_wrong"
    reasons = texts(document, "SpecifiedDocumentStatus/ReasonCode")
    return {
        "operator_id": operator_id,
        "reference": numbers[0],
        "invoice_on": invoice_on.date(),
        "status_code": code,
        "stated_at": first_instant(stated, PARIS),
        "reason_codes": list(dict.fromkeys(reason if reason in REASONS else "AUTRE" for reason in reasons)),
        "approved_cents": _approved(document),
        "is_ours": False,
        "taken_on": business_date,
    }


def _approved(document: Any) -> int | None:
    for part in document.findall("SpecifiedDocumentStatus/SpecifiedDocumentCharacteristic"):
        if text(part, "TypeCode") == _APPROVED:
            return cents(text(part, "ValueAmount"))
    return None


def _moment(digits: str, form: str) -> datetime | None:
    """A local moment; null where it is none."""
    try:
        moment = datetime.strptime(digits, form)
    except ValueError:
        return None
    return moment if f"{moment:{form}}" == digits else None
