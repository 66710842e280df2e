"""Whether what the public reads is what the registry knows: files, pages, journeys, fund calls.

It reads what was written, not what was to be written. Not here: what no page may hold (pages/checks).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
from lxml import html

from dagster_project.contracts.archive import K
from dagster_project.contracts.documents import PUBLIC
from dagster_project.contracts.observatory import CALLS_FILE, FLOWS_FILE, TERRITORIES_FILE
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.pages.checks import printed
from dagster_project.reports.issued import PAGE
from dagster_project.reports.observatory.data_set import FOLDER
from dagster_project.reports.observatory.package import stem

_SQL = statements(__file__)
_SUMS = ("trajets", "trajets_passagers", "metres_passagers")
# A level, the levels of its parts, and the columns that say of which one a part is.
_PARTS: tuple[tuple[str, tuple[str, ...], list[str]], ...] = (
    ("ensemble", ("departement", "pays", "inconnu"), []),
    ("departement", ("epci",), ["departement"]),
    ("epci", ("commune",), ["departement", "epci"]),
)


def differing_files(lake: Lake, connection: duckdb.DuckDBPyConnection, months: Sequence[date]) -> list[str]:
    """Files whose sums are not the base's: of the months told tonight, and of every closed call."""
    return [*_months(lake, connection, months), *_calls(lake, connection)]


def _months(lake: Lake, connection: duckdb.DuckDBPyConnection, months: Sequence[date]) -> Iterator[str]:
    for month_on in months:
        (journeys,) = connection.execute(_SQL["month"], {"month_on": month_on}).fetchall()
        whole = pl.col("niveau").eq("ensemble") & ~pl.col("reste")
        file_rows = [
            (stem(TERRITORIES_FILE, month_on), whole),
            (stem(FLOWS_FILE, month_on), pl.lit(True)),
        ]
        for name, rows in file_rows:
            for form in ("csv", "parquet"):
                sums = read(lake, f"{name}.{form}").filter(rows).select(pl.col(_SUMS).sum()).row(0)
                if sums != journeys:
                    yield f"{name}.{form}"


def _calls(lake: Lake, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    known = connection.execute(_SQL["calls"]).pl()
    published_calls = read(lake, f"{stem(CALLS_FILE)}.csv")
    pairs = published_calls.drop_nulls("indemnite_centimes").join(
        known, left_on=["campagne", "periode_du"], right_on=["campaign_id", "period_start_on"], how="left"
    )
    unequal = pairs.filter(pl.col("indemnite_centimes").ne_missing(pl.col("incentive_cents")))
    yield from (f"{stem(CALLS_FILE)}.csv : {name}" for name in unequal["campagne"])


def small_rows(lake: Lake, months: Sequence[date]) -> list[str]:
    """Files of these months with a row of few journeys, or a whole that is not the sum of its parts."""
    faulty_files = list[str]()
    for month_on in months:
        name = f"{stem(TERRITORIES_FILE, month_on)}.csv"
        territories, flows = read(lake, name), read(lake, f"{stem(FLOWS_FILE, month_on)}.csv")
        faulty_files += (
            [name] if territories.filter((pl.col("trajets") < K) | (pl.col("voitures") < K)).height else []
        )
        faulty_files += (
            [f"{stem(FLOWS_FILE, month_on)}.csv"] if flows.filter(pl.col("trajets") < K).height else []
        )
        faulty_files += [f"{name} : {level}" for level in _unequal_levels(territories)]
    return faulty_files


def _unequal_levels(rows: pl.DataFrame) -> Iterator[str]:
    for level, parts, of in _PARTS:
        wholes = rows.filter(pl.col("niveau").eq(level) & ~pl.col("reste"))
        shown = rows.filter(
            pl.col("niveau").is_in(parts) & ~pl.col("reste") | pl.col("niveau").eq(level) & pl.col("reste")
        )
        key = [pl.col(name) for name in of] or [pl.lit("").alias("tout")]
        whole_sums, part_sums = (
            frame.group_by(key).agg(pl.col(_SUMS).sum(), pl.col("voitures").sum()).sort(pl.all())
            for frame in (wholes, shown)
        )
        if not whole_sums.equals(part_sums):
            yield level


def differing_pages(lake: Lake, pages: Sequence[Path]) -> list[str]:
    """Pages whose tables do not add up, or whose months are not the files'."""
    return [page.name for page in pages if not _is_as_the_files(lake, page)]


def _is_as_the_files(lake: Lake, page: Path) -> bool:
    text = html.fromstring(page.read_text("utf-8"))
    whole = pl.col("niveau").eq("ensemble" if page.name == PAGE else "departement") & ~pl.col("reste")
    if page.name != PAGE:
        whole &= pl.col("departement") == page.stem.removeprefix("departement-")
    files = sorted((lake.exports / PUBLIC / FOLDER).glob(f"{TERRITORIES_FILE.name}_*.csv"), reverse=True)
    file_journeys = [
        value for file in files for value in read(lake, file.name).filter(whole)["trajets_passagers"]
    ]
    shown, _ = _numbers(text, "mois")
    adds_up = [
        sum(parts) == sum(totals)
        for id in ("territoires", "epci", "communes", "flux")
        for parts, totals in [_numbers(text, id)]
    ]
    return shown == file_journeys and all(adds_up)


def _numbers(text: html.HtmlElement, id: str) -> tuple[list[Decimal], list[Decimal]]:
    return printed(text, id, "Trajets passagers") if text.xpath(f"//table[@id='{id}']") else ([], [])


def read(lake: Lake, name: str) -> pl.DataFrame:
    """A file of the open data, typed as its schema says."""
    file = lake.exports / PUBLIC / FOLDER / name
    if file.suffix == ".parquet":
        return pl.read_parquet(file)
    tables = {table.name: table for table in (TERRITORIES_FILE, FLOWS_FILE, CALLS_FILE)}
    columns = tables[name.partition("_")[0].removesuffix(".csv")].columns.values()
    return pl.read_csv(file, schema={str(column.title): column.dtype.type for column in columns})
