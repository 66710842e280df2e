"""Takes what waits, bank statements and status messages: read once, kept in part, answered and removed.

A statement is its lines, a message its statuses: the same again, alone or within another file, adds nothing.
The raw file holds others' names and is not kept: its operator has it. Killed anywhere, the next night reads
the file again and writes the same. Why: D-225, D-240, D-241.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from dagster_project.contracts.invoice_statuses import INVOICE_STATUSES
from dagster_project.contracts.payments import PAYMENTS, STATEMENTS
from dagster_project.drops.answers.folder import answer_name, as_json, deliver, lines_name
from dagster_project.drops.claim import Offer, claim
from dagster_project.drops.taken import Drop, taken
from dagster_project.drops.troubles import Troubles
from dagster_project.files import folders
from dagster_project.lake.store import Lake
from dagster_project.payments import status_answers
from dagster_project.payments.answers import answer, lines
from dagster_project.payments.cdar import is_message, read_message
from dagster_project.payments.entries import Fault
from dagster_project.payments.statement import Books, Reading, read_statement
from dagster_project.settings import settings

MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Taken:
    """What became of one file: lines or statuses kept, of others, not read."""

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
        content = copy.read_bytes() if offer.size_bytes <= MOST_BYTES else b""
    name = answer_name(statement)
    if is_message(content):
        siren_on = partial(known.siren, offer.operator_id)
        reading = read_message(content, offer.operator_id, siren_on, business_date)
        _write_statuses(lake, statement, reading)
        summary = status_answers.answer(statement, reading, business_date)
        answer_lines = status_answers.lines(reading)
    else:
        reading = Reading(faults=[Fault("fichier", "file_too_large")])
        if offer.size_bytes <= MOST_BYTES:
            reading = read_statement(content, offer.operator_id, known, business_date)
        _write(lake, statement, reading)
        summary, answer_lines = answer(statement, reading, business_date), lines(reading)
    files = {name: as_json(summary), lines_name(name): answer_lines}
    deliver(lake, offer.operator_id, files, troubles, root=lake.payments)
    with (
        troubles.telling(offer.operator_id, "incoming/"),
        suppress(FileNotFoundError),
        folders.within(lake.payments, offer.operator_id, "incoming") as incoming,
    ):
        if offer.is_same(incoming.status(offer.path.name)):
            incoming.remove(offer.path.name)
    return Taken(offer.label, len(reading.rows), len(reading.foreign), tuple(reading.faults))


def _write_statuses(lake: Lake, message: Drop, reading: Reading) -> None:
    rows = pl.DataFrame(
        [{"message_id": message.drop_id, **row} for row in reading.rows], schema=INVOICE_STATUSES.empty.schema
    )
    lake.write(INVOICE_STATUSES, rows.unique(maintain_order=True), message.drop_id)


def _write(lake: Lake, statement: Drop, reading: Reading) -> None:
    rows = pl.DataFrame(
        [{"statement_id": statement.drop_id, **row} for row in reading.rows], schema=PAYMENTS.empty.schema
    )
    # A file that lists a line twice says it once.
    lake.write(PAYMENTS, rows.unique("entry_key", keep="first", maintain_order=True), statement.drop_id)
    days = {*reading.days, *(period.last_on for period in reading.periods)}
    statement_row = {
        "statement_id": statement.drop_id,
        "operator_id": statement.operator_id,
        "first_on": min((period.first_on for period in reading.periods), default=None),
        "last_on": max(days, default=None),
        "kept_lines": len(reading.rows),
        "foreign_lines": len(reading.foreign),
        "unread_lines": len(reading.faults),
    }
    lake.write(STATEMENTS, pl.DataFrame([statement_row], schema=STATEMENTS.empty.schema), statement.drop_id)
