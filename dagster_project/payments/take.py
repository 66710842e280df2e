"""Takes the statements that wait: each is read once, its lines kept, its file answered and removed.

A statement is its lines: the same one again, alone or within another file, adds nothing. The raw file holds
others' names and is not kept: its operator has it. Killed anywhere, the next night reads the file again and
writes the same. Why: D-240, D-241.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import polars as pl

from dagster_project.contracts.payments import PAYMENTS, STATEMENTS
from dagster_project.drops.answers.folder import answer_name, as_json, deliver, lines_name
from dagster_project.drops.claim import Offer, claim
from dagster_project.drops.taken import Drop, taken
from dagster_project.drops.troubles import Troubles
from dagster_project.files import folders
from dagster_project.lake.store import Lake
from dagster_project.payments.answers import answer, lines
from dagster_project.payments.entries import Fault
from dagster_project.payments.statement import Books, Reading, read_statement
from dagster_project.settings import settings

MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Taken:
    """What became of one statement: lines kept, of others, not read."""

    label: str
    kept: int
    foreign: int
    faults: tuple[Fault, ...]


def take_statements(
    lake: Lake, known: Books, business_date: date, troubles: Troubles
) -> Iterator[tuple[str, Taken | Exception]]:
    """Take every complete file in payments/<operator>/incoming/; one that is hindered waits."""
    for offer in claim(lake.payments, troubles, settings().settle_s):
        try:
            yield offer.label, _take(offer, lake, known, business_date, troubles)
        except Exception as error:  # of ours: one statement's alone
            yield offer.label, error


def _take(offer: Offer, lake: Lake, known: Books, business_date: date, troubles: Troubles) -> Taken:
    with taken(offer, lake.payments, lake.scratch, MOST_BYTES, troubles) as (statement, copy):
        if offer.size_bytes > MOST_BYTES:
            reading = Reading(faults=[Fault("fichier", "file_too_large")])
        else:
            reading = read_statement(copy.read_bytes(), offer.operator_id, known, business_date)
    _write(lake, statement, reading)
    name = answer_name(statement)
    files = {name: as_json(answer(statement, reading, business_date)), lines_name(name): lines(reading)}
    deliver(lake, offer.operator_id, files, troubles, root=lake.payments)
    with (
        troubles.telling(offer.operator_id, "incoming/"),
        suppress(FileNotFoundError),
        folders.within(lake.payments, offer.operator_id, "incoming") as incoming,
    ):
        if offer.is_same(incoming.status(offer.path.name)):
            incoming.remove(offer.path.name)
    return Taken(offer.label, len(reading.rows), len(reading.foreign), tuple(reading.faults))


def _write(lake: Lake, statement: Drop, reading: Reading) -> None:
    rows = pl.DataFrame(
        [{"statement_id": statement.drop_id, **row} for row in reading.rows], schema=PAYMENTS.empty.schema
    )
    # A file that lists a line twice says it once.
    lake.write(PAYMENTS, rows.unique("entry_key", keep="first", maintain_order=True), statement.drop_id)
    told = {
        "statement_id": statement.drop_id,
        "operator_id": statement.operator_id,
        "last_on": max(reading.days, default=None),
        "kept_lines": len(reading.rows),
        "foreign_lines": len(reading.foreign),
        "unread_lines": len(reading.faults),
    }
    lake.write(STATEMENTS, pl.DataFrame([told], schema=STATEMENTS.empty.schema), statement.drop_id)
