"""What a night lays into operators' folders: lists of payments, demands, invoices; messages to hand on.

A message « Encaissée » is laid once, when a night first finds the invoice paid whole: the table of statuses
remembers it. Why: D-229.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import polars as pl

from dagster_project.contracts.invoice_statuses import COLLECTED, INVOICE_STATUSES
from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.payments import answers, status_answers
from dagster_project.payments.collected import Message
from dagster_project.reports.invoice.source import invoices_of
from dagster_project.reports.shared.source import Parties

_SQL = statements(__file__)


def write_follow_ups(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    parties: Parties,
    troubles: Troubles,
) -> int:
    """Each operator's lists of tonight and its new messages, beside its answers; how many operators."""
    ours = lake.read(INVOICE_STATUSES).filter("is_ours")
    known = set(ours.select("operator_id", "reference").iter_rows())
    messages: dict[str, list[Message]] = {}
    for message in _collected(connection, parties):
        if (operator_id := message.invoice.operator.id, message.invoice.reference) not in known:
            messages.setdefault(operator_id, []).append(message)
    written = 0
    for operator_id, _ in operators(lake.payments, troubles):
        new = messages.get(operator_id, [])
        files = {
            **answers.follow_ups(connection, operator_id),
            **status_answers.follow_ups(connection, operator_id),
            **{message.file_name: message.xml for message in new},
        }
        laid = deliver(lake, operator_id, files, troubles, root=lake.payments)
        if laid and new:  # killed before this, the next night lays the same bytes again
            _remember(lake, operator_id, new, business_date)
        written += laid
    return written


def _collected(connection: duckdb.DuckDBPyConnection, parties: Parties) -> Iterator[Message]:
    """The invoices that are paid whole, and of which nobody has said so yet."""
    paid: dict[str, dict[str, date]] = {}
    for campaign_id, reference, paid_on in connection.execute(_SQL["collected"]).fetchall():
        paid.setdefault(campaign_id, {})[reference] = paid_on
    for campaign_id, of_campaign in paid.items():
        for invoice in invoices_of(connection, campaign_id, parties):
            if invoice.reference in of_campaign:
                yield Message(invoice, of_campaign[invoice.reference])


def _remember(lake: Lake, operator_id: str, messages: list[Message], business_date: date) -> None:
    rows: list[dict[str, Any]] = [
        {
            "message_id": message.file_name,
            "operator_id": operator_id,
            "reference": message.invoice.reference,
            "invoice_on": message.invoice.issued_on,
            "status_code": COLLECTED,
            "stated_at": message.stated_at,
            "reason_codes": [],
            "approved_cents": None,
            "is_ours": True,
            "taken_on": business_date,
        }
        for message in messages
    ]
    part = f"ours-{operator_id}-{business_date}-{messages[0].invoice.number:05d}"
    lake.write(INVOICE_STATUSES, pl.DataFrame(rows, schema=INVOICE_STATUSES.empty.schema), part)
