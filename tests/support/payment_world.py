"""Payments without nights: the models that match them, run on a few tables."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import polars as pl
from jinja2 import Environment

from dagster_project.contracts.invoice_statuses import INVOICE_STATUSES
from dagster_project.contracts.payments import PAYMENTS, STATEMENTS
from dagster_project.settings import PROJECT

MODELS = PROJECT / "dbt" / "models" / "payments"
_MACROS = ("money", "payments", "periods")
_STATES = ("invoice_statuses", "invoice_states")
_CAMPAIGNS = pl.DataFrame({"campaign_id": ["c"], "authority_id": ["a"]})
_MATCHING = (
    *("int_payments", "int_payment_shares", "payment_parts", "int_known_demands", "demand_accounts"),
    "payment_verdicts",
)
_DEMANDS: dict[str, Any] = {
    "reference": pl.String,
    "kind": pl.String,
    "campaign_id": pl.String,
    "authority_id": pl.String,
    "operator_id": pl.String,
    "number": pl.Int64,
    "document_id": pl.String,
    "period_start_on": pl.Date,
    "period_end_on": pl.Date,
    "decided_on": pl.Date,
    "sent_on": pl.Date,
    "due_on": pl.Date,
    "asked_cents": pl.Int64,
    "carried_cents": pl.Int64,
    "owed_cents": pl.Int64,
    "is_void": pl.Boolean,
    "known_on": pl.Date,
}
_COMPUTED = ("sent_on", "due_on", "owed_cents", "carried_cents")
_ASKED = {name: dtype for name, dtype in _DEMANDS.items() if name not in _COMPUTED}
_KEY: dict[str, Any] = {"campaign_id": pl.String, "operator_id": pl.String, "statement_number": pl.Int64}
_STEPS = (
    _KEY
    | {"kind": pl.String}
    | dict.fromkeys(("issued_on", "agreed_on", "period_start_on", "period_end_on"), pl.Date)
    | dict.fromkeys(("opening_cents", "consumed_cents", "revision_cents", "taken_over_cents"), pl.Int64)
)
_PAID = _KEY | {"paid_cents": pl.Int64}
_ISSUED: dict[str, Any] = {"campaign_id": pl.String, "document_id": pl.String, "issued_on": pl.Date}
_INVOICES: dict[str, Any] = {
    "campaign_id": pl.String, "operator_id": pl.String, "period_start_on": pl.Date, "period_end_on": pl.Date,
    "closing_number": pl.Int64, "invoice_number": pl.Int64, "replaced_number": pl.Int64,
    "replaced_by_number": pl.Int64, "issued_on": pl.Date, "total_cents": pl.Int64,
}  # fmt: skip


def demand(reference: str, cents: int, sent_on: date, due_on: date | None, **other: Any) -> dict[str, Any]:
    """One demand of operator o to authority a: an invoice, unless said otherwise."""
    return {
        "reference": reference, "kind": "invoice", "campaign_id": "c", "authority_id": "a",
        "operator_id": "o", "number": 1, "document_id": reference,
        "period_start_on": sent_on, "period_end_on": sent_on, "decided_on": sent_on,
        "sent_on": sent_on, "due_on": due_on, "asked_cents": cents, "carried_cents": 0, "owed_cents": cents,
        "is_void": False, "known_on": sent_on,
    } | other  # fmt: skip


def payment(key: str, day: date, cents: int, *named: str, payer: str | None = "a") -> dict[str, Any]:
    """One line of the bank of operator o."""
    return {
        "statement_id": f"o-{key}", "operator_id": "o", "entry_key": key, "booked_on": day,
        "amount_cents": cents, "payer_id": payer, "named_references": list(named),
    }  # fmt: skip


def matched(
    demands: Iterable[dict[str, Any]],
    payments: Iterable[dict[str, Any]],
    night: date,
    seen_on: date | None = None,
    invoices: Iterable[dict[str, Any]] = (),
    periods: Iterable[tuple[date | None, date]] = (),
    statuses: Iterable[dict[str, Any]] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Accounts of the demands, and verdicts on the payments.

    `periods`: first day that a statement says it covers, or none, and last day; by default one, to `seen_on`.
    """
    connection = _connection()
    lines = pl.DataFrame(list(payments), schema=PAYMENTS.empty.schema)
    told = pl.DataFrame(
        [
            {"statement_id": f"s{number}", "operator_id": "o", "first_on": first_on, "last_on": last_on}
            for number, (first_on, last_on) in enumerate(periods or [(None, seen_on or night)])
        ],
        schema=STATEMENTS.empty.schema,
    )
    rates = pl.DataFrame({"from_on": [date(2016, 3, 16), date(2022, 7, 27)], "rate_basis_points": [0, 50]})
    rates = rates.with_columns(to_on=pl.Series([date.max, date(2022, 12, 31)]))
    rules = pl.DataFrame(
        {"from_on": [date(2019, 4, 1)], "added_basis_points": [800], "indemnity_cents": [4_000]}
    )
    asked = pl.DataFrame(list(demands), schema=_DEMANDS)
    tables = {
        "staging.stg_payments": lines, "staging.stg_statements": told, "payments.demands": asked,
        "payments.int_demands": asked, "catalogue.refinancing_rates": rates,
        "catalogue.late_payment_rules": rules, "payments.fee_invoices": _invoices(invoices),
        "staging.stg_invoice_statuses": _statuses(statuses), "catalogue.campaigns": _CAMPAIGNS,
    }  # fmt: skip
    _build(connection, tables, (*_STATES, *_MATCHING), night)
    order = " order by all"
    return (
        connection.execute("from payments.demand_accounts" + order).pl(),
        connection.execute("from payments.payment_verdicts" + order).pl(),
    )


