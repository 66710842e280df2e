"""Erases one person (JURIDIQUE étape 1) from lake, raw drops, answers, exports and caches, and proves it.

A journey goes whole, with what its other person had in it: its ids would name the erased one to the operator.
What is closed stays, an amount of nobody; what is not is never claimed. The other person's counters stay.
Why: D-169, D-170.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.attestations import withdrawal
from dagster_project.contracts.attestations import ATTESTATIONS
from dagster_project.contracts.lake_tables import (
    CANCELLATIONS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    OF_A_PERSON,
    REJECTED_ROWS,
)
from dagster_project.contracts.ledger import CAP_USES, SETTLEMENTS
from dagster_project.contracts.rights import ERASURES, RESTRICTIONS
from dagster_project.drops.answers import feedback
from dagster_project.drops.troubles import Troubles
from dagster_project.files.folders import files_below
from dagster_project.identity.keys import pseudonyms
from dagster_project.lake.store import Lake
from dagster_project.retention import drop_files
from dagster_project.retention.apply import apply
from dagster_project.retention.belongings import (
    ENTRY,
    JOURNEY,
    ROW,
    Removal,
    counted,
    gone_cancellations,
    gone_entries,
    gone_traces,
    of_frauds,
    of_journeys,
)
from dagster_project.retention.needles import Needles
from dagster_project.retention.plan import EXPORTS, Plan
from dagster_project.retention.search import Hit, search
from dagster_project.retention.verdicts import keep_refusals
from dagster_project.rights.person import Person
from dagster_project.rights.requests import record
from dagster_project.warehouse import cache

# Also where another's journey is set aside because of one of theirs: the next night traces it anew.
_TRACED = """
    (operator_id, operator_journey_id) in (select (operator_id, operator_journey_id) from named)
    or exists (from named where contains(evidence, '"' || named.operator_journey_id || '"'))
