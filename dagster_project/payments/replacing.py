"""An invoice that was refused or rejected: what is written down so that a credit note and a new one go out.

Nothing is edited: the invoice stays as it went out, and no closing, call or entry moves. Both documents are
numbered and dated here, of the day of the last night; they are drawn as every invoice is (reports/invoice).
Why: D-262, D-263.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from dagster_project.contracts.invoice_statuses import ENDS, INVOICE_REPLACEMENTS, STATUSES
from dagster_project.contracts.ledger import CLOSINGS
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.ledger import records
from dagster_project.reports.invoice.invoice import reference
from dagster_project.warehouse.cache import night_of

_SQL = statements(__file__)


class ReplacementError(Exception):
    """The invoice is not replaced; the message says why, and the remedy."""


@dataclass(frozen=True)
class Replacement:
    """What replaces an invoice, by number: the credit note and the new invoice."""

    credit: str
    invoice: str


def replace_invoice(
    lake: Lake, connection: duckdb.DuckDBPyConnection, number: str, reason_code: str
) -> Replacement:
    """Write down that an invoice is replaced, on the day of the last night. Raises ReplacementError.

    `connection`: the cache of that night, under the lock. What is made from it is to be made anew.
    """
    states = connection.execute(_SQL["state"], {"reference": number}).pl().to_dicts()
    if not states:
        raise ReplacementError(f"There is no invoice {number}. Remedy: take it from suivi_des_factures.csv.")
    (state,) = states
    operator_id, replaced, on = state["operator_id"], state["invoice_number"], night_of(connection)
    of_operator = lake.read(INVOICE_REPLACEMENTS).filter(operator_id=operator_id)
    if (done := of_operator.filter(replaced_number=replaced)).height:
        new = reference(operator_id, done["credit_number"][0] + 1)
        raise ReplacementError(
            f"{number} was replaced by {new} on {done['replaced_on'][0]}: nothing was done."
        )
    if state["total_cents"] <= 0:
        raise ReplacementError(
            f"{number} is a credit note. Remedy: none is needed; the next closing corrects."
        )
    if state["status_code"] not in ENDS:
        status = STATUSES[state["status_code"]].title if state["status_code"] else "without any status"
        raise ReplacementError(
            f"{number} is {status}: only an invoice that was refused (210) or rejected (213) is replaced. "
            f"Remedy: lay the platform's message into payments/{operator_id}/incoming/ and run the night."
        )
    if forged := next(records.problems(lake), ""):
        raise ReplacementError(f"{forged}. Remedy: entrepot ledger verify says all.")
    closings = lake.read(CLOSINGS)
    if closings.filter(pl.col("business_date") > on).height:
        raise ReplacementError("The last night has not come to its end. Remedy: run it again, then this.")
    credit = max([state["last_number"], *(of_operator["credit_number"] + 1)]) + 1
    row = {
        "operator_id": operator_id,
        "replaced_number": replaced,
        "credit_number": credit,
        "closing_number": state["closing_number"],
        "after_closing": closings["closing_number"].max(),
        "replaced_on": on,
        "reason_code": reason_code,
    }
    rows = pl.DataFrame([row], schema=INVOICE_REPLACEMENTS.empty.schema)
    records.write(lake, [(INVOICE_REPLACEMENTS, rows, f"{operator_id}-{replaced:05d}")])
    return Replacement(reference(operator_id, credit), reference(operator_id, credit + 1))
