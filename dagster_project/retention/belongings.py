"""What belongs to journeys and goes with them: people, links to the ledger, verdicts, traces of frauds.

Retention (plan) and a person's erasure name rows of journeys, registered as `gone`; here is where the rest
lies.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.labels import FRAUD_DECISIONS, FRAUD_TRACES, FRAUD_UNJUDGED, FRAUD_VERDICTS
from dagster_project.contracts.lake_tables import CANCELLATIONS, IDENTITIES, JOURNEYS, KEPT_VERDICTS, Table
from dagster_project.contracts.ledger import SETTLED_BEFORE, SETTLEMENTS
from dagster_project.files.statements import statements
from dagster_project.lake.merging import people_of
from dagster_project.lake.store import Lake

_SQL = statements(__file__)
JOURNEY = ("operator_id", "operator_journey_id")
ROW = ("drop_id", "drop_row")
ENTRY = ("closing_number", "entry_number")
TRACE = (*JOURNEY, "rule_code")
GOING = Table(
    name="going_journeys",
    zone="active",
    grain="One row per journey that a night removes whole, from before its first row goes until all is gone.",
    columns={name: JOURNEYS.columns[name] for name in JOURNEY},
)


@dataclass(frozen=True)
class Removal:
    """A file or folder of which something goes: all of it, or `rows` of its table."""

    rule: str
    path: Path
    table: Table | None = None
    rows: int = 0
    is_whole: bool = True


def half_gone(lake: Lake, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Journeys that a night removed before it was killed: what goes with them may lie there still."""
    files = list(lake.folder(GOING).glob("*.parquet"))
    if not files:
        return GOING.empty
    connection.register("going", lake.rows(GOING, files))
    held = f"{lake.source(JOURNEYS)} using ({', '.join(JOURNEY)})"
    return connection.execute(f"from going anti join {held} order by all").pl()


def gone_entries(lake: Lake, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Ledger entries whose journey goes or has gone: what a run that was killed has left, too."""
    lake.show(connection, SETTLEMENTS, JOURNEYS)
    entries = connection.execute(_SQL["gone_entries"]).pl()
    connection.register("gone_entries", entries)
    return entries


def of_journeys(lake: Lake, connection: duckdb.DuckDBPyConnection) -> Iterator[Removal]:
    """Identities before journeys: a run that is killed in between finds the same journeys again."""
    touched = list(counted(lake, connection, JOURNEYS, "gone", ROW))
    for removal in touched:
        people = people_of(lake, removal.path)
        if people.exists():
            lake.show_files(connection, "journeys_of_file", JOURNEYS, removal.path)
            lake.show_files(connection, "people_of_file", IDENTITIES, people)
            gone = connection.execute(_SQL["people_gone"]).fetchall()[0][0]
            if gone:
                yield Removal("journeys", people, IDENTITIES, gone, is_whole=False)
    for people in sorted(lake.folder(IDENTITIES).rglob("*.parquet")):
        if not (lake.folder(JOURNEYS) / people.parent.name / people.name).exists():
            yield whole(lake, "uncommitted", people, IDENTITIES)
    yield from counted(lake, connection, KEPT_VERDICTS, "gone", ROW)
    yield from touched


def counted(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    gone: str,
    key: Sequence[str],
    rule: str = "journeys",
) -> Iterator[Removal]:
    """The files of a table of which rows go, and how many."""
    rows = connection.execute(
        f"select filename, count(*) from {lake.source(table)} semi join {gone} using ({', '.join(key)}) "
        "group by all order by all"
    ).fetchall()
    for file, count in rows:
        yield Removal(rule, Path(file), table, count, is_whole=False)


def gone_cancellations(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    dropped_before: datetime | None = None,
    ids: Collection[str] = (),
) -> pl.DataFrame:
    """Cancellations whose journey goes (`gone`), or has gone whole (`named`); of none, old ones or by id."""
    lake.show(connection, JOURNEYS, CANCELLATIONS)
    given = {"dropped_before": dropped_before, "ids": sorted(ids)}
    rows = connection.execute(_SQL["gone_cancellations"], given).pl()
    connection.register("gone_cancellations", rows)
    return rows


def gone_traces(
    lake: Lake, connection: duckdb.DuckDBPyConnection, condition: str, *values: object
) -> pl.DataFrame:
    """The traces of frauds that go."""
    query = f"select {', '.join(TRACE)} from {lake.source(FRAUD_TRACES)} where {condition} order by all"
    traces = connection.execute(query, list(values)).pl()
    connection.register("gone_traces", traces)
    return traces


def of_frauds(lake: Lake, connection: duckdb.DuckDBPyConnection, named: str) -> Iterator[Removal]:
    """What was decided or known of journeys that go whole; traces past their term, or a person's."""
    for table in (FRAUD_VERDICTS, FRAUD_UNJUDGED, FRAUD_DECISIONS, SETTLED_BEFORE):
        yield from counted(lake, connection, table, named, JOURNEY)
    yield from counted(lake, connection, FRAUD_TRACES, "gone_traces", TRACE, "fraud")


def whole(lake: Lake, rule: str, file: Path, table: Table) -> Removal:
    """A file that goes with all its rows."""
    return Removal(rule, file, table, lake.rows(table, [file]).height)