"""
_PSEUDONYMS = ("driver_id", "passenger_id", "driver.id", "passenger.id")


def erase(lake: Lake, person: Person, business_date: date) -> int:
    """Remove a person from lake, drops, answers and exports; returns how many files that took.

    What is made from the lake is to be made anew, then `prove`. Killed anywhere, the same request again
    completes it: what will be searched for is written down first, under the active zone's key.
    """
    under_way = person.digests[0]
    values = _values(person) | set(lake.read(ERASURES, under_way)["value"])
    due = erasure(lake, person, business_date, values)
    rows = pl.DataFrame({"person_digest": under_way, "value": sorted(values)})
    lake.write(ERASURES, rows, under_way)
    if lake.cache_file.exists():
        with cache.reading(lake) as connection:
            keep_refusals(lake, connection, person.journeys, f"erased-{under_way}")
    record(lake, business_date, "erase", person, files=len(due.removals))
    for (drop_id,), of_drop in pl.concat([due.journeys, due.cancellations]).group_by("drop_id"):
        feedback.forget_lines(lake, str(drop_id), set(of_drop["drop_row"]), due.troubles)
    apply(lake, due)
    return len(due.removals)


@dataclass(frozen=True)
class Proof:
    """Where what was erased is still found, and what the search left out.

    `waiting` counts files in incoming/ that hold a value: they are new data, which the next night takes.
    """

    hits: tuple[Hit, ...]
    searched: int
    too_short: int
    of_others: int
    waiting: int

    @property
    def files_found(self) -> int:
        """Files that still hold a value."""
        return len({hit.path for hit in self.hits})

    @property
    def left_out(self) -> str:
        """What was not searched, as the register says it."""
        return f"too_short={self.too_short} of_others={self.of_others} incoming={self.waiting}"


def prove(lake: Lake, person: Person, business_date: date) -> Proof:
    """Search every file for what `erase` has removed, write the result down, and forget the values.

    What waits in incoming/ is new data. A value that somebody else has, too, is not searched for.
    """
    under_way = lake.folder(ERASURES) / f"{person.digests[0]}.parquet"
    values = set(lake.rows(ERASURES, [under_way])["value"])
    of_others = _of_others(lake, person, values)
    needles = Needles(values - of_others)
    every_hit, files = search(lake, needles, ours=withdrawal.issued(lake))
    hits = tuple(hit for hit in every_hit if hit.path != under_way and hit.path.parent.name != "incoming")
    waiting = len({hit.path for hit in every_hit if hit.path.parent.name == "incoming"})
    proof = Proof(hits, needles.count, needles.too_short, len(of_others), waiting)
    counts = (proof.searched, files, proof.files_found)
    record(lake, business_date, "erase", person, proof=counts, detail=proof.left_out)
    under_way.unlink()
    return proof


def _of_others(lake: Lake, person: Person, values: set[str]) -> set[str]:
    """Of an erased person's values, what other persons have, too: a family's address, an id used elsewhere.

    A row that still bears the person's phone or account is theirs, whatever its key: it excuses nothing.
    """
    with lake.session() as connection:
        connection.register("given", pl.DataFrame({"value": sorted(values)}, schema={"value": pl.String}))
        shared = " or ".join(f"lower({column}) in (select lower(value) from given)" for column in OF_A_PERSON)
        people = connection.execute(f"from {lake.source(IDENTITIES)} where {shared}").pl()
        ids = connection.execute(
            f"select operator_journey_id from {lake.source(JOURNEYS)} semi join given "
            "on operator_journey_id = value where not list_contains($keys, driver_identity_key) "
            "and not list_contains($keys, passenger_identity_key)",
            {"keys": list(person.keys)},
        ).pl()
    others = people.filter(~person.owns(people))
    known = {cell.lower() for column in OF_A_PERSON for cell in others[column].drop_nulls()}
    return {value for value in values if value.lower() in known} | set(ids["operator_journey_id"])


def erasure(lake: Lake, person: Person, business_date: date, values: set[str]) -> Plan:
    """What an erasure removes, in this order: copies before the lake's rows, which find them."""
    rows = pl.concat([person.journeys.select(ROW), person.rejected.select(ROW)])
    named = person.journeys.select(JOURNEY).unique().sort(JOURNEY)
    troubles = Troubles()
    given = withdrawal.of_person(lake, person.digests)
    owners = pl.DataFrame({"whose_key": [*person.keys, *person.trips]}, schema={"whose_key": pl.String})
    with lake.session() as connection:
        connection.register("gone", rows)
        connection.register("owners", owners)
        connection.register("named", named)
        connection.register("gone_attestations", given)
        entries = gone_entries(lake, connection)
        # By its id, too, where a run was killed once the journey had gone.
        cancellations = gone_cancellations(lake, connection, ids=values)
        traces = gone_traces(lake, connection, _TRACED)
        removals = (
            *(
                Removal("erasure", file)
                for file in _copies(lake, {*rows["drop_id"], *given["drop_id"]}, values, troubles)
            ),
            *(Removal("erasure", file) for file in withdrawal.pdfs(lake, given)),
            *(Removal(EXPORTS, file) for file in exports_of(lake, person)),
            *(Removal("erasure", file, RESTRICTIONS, 1) for file in restrictions_of(lake, person)),
            *counted(lake, connection, CAP_USES, "owners", ("whose_key",)),
            *counted(lake, connection, SETTLEMENTS, "gone_entries", ENTRY),
            *of_frauds(lake, connection, "named"),
            *counted(lake, connection, FINDINGS, "gone", ROW),
            *counted(lake, connection, REJECTED_ROWS, "gone", ROW),
            *of_journeys(lake, connection),
            *counted(lake, connection, CANCELLATIONS, "gone_cancellations", ROW),
            *counted(lake, connection, ATTESTATIONS, "gone_attestations", ["code"]),
        )
    return Plan(
        *(business_date, removals, rows, entries, owners, named, traces, cancellations),
        *(given.select("code").unique(), troubles),
    )


def _values(person: Person) -> set[str]:
    """The person, their journeys as operators and the ledger name them, their cars."""
    journeys = person.journeys
    driven = journeys.filter(pl.col("driver_identity_key").is_in(person.keys))
    return person.values | {*journeys["operator_journey_id"], *driven["operator_trip_id"]}


def _copies(lake: Lake, drop_ids: set[str], values: set[str], troubles: Troubles) -> Iterator[Path]:
    """Raw files that name the person, and those that hold a value, as do answers to others."""
    yield from drop_files.of_drops(lake, drop_ids, troubles)
    answers = files_below(lake.requests)
    hits, _ = search(lake, Needles(values), [*drop_files.taken(lake, troubles), *answers])
    yield from sorted({hit.path for hit in hits})


def exports_of(lake: Lake, person: Person) -> Iterator[Path]:
    """Files of journeys that show the person by an authority's pseudonym; a closed one is not made again."""
    key = lake.secret("pseudonyms")
    for file in sorted(lake.exports.rglob("*.parquet")):
        authority_id = file.relative_to(lake.exports).parts[0]
        shown = pseudonyms(pl.Series(person.keys), authority_id, key)
        columns = [name for name in _PSEUDONYMS if name in pl.read_parquet_schema(file)]
        rows = pl.scan_parquet(file).filter(pl.any_horizontal(pl.col(columns).is_in(shown.implode())))
        if columns and rows.head(1).collect().height:
            yield file


def restrictions_of(lake: Lake, person: Person) -> Iterator[Path]:
    """Files that say that the person's processing is limited."""
    folder = lake.folder(RESTRICTIONS)
    return (file for digest in person.digests for file in folder.glob(f"{digest}.parquet"))
