"""Closing: what is due is frozen into immutable entries, one closing after the other.

The row in `closings` commits a closing. Killed before it, the next run finds the period still due and
closes it; after it, the period is closed. Amounts are read, none is computed here. Why: D-084.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from dagster_project.contracts.ledger import (
    CAMPAIGN_CAP_USES,
    CAP_USES,
    CLOSINGS,
    LEDGER_ENTRIES,
    OF_A_CLOSING,
    SETTLEMENTS,
    part_of,
)
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.ledger.again import digests
from dagster_project.ledger.chain import AMOUNTS, closing_hash, entries_hash
from dagster_project.ledger.checkpoints import Notary, notary
from dagster_project.ledger.periods import KINDS, Period, Rhythm

_SQL = statements(__file__)


@dataclass(frozen=True)
class Closed:
    """One closing: its number, what it covers, how many entries, and the lines it left out.

    `already_settled` counts these lines: of journeys that were settled, then erased, and came again since.
    """

    number: int
    campaign_id: str
    kind: str
    period: Period
    entries: int
    already_settled: int


def close_due(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> list[Closed]:
    """Close every period that is due on that night, in the order of their ends, fees before their call.

    `connection` is the evaluation that has just been built from the lake.
    """
    key = lake.secret("ledger")
    awaited = _awaited(connection)
    due = sorted(
        (period.end_on, KINDS.index(rhythm.kind), rhythm.campaign_id, period)
        for rhythm in _rhythms(connection)
        for period in rhythm.due(business_date, frozenset(awaited[rhythm.campaign_id, rhythm.kind]))
    )
    if not due:
        return []
    signs = notary(lake)
    _gather(connection, [(campaign_id, KINDS[kind], period.start_on) for _, kind, campaign_id, period in due])
    first = lake.read(CLOSINGS).height + 1
    return [
        _close(lake, key, signs, connection, number, period, campaign_id, KINDS[kind], business_date)
        for number, (_, kind, campaign_id, period) in enumerate(due, first)
    ]


def _rhythms(connection: duckdb.DuckDBPyConnection) -> list[Rhythm]:
    return [
        Rhythm(
            campaign_id=row["campaign_id"],
            kind=row["kind"],
            months=row["months"],
            delay_days=row["closing_days"],
            open=Period(end_on=row["period_end_on"], start_on=row["period_start_on"]),
            ends_on=row["closes_until_on"],
        )
        for row in connection.execute(_SQL["rhythms"]).pl().to_dicts()
    ]


def _awaited(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], set[date]]:
    """First days of the periods that something waits for, by campaign and kind."""
    awaited: dict[tuple[str, str], set[date]] = defaultdict(set)
    for campaign_id, kind, start_on in connection.execute(_SQL["awaited"]).fetchall():
        awaited[campaign_id, kind].add(start_on)
    return awaited


def _gather(connection: duckdb.DuckDBPyConnection, due: list[tuple[str, str, date]]) -> None:
    """What all closings of the night read of journeys, each model asked once, in tables of the connection.

    But for uses of caps, which are asked campaign by campaign: of a year of all at once they take 16 GB.
    """
    columns = {"campaign_id": pl.String, "kind": pl.String, "period_start_on": pl.Date}
    connection.register("due", pl.DataFrame(due, schema=columns, orient="row"))
    connection.execute(_SQL["gather_lines"])
    connection.execute(_SQL["gather_known"])


def _close(
    lake: Lake,
    key: bytes,
    signs: Notary,
    connection: duckdb.DuckDBPyConnection,
    number: int,
    period: Period,
    campaign_id: str,
    kind: str,
    business_date: date,
) -> Closed:
    previous = lake.read(CLOSINGS, part_of(number - 1))
    covered = {"campaign_id": campaign_id, "kind": kind}
    lines = connection.execute(_SQL["lines"], covered | {"period_start_on": period.start_on}).pl()
    lines = lines.with_columns(digests(lines, key))
    paid_once = connection.execute(_SQL["known"], covered).pl()
    again = lines.filter(pl.col("reason").is_in(["journey", "late"])).join(
        paid_once, on="journey_digest", how="semi"
    )
    lines = (
        lines.join(again, on="journey_digest", how="anti", maintain_order="left")
        .with_row_index("entry_number", 1)
        .with_columns(pl.col("entry_number").cast(pl.Int64), pl.lit(number).alias("closing_number"))
        .with_columns(pl.col("journey_month_on").dt.strftime("%Y-%m").alias("month"))
    )
    part = part_of(number)
    for table in OF_A_CLOSING[:-1]:
        lake.remove(table, part.removesuffix("-0"))  # of a closing that was killed
    entries = _typed(lines, LEDGER_ENTRIES.empty)
    links = lines.with_columns(pl.col("facts_digest").fill_null(""))
    lake.write(SETTLEMENTS, _typed(links, SETTLEMENTS.empty, "month"), part)
    if kind == "incentive" and lines.height:
        ((campaign_number,),) = connection.execute(_SQL["number"], {"campaign_id": campaign_id}).fetchall()
        uses = connection.execute(_SQL["uses"], {"campaign_number": campaign_number}).pl()
        uses = lines.filter(movement="entry").join(uses, on="journey_number").sort("entry_number", "position")
        for table, is_of_table in (
            (CAP_USES, pl.col("whose_key") != ""),
            (CAMPAIGN_CAP_USES, pl.col("whose_key") == ""),
        ):
            of_table = uses.filter(is_of_table)
            if of_table.height:
                lake.write(table, _typed(of_table, table.empty, *["month"] * table.monthly), part)
    lake.write(LEDGER_ENTRIES, entries, part)
    closing = pl.DataFrame(
        {
            "closing_number": number,
            "campaign_id": campaign_id,
            "kind": kind,
            "period_start_on": period.start_on,
            "period_end_on": period.end_on,
            "business_date": business_date,
            "entries": entries.height,
            **{amount: int(entries[amount].sum()) for amount in AMOUNTS},
            "entries_sha256": entries_hash(entries),
            "previous_sha256": previous["closing_sha256"][0] if previous.height else "",
        }
    )
    closing = closing.with_columns(pl.lit(closing_hash(closing)).alias("closing_sha256"))
    signs.sign(closing.row(0, named=True), entries)
    lake.write(CLOSINGS, _typed(closing, CLOSINGS.empty), part)
    signs.bear_witness()
    return Closed(number, campaign_id, kind, period, entries.height, again.height)


def _typed(rows: pl.DataFrame, like: pl.DataFrame, *extra_columns: str) -> pl.DataFrame:
    return rows.select(*(pl.col(name).cast(dtype) for name, dtype in like.schema.items()), *extra_columns)
