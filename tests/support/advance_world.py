"""Advances without nights: the models that decide them, run on a few tables, a night at a time."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
import polars as pl
from jinja2 import Environment

from dagster_project.contracts.advances import ADVANCE_ALERTS, ADVANCES
from dagster_project.contracts.lake_table import Table
from dagster_project.settings import PROJECT

MODELS = PROJECT / "dbt" / "models"
_DECIDING = (
    *("open_periods", "int_advance_accounts", "int_advance_calls", "int_advance_shares", "advances_due"),
    *("advance_steps", "advance_holdings"),
)


class World:
    """One campaign's pot, what closings settle of it, and the advances that each night decides.

    `forecasts` and `members` may be changed between nights, as people change files.
    """

    def __init__(
        self,
        budget_cents: int | None,
        forecasts: Iterable[tuple[str, date, int]],
        start: date = date(2021, 1, 1),
        until: date | None = date(2021, 12, 31),
        **settings: bool,
    ) -> None:
        self.connection = duckdb.connect()
        self.number, self.start = 0, start
        made = {"revised": True, "equally": False, "fee_in_budget": True} | settings
        self.connection.execute(
            "set timezone = 'UTC'; set threads = 1; create schema catalogue; create schema staging; "
            "create schema ledger; create schema finance; create schema payments; "
            "create table payments.int_advance_paid "
            "(campaign_id text, operator_id text, statement_number bigint, paid_cents bigint)"
        )
        self._table("catalogue.campaigns", [{
            "campaign_id": "c", "time_zone": "Europe/Paris", "start_at": f"{start} 00:00:00+00",
            "is_until_empty": until is None,
            "closes_until_on": until or date(2021, 12, 31), "call_months": 3,
            "fee_months": 1, "fee_ex_vat_cents": 50,
            "is_fee_in_budget": made["fee_in_budget"], "is_advance_revised": made["revised"],
            "is_advance_shared_equally": made["equally"],
        }])  # fmt: skip
        self.connection.execute(
            "alter table catalogue.campaigns alter start_at type timestamptz; "
            "create table catalogue.campaign_pots (campaign_id text, from_on date, pot_cents bigint); "
            "create table catalogue.campaign_forecasts "
            "(campaign_id text, operator_id text, from_on date, forecast_cents bigint); "
            "create table catalogue.campaign_members "
            "(campaign_id text, operator_id text, from_on date, to_on date); "
            "create table staging.stg_closings (closing_number bigint, campaign_id text, kind text, "
            "period_start_on date, period_end_on date, incentive_cents bigint, fee_ex_vat_cents bigint, "
            "vat_cents bigint); "
            "create table staging.stg_ledger_entries "
            "(closing_number bigint, operator_id text, reason text, incentive_cents bigint); "
            "create table ledger.unsettled_lines (campaign_id text, kind text, operator_id text, "
            "period_start_on date, incentive_cents bigint)"
        )
        for table in (ADVANCES, ADVANCE_ALERTS):
            self.connection.register("empty", table.empty)
            self.connection.execute(f"create table staging.stg_{table.name} as from empty")
        self._insert("catalogue.campaign_pots", ("c", date(1, 1, 1), budget_cents))
        for operator, from_on, cents in forecasts:
            self.agree(operator, from_on, cents)
            self.join(operator)

    def agree(self, operator: str, from_on: date, cents: int) -> None:
        """A dated forecast in the campaign's file."""
        self._insert("catalogue.campaign_forecasts", ("c", operator, from_on, cents))

    def join(self, operator: str) -> None:
        """The campaign's list names the operator, from the first day on."""
        known = "select 1 from catalogue.campaign_members where operator_id = ?"
        if not self.connection.execute(known, [operator]).fetchall():
            self._insert("catalogue.campaign_members", ("c", operator, date(2000, 1, 1), date(9999, 12, 31)))

    def leave(self, operator: str, last_on: date) -> None:
        """The operator's last day in the convention."""
        self.connection.execute(
            "update catalogue.campaign_members set to_on = ? where operator_id = ?", [last_on, operator]
        )

    def pay(self, operator: str, statement_number: int, cents: int) -> None:
        """What bank statements show of a step, in all."""
        key = ("c", operator, statement_number)
        self.connection.execute(
            "delete from payments.int_advance_paid where operator_id = ? and statement_number = ?", key[1:]
        )
        self._insert("payments.int_advance_paid", (*key, cents))

    def open(self, operator: str, period_start_on: date, cents: int) -> None:
        """Incentives that no closing has settled; 0: none is open any more."""
        self.connection.execute("delete from ledger.unsettled_lines where operator_id = ?", [operator])
        if cents:
            self._insert("ledger.unsettled_lines", ("c", "incentive", operator, period_start_on, cents))

    def close(self, kind: str, start_on: date, end_on: date, lines: dict[str, dict[str, int] | int]) -> None:
        """A closing: cents by operator, or by operator and reason of its entries."""
        self.number += 1
        total = 0
        for operator, cents in lines.items():
            for reason, amount in (cents if isinstance(cents, dict) else {"journey": cents}).items():
                total += amount
                if kind == "incentive":
                    self._insert("staging.stg_ledger_entries", (self.number, operator, reason, amount))
        paid = (total, 0, 0) if kind == "incentive" else (0, total, 0)
        self._insert("staging.stg_closings", (self.number, "c", kind, start_on, end_on, *paid))

    def night(self, day: date) -> pl.DataFrame:
        """What the night decides, written down."""
        self.connection.execute(f"set variable day = '{day}'")
        self._run(*_DECIDING)
        made = self._decide(ADVANCES)
        self._run("advance_alerts_due")
        self._decide(ADVANCE_ALERTS)
        return made.sort("operator_id", "statement_number")

    def _run(self, *models: str) -> None:
        for name in models:
            self.connection.execute(f"create or replace table {_place(name)} as {_SQL[name]}")

    def _decide(self, table: Table) -> pl.DataFrame:
        columns = ", ".join(table.columns)
        due = self.connection.execute(f"select {columns} from finance.{table.name}_due").pl()
        due = table.schema.validate(due.cast(dict(table.empty.schema)))
        self.connection.register("due", due)
        self.connection.execute(f"insert into staging.stg_{table.name} select * from due")
        return due

    def steps(self) -> pl.DataFrame:
        """All steps of all accounts."""
        return self.connection.execute("from staging.stg_advances order by all").pl()

    def alerts(self) -> pl.DataFrame:
        """All alerts."""
        return self.connection.execute("from staging.stg_advance_alerts order by all").pl()

    def held(self) -> dict[str, int]:
        """What each operator holds."""
        steps = self.steps().group_by("operator_id").agg(pl.sum("revision_cents") - pl.sum("consumed_cents"))
        return dict(steps.sort("operator_id").rows())

    def closed_cents(self) -> int:
        """What closings have taken of the pot."""
        (found,) = self.connection.execute(
            "select coalesce(sum(incentive_cents + fee_ex_vat_cents), 0)::bigint from staging.stg_closings"
        ).fetchall()
        return int(found[0])

    def _insert(self, table: str, row: tuple[Any, ...]) -> None:
        self.connection.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)

    def _table(self, name: str, rows: list[dict[str, Any]]) -> None:
        self.connection.register("given", pl.DataFrame(rows))
        self.connection.execute(f"create table {name} as select * from given")


def _place(name: str) -> str:
    if name.startswith("stg_"):
        return f"staging.{name}"
    if name == "int_advance_paid":
        return f"payments.{name}"
    return f"ledger.{name}" if name in ("unsettled_lines", "open_periods") else f"finance.{name}"


def _rendered(name: str) -> str:
    """A model as dbt renders it, but for its places and its night."""
    macros = (PROJECT / "dbt/macros/periods.sql").read_text("utf-8")
    return (
        Environment()
        .from_string(macros + next(MODELS.glob(f"*/{name}.sql")).read_text("utf-8"))
        .render(
            ref=_place,
            source=lambda schema, name: f"{schema}.{name}",
            var=lambda _: "' || getvariable('day') || '",
        )
    )


_SQL = {name: _rendered(name) for name in (*_DECIDING, "advance_alerts_due")}
