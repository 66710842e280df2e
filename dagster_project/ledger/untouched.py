"""Which closings a night need not read again: nobody has touched their files since a night found them whole.

Four weeks at most: each closing has its day. Who asks (`entrepot ledger verify`), and who brings back a copy,
reads all. Lost, this knowledge is made again by reading all. Why: D-320.
"""

from collections.abc import Collection
from datetime import date, timedelta

from dagster_project.contracts.ledger import closing_of
from dagster_project.lake import register, seen
from dagster_project.lake.store import Lake
from dagster_project.ledger.chain import SIGNED

Marks = dict[str, list[str]]


def marks(lake: Lake) -> Marks:
    """What tells a closing's files, by its number, from files that were written or copied there since."""
    marks_by_closing: Marks = {}
    for table in SIGNED:
        for file in sorted(lake.folder(table).glob("closing-*.parquet")):
            marks_by_closing.setdefault(str(closing_of(file)), []).append(seen.mark(file))
    return marks_by_closing


def untouched(lake: Lake, marks_now: Marks, business_date: date) -> frozenset[int]:
    """Closings that lie as the last night left them, and whose day has not come."""
    today = business_date.isoformat()
    return frozenset(
        int(number)
        for number, (until, *marks) in _known(lake).items()
        if marks == marks_now.get(number) and today < until
    )


def remember(lake: Lake, marks_now: Marks, unchanged_closings: Collection[int], business_date: date) -> None:
    """To be called once all that was not untouched was read, and is as it was closed. Raises KeyFileError."""
    known = _known(lake)

    def until(number: str) -> str:
        if int(number) in unchanged_closings:
            return known[number][0]
        # Of new ones not all on one night.
        days = register.TURN_DAYS if number in known else 1 + int(number) % register.TURN_DAYS
        return (business_date + timedelta(days)).isoformat()

    seen.write(
        lake, lake.found_whole, {number: [until(number), *marks] for number, marks in marks_now.items()}
    )


def _known(lake: Lake) -> Marks:
    """Of each closing the day on which it is read again, and its marks."""
    return seen.read(lake, lake.found_whole) or {}
