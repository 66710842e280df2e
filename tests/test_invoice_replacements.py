"""Invoices while closings and replacements follow one another: no gap, no change, a closing asked once."""

from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl
from jinja2 import Environment

from dagster_project.contracts.invoice_statuses import INVOICE_REPLACEMENTS
from dagster_project.contracts.ledger import CLOSINGS
from dagster_project.lake.store import Lake
from dagster_project.ledger import records
from dagster_project.payments.replacing import replace_invoice
from dagster_project.settings import PROJECT
from tests.support.payment_world import demand, matched, payment

FIRST = date(2021, 4, 2)
MODEL = (PROJECT / "dbt/models/finance/fee_invoices.sql").read_text("utf-8")


def test_numbers_have_no_gap_never_change_and_a_closing_is_asked_for_once(tmp_path: Path) -> None:
    chance, lake, settled = Random(2021), Lake(tmp_path / "home"), list[dict[str, Any]]()
    known: dict[tuple[str, int], tuple[Any, ...]] = {}
    for night in range(1, 8):
        on = FIRST + timedelta(days=night)
        for operator in chance.sample(["o", "p", "q"], 2):
            settled.append(
                {"operator_id": operator, "closing_number": night, "cents": chance.randint(1, 9_999)}
            )
        closings = {
            "closing_number": range(1, night + 1),
            "business_date": [FIRST + timedelta(days=n + 1) for n in range(night)],
        }
        lake.replace(CLOSINGS, pl.DataFrame(closings), lake.folder(CLOSINGS) / "closings.parquet")
        for _ in range(chance.randint(0, 3)):
            connection = cache(lake, settled, on)
            open_ = "from payments.invoice_states where replaced_by is null and total_cents > 0 order by all"
            states = connection.execute(open_).pl()["reference"]
            done = replace_invoice(lake, connection, chance.choice(states.to_list()), "AUTRE")
            assert done.credit != done.invoice
        rows = cache(lake, settled, on).execute("from finance.fee_invoices").pl()
        numbers = rows.group_by("operator_id").agg(pl.col("invoice_number").sort())
        of_each = numbers["invoice_number"].to_list()
        assert of_each == [list(range(1, len(all_of) + 1)) for all_of in of_each]
        asked = rows.group_by("operator_id", "closing_number").agg(pl.col("total_cents").sum())
        assert sorted(asked.rows()) == sorted(
            (o["operator_id"], o["closing_number"], o["cents"]) for o in settled
        )
        days = (
            rows.sort("operator_id", "invoice_number").group_by("operator_id").agg("issued_on")["issued_on"]
        )
        assert days.to_list() == [sorted(all_of) for all_of in days.to_list()]
        said = {
            (r["operator_id"], r["invoice_number"]): (r["total_cents"], r["issued_on"])
            for r in rows.to_dicts()
        }
        assert known.items() <= said.items()
        known = said
    assert lake.read(INVOICE_REPLACEMENTS).height > 4
    assert list(records.problems(lake)) == []
    next(lake.folder(INVOICE_REPLACEMENTS).glob("*.parquet")).unlink()  # all later numbers would move
    assert "invoice_replacements" in str(list(records.problems(lake)))


def cache(lake: Lake, settled: list[dict[str, Any]], night: date) -> duckdb.DuckDBPyConnection:
    """The tables of one night that replacing reads; every invoice is refused."""
    connection = duckdb.connect()
    connection.execute("create schema finance; create schema payments; create schema months")
    lines = [
        {
            "campaign_id": "c", "operator_id": one["operator_id"], "closing_number": one["closing_number"],
            "period_start_on": FIRST, "period_end_on": FIRST, "call_start_on": FIRST, "kind": "fee",
            "fee_ex_vat_cents": one["cents"], "vat_cents": 0,
        }
        for one in settled
    ]  # fmt: skip
    given = {
        "ledger_lines": pl.DataFrame(lines), "stg_closings": lake.read(CLOSINGS),
        "stg_invoice_replacements": lake.read(INVOICE_REPLACEMENTS),
    }  # fmt: skip
    for name, rows in given.items():
        connection.register("rows", rows)
        connection.execute(f"create table {name} as from rows")
    sql = Environment().from_string(MODEL).render(ref=str)
    connection.execute(f"create table finance.fee_invoices as {sql}")
    connection.execute(f"create table months.night as select date '{night}' as business_date")
    connection.execute(
        "create table payments.invoice_states as select *, '210' as status_code, "
        "upper(operator_id) || '-' || lpad(invoice_number::varchar, 5, '0') as reference, "
        "replaced_by_number as replaced_by from finance.fee_invoices"
    )
    return connection


def test_a_payment_of_the_old_number_pays_the_new_invoice_and_the_old_asks_for_nothing() -> None:
    day = date(2021, 5, 3)
    demands = [
        demand("O-00001", 100, day, None, owed_cents=0, carried_cents=-100, is_void=True),
        demand("O-00002", -100, day, None, owed_cents=0, carried_cents=100, is_void=True),
        demand("O-00003", 100, date(2021, 6, 1), date(2021, 7, 1), known_on=day),
    ]
    invoices = [
        {
            "operator_id": "o",
            "campaign_id": "c",
            "closing_number": 7,
            "invoice_number": number,
            "issued_on": day,
        }
        for number in (1, 2, 3)
    ]
    for named in (["O-00001"], ["O-00003", "O-00001"], []):
        given = [payment("k", date(2021, 5, 20), 100, *named)]
        accounts, verdicts = matched(demands, given, date(2021, 7, 31), invoices=invoices)
        assert accounts.sort("reference")["status"].to_list() == ["nothing", "nothing", "paid"]
        assert verdicts["paid_references"].to_list() == [["O-00003"]]
        assert verdicts["verdict"].to_list() == ["exact" if named else "by_amount"]
