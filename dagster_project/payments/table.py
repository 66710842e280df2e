"""A bank statement as a CSV of our own contract (STATEMENT_COLUMNS), for who has no camt.053."""

import csv
from collections.abc import Iterator
from io import StringIO

from dagster_project.contracts.payments import STATEMENT_COLUMNS
from dagster_project.payments.entries import (
    Entry,
    Fault,
    UnreadableStatementError,
    cents,
    compact,
    day,
    siren,
)

_LONGEST_CELL = 10_000


def read(content: bytes) -> Iterator[Entry | Fault]:
    """Every line, and what is wrong with others. Raises UnreadableStatementError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableStatementError("file_unreadable") from None
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") >= first.count(",") else ","
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
    except csv.Error:
        raise UnreadableStatementError("file_unreadable") from None
    if sorted(header) != sorted(STATEMENT_COLUMNS):
        raise UnreadableStatementError("columns_wrong" if len(header) > 1 else "file_unreadable")
    known: dict[tuple[str, str], Entry] = {}
    while True:
        place = f"ligne {rows.line_num + 1}"
        try:
            cells = next(rows, None)
        except csv.Error:  # an open quote takes all that follows with it
            yield Fault(place, "row_broken")
            return
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            yield Fault(place, "row_broken")
            continue
        line = _line(place, dict(zip(header, (cell.strip() for cell in cells), strict=True)))
        if isinstance(line, Entry):
            before = known.setdefault((line.account, line.bank_reference), line)
            if (before.booked_on, before.amount_cents) != (line.booked_on, line.amount_cents):
                line = Fault(place, "identifier_twice")
        yield line


def _line(place: str, row: dict[str, str]) -> Entry | Fault:
    booked_on, amount = day(row["date_operation"]), cents(row["montant"])
    if booked_on is None or len(row["date_operation"]) != len("2021-05-03"):
        return Fault(place, "date_wrong")
    if amount is None:
        return Fault(place, "amount_wrong")
    if not row["identifiant"]:
        return Fault(place, "identifier_missing")
    number = siren(row["payeur_siren"])
    return Entry(
        place=place,
        account=compact(row["compte"]),
        booked_on=booked_on,
        amount_cents=amount,
        bank_reference=row["identifiant"],
        text=row["libelle"],
        sirens=frozenset({number} if number else ()),
        accounts=frozenset(),
    )
