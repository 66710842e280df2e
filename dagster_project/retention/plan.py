"""What has to go on a business date: a pure function of what lies in the lake and in the drop folders.

Nothing is removed here (apply). A journey goes whole, all its versions on the day of the one that stands;
what belongs to it goes with it: who its people are, which ledger entries it has, which caps it used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.attestations import withdrawal
from dagster_project.contracts.attestations import ATTESTATIONS
from dagster_project.contracts.lake_tables import (
    ANSWERS,
    CANCELLATIONS,
    DROPS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    REJECTED_ROWS,
    TABLES,
)
from dagster_project.contracts.ledger import CAP_USES, SETTLEMENTS
from dagster_project.contracts.rights import REQUESTS, RESTRICTIONS
from dagster_project.contracts.terms import Term
from dagster_project.drops.troubles import Troubles
from dagster_project.files.statements import statements
from dagster_project.lake.part_names import drop_of, first_night
from dagster_project.lake.store import Lake
from dagster_project.retention import drop_files, exports
from dagster_project.retention.belongings import (
    ENTRY,
    JOURNEY,
    ROW,
    Removal,
    counted,
    gone_cancellations,
    gone_entries,
    gone_traces,
    half_gone,
    of_frauds,
    of_journeys,
    whole,
)
from dagster_project.retention.strays import mark_strays

EXPORTS = "exports"
_SQL = statements(__file__)
# Twelve months from the journey's end bound the six from the night that set it aside.
_ENDED_TRACES = "set_aside_on <= ? or (operator_id, operator_journey_id) in (from named)"


@dataclass(frozen=True)
class Plan:
    """What goes on a business date, in this order.

    Rows that go out of files of which others stay: of drops those that `journeys` and `cancellations` name by
    drop and row, verdicts on whole journeys by `named` (those that a killed night has removed, too), traces
    of frauds by `traces`, links to the ledger by `entries`, uses of caps by all the columns of `uses`,
    attestations by the codes of `attestations`.
    """

    business_date: date
    removals: tuple[Removal, ...]
    journeys: pl.DataFrame
    entries: pl.DataFrame
    uses: pl.DataFrame
    named: pl.DataFrame
    traces: pl.DataFrame
    cancellations: pl.DataFrame
    attestations: pl.DataFrame
    troubles: Troubles = field(default_factory=Troubles, compare=False)  # of operators' folders, as it goes
    unnamed_until: date = date.min  # the last night whose drops lose their files' names

    def totals(self) -> Iterator[tuple[str, str, int, int]]:
        """Rule, kind of file, rows and files, in the order in which they go."""
        for rule, kind in dict.fromkeys((removal.rule, _kind(removal)) for removal in self.removals):
            of_kind = [removal for removal in self.removals if (removal.rule, _kind(removal)) == (rule, kind)]
            yield rule, kind, sum(removal.rows for removal in of_kind), len(of_kind)


def plan(lake: Lake, business_date: date, terms: Mapping[str, Term]) -> Plan:
    """All that is past its term at the end of that day. Raises KeyFileError."""
    kept_from = terms["journeys"].kept_from(business_date)
    troubles = Troubles()
    with lake.session() as connection:
        journeys = _expired(lake, connection, kept_from)
        going = journeys.filter("is_whole").select(JOURNEY).unique(maintain_order=True)
        named = pl.concat([going, half_gone(lake, connection)])
        connection.register("gone", journeys)
        connection.register("named", named)
        entries = gone_entries(lake, connection)
        uses = _uses(lake, connection, terms["journeys"].cut_off(business_date))
        cancellations = gone_cancellations(lake, connection, kept_from)
        traces = gone_traces(lake, connection, _ENDED_TRACES, terms["fraud"].cut_off(business_date))
        attestations = withdrawal.ended(lake, terms["journeys"].cut_off(business_date))
        connection.register("gone_attestations", attestations)
        removals = (
            *_of_drops(lake, connection, business_date, terms),
            *(Removal(rule, path) for rule, path in drop_files.due(lake, business_date, terms, troubles)),
            *_kept_answers(lake, connection, business_date, terms["rejected"]),
            *of_journeys(lake, connection),
            *counted(lake, connection, CANCELLATIONS, "gone_cancellations", ROW),
            *of_frauds(lake, connection, "named"),
            *_restrictions(lake, connection),
            *counted(lake, connection, CAP_USES, "gone_uses", ENTRY),
            *counted(lake, connection, SETTLEMENTS, "gone_entries", ENTRY),
            *_given(lake, terms["attestations"].cut_off(business_date)),
            *counted(lake, connection, ATTESTATIONS, "gone_attestations", ["code"]),
            *_archive(lake, business_date, terms),
            *_exports(lake, terms["exports"].kept_from(business_date)),
            *_answers(lake, business_date, terms["requests"]),
        )
    until = terms["drops"].cut_off(business_date)
    return Plan(
        *(business_date, removals, journeys, entries, uses, named, traces, cancellations, attestations),
        *(troubles, until),
    )


def _expired(lake: Lake, connection: duckdb.DuckDBPyConnection, kept_from: datetime) -> pl.DataFrame:
    """Rows of journeys whose standing version ended before that instant (UTC), and strays that did.

    A stray goes with the journey whose id it bears, if not before: alone, it would be taken for that journey.
    """
    months = sorted(lake.folder(JOURNEYS).glob("month=*"))
    old = [month / "*.parquet" for month in months if month.name <= f"month={kept_from:%Y-%m}"]
    old = [month for month in old if any(month.parent.glob("*.parquet"))]
    if not old:
        return JOURNEYS.empty.select(*JOURNEY, *ROW).with_columns(is_whole=False)
    lake.show(connection, JOURNEYS)
    lake.show_files(connection, "old_journeys", JOURNEYS, *old)
    connection.execute(_SQL["deliveries"], {"kept_from": kept_from})
    mark_strays(connection)
    return connection.execute(_SQL["expired"], {"kept_from": kept_from}).pl()


def _uses(lake: Lake, connection: duckdb.DuckDBPyConnection, cut_off: date) -> pl.DataFrame:
    """Uses of caps by journeys that go; where the journey was erased for its other person, by month."""
    lake.show(connection, CAP_USES, SETTLEMENTS)
    uses = connection.execute(_SQL["uses"], {"month": f"{cut_off:%Y-%m}"}).pl()
    connection.register("gone_uses", uses)
    return uses


def _given(lake: Lake, cut_off: date) -> Iterator[Removal]:
    return (Removal("attestations", file) for file in withdrawal.past(lake, cut_off))


def _restrictions(lake: Lake, connection: duckdb.DuckDBPyConnection) -> Iterator[Removal]:
    """Limitations of persons of whom nothing else is left, under none of the keys of their request."""
    if not any(lake.folder(RESTRICTIONS).glob("*.parquet")):
        return
    lake.show(connection, JOURNEYS, REQUESTS, RESTRICTIONS)
    for (file,) in connection.execute(_SQL["ended_limitations"]).fetchall():
        yield Removal("journeys", Path(file), RESTRICTIONS, 1)


def _of_drops(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, terms: Mapping[str, Term]
) -> Iterator[Removal]:
    """Rejected rows and findings; names of files; rows of drops that no night has committed."""
    register = lake.read(DROPS)
    taken = dict(register.select("drop_id", "business_date").iter_rows())
    for table in (FINDINGS, REJECTED_ROWS, JOURNEYS, CANCELLATIONS, IDENTITIES):
        for file in sorted(lake.folder(table).rglob("*.parquet")):
            day = first_night(file) or taken.get(drop_of(file))
            of_rejected = table in (FINDINGS, REJECTED_ROWS)
            if day is None or (of_rejected and terms["rejected"].ends_on(day) <= business_date):
                yield whole(lake, "rejected" if of_rejected else "uncommitted", file, table)
    ended = register.filter(
        pl.col("file_name") != "", pl.col("business_date") <= terms["drops"].cut_off(business_date)
    )
    connection.register("ended_drops", ended.select("drop_id"))
    yield from counted(lake, connection, DROPS, "ended_drops", ["drop_id"], "drops")


def _kept_answers(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, term: Term
) -> Iterator[Removal]:
    """After the files in feedback/, which they date."""
    answered = lake.source(ANSWERS)
    days = f"select filename, any_value(business_date), count(*) from {answered} group by all order by all"
    for file, day, rows in connection.execute(days).fetchall():
        if term.ends_on(day) <= business_date:
            yield Removal("rejected", Path(file), ANSWERS, rows)


def _archive(lake: Lake, business_date: date, terms: Mapping[str, Term]) -> Iterator[Removal]:
    """Months of which the first day is past: journeys of the archive have lost their day."""
    for table in (table for table in TABLES.values() if table.zone == "archive"):
        for file in sorted(lake.folder(table).rglob("month=*/*.parquet")):
            first = date.fromisoformat(f"{file.parent.name.removeprefix('month=')}-01")
            if terms["archive"].ends_on(first) <= business_date:
                yield whole(lake, "archive", file, table)


def _exports(lake: Lake, kept_from: datetime) -> Iterator[Removal]:
    for file in exports.due(lake, kept_from):
        yield Removal(EXPORTS, file)


def _answers(lake: Lake, business_date: date, term: Term) -> Iterator[Removal]:
    for folder in sorted(lake.requests.glob("*")):
        try:
            day = date.fromisoformat(folder.name[:10])
        except ValueError:  # put there by hand
            day = drop_files.changed_on(folder)
        if term.ends_on(day) <= business_date:
            yield Removal("requests", folder)


def _kind(removal: Removal) -> str:
    return removal.table.name if removal.table else "files"
