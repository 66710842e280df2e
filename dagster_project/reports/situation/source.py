"""The situation of a campaign as the warehouse has it tonight, and the document that shows it."""

import hashlib
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.reports.shared.folder import Document
from dagster_project.reports.situation.workbook import Situation, write_situation

# Calls that are still open; amounts in cents, seats as passenger journeys.
_CALLS = """
    select
        operator_id, period_start_on, period_end_on, journeys, subsidised_journeys,
        incentive_cents, fee_ex_vat_cents, vat_cents, total_cents
    from finance.fund_calls
    where campaign_id = ? and not is_closed
    order by period_start_on, operator_id
"""
_POT = """
    select
        campaigns.campaign_name, status.budget_cents, status.settled_cents, status.provisional_cents,
        status.left_cents, status.exhaustion_on
    from finance.budget_status as status
    join catalogue.campaigns using (campaign_id)
    where campaign_id = ?
"""


def situation_documents(
    connection: duckdb.DuckDBPyConnection,
    campaign_id: str,
    operators: dict[str, str],
    business_date: date,
) -> Iterator[Document]:
    """One document a campaign, drawn every night: a row per open call. `operators`: names by id."""
    calls = connection.execute(_CALLS, [campaign_id]).pl()
    name, *pot = connection.execute(_POT, [campaign_id]).fetchone() or (campaign_id, *[None] * 5)
    situation = Situation(campaign_id, name, business_date, *pot)
    names = pl.col("operator_id").replace(operators).alias("operator_name")
    rows = calls.select(names, *calls.columns[1:])
    yield Document(
        id="situation",
        draw=partial(_draw, situation, rows),
        content=lambda: hashlib.sha256(repr((situation, rows.rows())).encode()).hexdigest(),
        is_nightly=True,
    )


def _draw(situation: Situation, calls: pl.DataFrame, folder: Path, issued_on: date) -> dict[str, int]:
    workbook = folder / f"SITUATION_{situation.campaign_id}.xlsx"
    parquet = workbook.with_suffix(".parquet")
    write_situation(workbook, situation, calls, issued_on)
    calls.write_parquet(parquet, compression="zstd")
    return {workbook.name: calls.height, parquet.name: calls.height}
