"""The situation of a campaign as the warehouse has it tonight, and the document that shows it."""

import hashlib
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.exports import OPEN_CALLS
from dagster_project.files.statements import statements
from dagster_project.reports.shared.folder import Document
from dagster_project.reports.shared.parquet import write_parquet
from dagster_project.reports.shared.pot_end import ASSUMES, end_words, is_forecast
from dagster_project.reports.situation.workbook import AMOUNTS, Situation, write_situation

_SQL = statements(__file__)


def situation_documents(
    connection: duckdb.DuckDBPyConnection,
    campaign_id: str,
    operators: dict[str, str],
    business_date: date,
) -> Iterator[Document]:
    """One document a campaign, drawn every night: a row per open call. `operators`: names by id."""
    key = {"campaign_id": campaign_id}
    calls = connection.execute(_SQL["open_calls"], key).pl()
    (status,) = connection.execute(_SQL["pot"], key).pl().to_dicts()
    amounts = {name: status[name] for name in AMOUNTS}
    end = (end_words(status | {"business_date": business_date}), *([ASSUMES] if is_forecast(status) else ()))
    situation = Situation(campaign_id, status["campaign_name"], business_date, end, **amounts)
    names = pl.col("operator_id").replace(operators).alias("operator")
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
    write_parquet(parquet, calls, OPEN_CALLS)
    return {workbook.name: calls.height, parquet.name: calls.height}
