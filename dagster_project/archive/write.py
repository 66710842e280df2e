"""Writes what dbt has made anonymous to the archive zone, once and for good.

The row in `archived_months` commits a month: killed before it, the next night writes the same file again;
after it, the month is never written again, whatever still comes in.
"""

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from dagster_project.contracts.archive import ARCHIVED_CARPOOLERS, ARCHIVED_JOURNEYS, ARCHIVED_MONTHS
from dagster_project.lake.store import Lake

_TABLES = {"carpoolers": ARCHIVED_CARPOOLERS, "journeys": ARCHIVED_JOURNEYS}


class ArchiveError(Exception):
    """The cache has nothing prepared for this month: a night must run first."""


@dataclass(frozen=True)
class Archived:
    """What a night has archived of a month: rows or journeys kept, journeys only counted."""

    month_on: date
    subject: str
    published: int
    suppressed: int


def archive_due(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> list[Archived]:
    """Archive all that the cache holds ready: see dbt's int_archive_months for when a month is due."""
    due = connection.sql("select month_on, subject from archive.archive_accounts order by all").fetchall()
    written = [archive_month(lake, connection, month_on, business_date, subject) for month_on, subject in due]
    return [part for part in written if part]


def archive_month(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    month_on: date,
    business_date: date,
    subject: str = "journeys",
) -> Archived | None:
    """Archive a month's journeys (or counts of persons); None where that was done before (D-154).

    `connection` is the cache of a night on which the month was due, its journeys not yet erased. A month of
    which every journey was refused or cancelled is archived empty. Raises ArchiveError.
    """
    register = lake.read(ARCHIVED_MONTHS)
    if not register.filter(month_on=month_on, subject=subject).is_empty():
        return None
    accounts = connection.execute(
        "select published, suppressed from archive.archive_accounts where month_on = ? and subject = ?",
        [month_on, subject],
    ).fetchone()
    if not accounts:
        raise ArchiveError(
            f"{subject} of {month_on:%Y-%m}: the warehouse was built before they were due, so nothing is "
            "ready for the archive. Run the night first, then erase."
        )
    table, month = _TABLES[subject], f"{month_on:%Y-%m}"
    columns = ", ".join(table.columns)
    rows = connection.execute(
        f"select {columns} from archive.{table.name} where month_on = ? order by all", [month_on]
    ).pl()
    if not rows.is_empty():
        lake.write(table, rows.with_columns(month=pl.lit(month)), "archive")
    archived = Archived(month_on, subject, *accounts)
    row = {
        "month_on": month_on,
        "subject": subject,
        "business_date": business_date,
        "published": archived.published,
        "suppressed": archived.suppressed,
    }
    lake.write(
        ARCHIVED_MONTHS, pl.DataFrame([row], schema=ARCHIVED_MONTHS.empty.schema), f"{month}-{subject}"
    )
    return archived
