"""`python -m tests.bench.call`: workbook and Parquet of one fund call of a million journeys.

The journeys of a small call, again and again under new ids; what is read of them before is no part of it.
"""

import os
import sys
import tempfile
import time
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from dagster_project.contracts.exports import CALL_JOURNEYS
from dagster_project.lake.migration import migrate
from dagster_project.reports.fund_call.call import FundCall
from dagster_project.reports.fund_call.journeys import gather_lines, read_journeys, tests_of
from dagster_project.reports.fund_call.source import read_call, read_calls
from dagster_project.reports.fund_call.workbook.book import write_fund_call
from dagster_project.reports.fund_call.workbook.columns import technical_names
from dagster_project.reports.shared.parquet import write_parquet
from dagster_project.reports.shared.source import parties
from dagster_project.settings import settings
from dagster_project.warehouse import cache
from tests.bench import peak_gb
from tests.conftest import unpacked
from tests.support.nights import run_steps

_JOURNEYS = 1_000_000


def main() -> None:
    """Make the rows; draw them, and print seconds, rows a second, peak memory."""
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as folder:
        os.environ["ENTREPOT_MOST_DAYS_AHEAD"] = "400"
        lake = unpacked(Path(folder))
        with lake.lock():
            migrate(lake)
        run_steps(date(2021, 5, 4))
        with cache.reading(lake) as connection:
            (campaign_id,) = connection.execute("select campaign_id from finance.fund_calls").fetchall()[0]
            row = read_calls(connection, campaign_id)[0]
            tests = tests_of(connection, campaign_id)
            call = read_call(connection, row, tests, parties(settings().catalogue)).call(date(2021, 5, 4))
            lines = gather_lines(connection, campaign_id)
            few = read_journeys(lambda: lines, row, tests, bytes(32))
        file = Path(folder) / "journeys.parquet"
        many = pl.concat([few] * (_JOURNEYS // few.height + 1)).head(_JOURNEYS)
        many.with_columns(
            pl.concat_str("journey_id", pl.lit("-"), pl.int_range(pl.len())).alias("journey_id")
        ).write_parquet(file)
        drawing = get_context("spawn").Process(target=_draw, args=(file, call))
        drawing.start()
        drawing.join()
        sys.exit(drawing.exitcode)


def _draw(file: Path, call: FundCall) -> None:
    """In a process of its own: the night that made the rows is no part of the memory."""
    many = pl.read_parquet(file)
    start = time.perf_counter()
    write_parquet(file.with_name("call.parquet"), many.rename(technical_names()), CALL_JOURNEYS)
    middle = time.perf_counter()
    write_fund_call(file.with_name("call.xlsx"), call, many)
    end = time.perf_counter()
    print(
        f"A call of {many.height:,} journeys: Parquet {middle - start:.1f} s, workbook {end - middle:.1f} s, "
        f"{many.height / (end - middle):,.0f} rows a second, {peak_gb():.2f} GB"
    )


if __name__ == "__main__":
    main()
