"""Payments without nights: the models that match them, run on a few tables."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
import polars as pl
from jinja2 import Environment

from dagster_project.contracts.payments import PAYMENTS, STATEMENTS
from dagster_project.settings import PROJECT

MODELS = PROJECT / "dbt" / "models" / "payments"
_MATCHING = ("int_payments", "int_payment_shares", "payment_parts", "demand_accounts", "payment_verdicts")
_DEMANDS: dict[str, Any] = {
    "reference": pl.String, "kind": pl.String, "campaign_id": pl.String, "authority_id": pl.String,
    "operator_id": pl.String, "number": pl.Int64, "document_id": pl.String,
    "period_start_on": pl.Date, "period_end_on": pl.Date,
    "decided_on": pl.Date, "sent_on": pl.Date, "due_on": pl.Date, "asked_cents": pl.Int64,
    "carried_cents": pl.Int64, "owed_cents": pl.Int64,
}  # fmt: skip


def demand(reference: str, cents: int, sent_on: date, due_on: date | None, **other: Any) -> dict[str, Any]:
    """One demand of operator o to authority a: an invoice, unless said otherwise."""
    return {
        "reference": reference, "kind": "invoice", "campaign_id": "c", "authority_id": "a",
        "operator_id": "o", "number": 1, "document_id": reference,
        "period_start_on": sent_on, "period_end_on": sent_on, "decided_on": sent_on,
        "sent_on": sent_on, "due_on": due_on, "asked_cents": cents, "carried_cents": 0, "owed_cents": cents,
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
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Accounts of the demands, and verdicts on the payments."""
    connection = duckdb.connect()
    connection.execute(
        "set threads = 1; create schema staging; create schema payments; create schema catalogue"
    )
    lines = pl.DataFrame(list(payments), schema=PAYMENTS.empty.schema)
    told = pl.DataFrame(
        [{"statement_id": "s", "operator_id": "o", "last_on": seen_on or night}],
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
        "catalogue.late_payment_rules": rules,
    }  # fmt: skip
    for name, rows in tables.items():
        connection.register("given", rows)
        connection.execute(f"create table {name} as from given")
    for name in _MATCHING:
        connection.execute(f"create table payments.{name} as {_rendered(name, night)}")
    order = " order by all"
    return (
        connection.execute("from payments.demand_accounts" + order).pl(),
        connection.execute("from payments.payment_verdicts" + order).pl(),
    )


def _rendered(name: str, night: date) -> str:
    macros = (PROJECT / "dbt/macros/money.sql").read_text("utf-8")
    return (
        Environment()
        .from_string(macros + (MODELS / f"{name}.sql").read_text("utf-8"))
        .render(
            ref=lambda model: f"{'staging' if model.startswith('stg_') else 'payments'}.{model}",
            source=lambda schema, table: f"{schema}.{table}",
            var=lambda _: night.isoformat(),
        )
    )
