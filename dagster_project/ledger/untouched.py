"""Which closings a night need not read again: nobody has touched their files since a night found them whole.

Four weeks at most: a closing has its turn every 28th night. Who asks (`entrepot ledger verify`), and who
brings back a copy, reads all. Lost, this knowledge is made again by reading all. Why: D-320.
"""

from datetime import date

from dagster_project.contracts.ledger import closing_of
from dagster_project.lake import seen
from dagster_project.lake.store import Lake
from dagster_project.ledger.chain import SIGNED

_TURNS = 28

Marks = dict[str, list[str]]


def marks(lake: Lake) -> Marks:
    """What tells a closing's files, by its number, from files that were written or copied there since."""
    found: Marks = {}
    for table in SIGNED:
        for file in sorted(lake.folder(table).glob("closing-*.parquet")):
            found.setdefault(str(closing_of(file)), []).append(seen.mark(file))
    return found


def untouched(lake: Lake, found: Marks, business_date: date) -> frozenset[int]:
    """Closings that lie as the last night left them, but those whose turn it is."""
    known = seen.read(lake, lake.found_whole) or {}
    turn = business_date.toordinal() % _TURNS
    same = (int(number) for number, mark in found.items() if known.get(number) == mark)
    return frozenset(number for number in same if number % _TURNS != turn)


def remember(lake: Lake, found: Marks) -> None:
    """To be called once all that was not untouched was read, and is as it was closed. Raises KeyFileError."""
    seen.write(lake, lake.found_whole, found)