def invoice(number: int = 1, closing: int = 1, **other: Any) -> dict[str, Any]:
    """One invoice of operator o of 2021-05-03, as fee_invoices has it."""
    return {
        "campaign_id": "c", "operator_id": "o", "closing_number": closing, "invoice_number": number,
        "issued_on": date(2021, 5, 3), "total_cents": 100,
    } | other  # fmt: skip


def judged(
    statuses: Iterable[dict[str, Any]], night: date, invoices: Iterable[dict[str, Any]] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Verdicts on statuses of operator o's invoices, by default of one, in order; the invoices' states."""
    connection = _connection()
    tables = {
        "staging.stg_invoice_statuses": _statuses(statuses), "catalogue.campaigns": _CAMPAIGNS,
        "payments.fee_invoices": _invoices(invoices or [invoice()]),
    }  # fmt: skip
    _build(connection, tables, _STATES, night)
    order = "from payments.invoice_statuses order by reference, stated_at, status_code"
    return connection.execute(order).pl(), connection.execute(
        "from payments.invoice_states order by reference"
    ).pl()


def due(statuses: Iterable[dict[str, Any]], night: date) -> date | None:
    """When invoice O-00001, which went out on 2021-05-03 to be paid in thirty days, is due."""
    connection = _connection()
    asked = demand("O-00001", 100, date(2021, 5, 3), None)
    campaigns = _CAMPAIGNS.with_columns(
        time_zone=pl.lit("Europe/Paris"), start_at=pl.lit(datetime(2021, 1, 1, tzinfo=UTC)), payment_days=30
    )
    steps = pl.DataFrame(schema=_STEPS)
    documents = pl.DataFrame([("c", "O-00001", date(2021, 5, 3))], schema=_ISSUED, orient="row")
    tables = {
        "staging.stg_invoice_statuses": _statuses(statuses), "catalogue.campaigns": campaigns,
        "payments.fee_invoices": _invoices([invoice()]), "payments.advance_steps": steps,
        "payments.advances_due": steps, "payments.int_advance_paid": pl.DataFrame(schema=_PAID),
        "payments.int_demands": pl.DataFrame([asked], schema=_ASKED),
        "staging.stg_issued_documents": documents,
    }  # fmt: skip
    _build(connection, tables, ("invoice_statuses", "int_invoice_terms", "demands"), night)
    (row,) = connection.execute("select due_on from payments.demands").fetchall()
    return row[0]  # type: ignore[no-any-return]


def _statuses(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=INVOICE_STATUSES.empty.schema)


def _invoices(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=_INVOICES)


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "set threads = 1; create schema staging; create schema payments; create schema catalogue"
    )
    return connection


def _build(
    connection: duckdb.DuckDBPyConnection,
    tables: dict[str, pl.DataFrame],
    models: Iterable[str],
    night: date,
) -> None:
    for name, rows in tables.items():
        connection.register("given", rows)
        connection.execute(f"create table {name} as from given")
    for name in models:
        connection.execute(f"create table payments.{name} as {_rendered(name, night)}")


def _rendered(name: str, night: date) -> str:
    macros = "".join((PROJECT / f"dbt/macros/{file}.sql").read_text("utf-8") for file in _MACROS)
    return (
        Environment()
        .from_string(macros + (MODELS / f"{name}.sql").read_text("utf-8"))
        .render(
            ref=lambda model: f"{'staging' if model.startswith('stg_') else 'payments'}.{model}",
            source=lambda schema, table: f"{schema}.{table}",
            var=lambda _: night.isoformat(),
        )
    )
