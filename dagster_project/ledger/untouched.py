"""Which closings a night need not read again: nobody has touched their files since a night found them whole.

Four weeks at most: a closing has its turn every 28th night. Who asks (`entrepot ledger verify`), and who
brings back a copy, reads all. Lost, this knowledge is made again by reading all. Why: D-320.
"""

import hashlib
import hmac
import json
from datetime import date

from dagster_project.contracts.ledger import closing_of
from dagster_project.files.disk import put
from dagster_project.lake.store import Lake
from dagster_project.ledger.chain import SIGNED

_TURNS = 28

Marks = dict[str, list[list[int]]]


def marks(lake: Lake) -> Marks:
    """What tells a closing's files, by its number, from files that were written or copied there since."""
    found: Marks = {}
    for table in SIGNED:
        for file in sorted(lake.folder(table).glob("closing-*.parquet")):
            stat = file.stat()
            found.setdefault(str(closing_of(file)), []).append(
                [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
            )
    return found


def untouched(lake: Lake, found: Marks, business_date: date) -> frozenset[int]:
    """Closings that lie as the last night left them, but those whose turn it is."""
    known = _known(lake)
    turn = business_date.toordinal() % _TURNS
    same = (int(number) for number, mark in found.items() if known.get(number) == mark)
    return frozenset(number for number in same if number % _TURNS != turn)


def remember(lake: Lake, found: Marks) -> None:
    """To be called once all that was not untouched was read, and is as it was closed. Raises KeyFileError."""
    text = json.dumps(found)
    lake.found_whole.parent.mkdir(parents=True, exist_ok=True)
    put(lake.found_whole, f"{_seal(lake, text)}\n{text}\n")


def _known(lake: Lake) -> Marks:
    if not lake.found_whole.exists():
        return {}
    seal, _, text = lake.found_whole.read_text("utf-8").rstrip("\n").partition("\n")
    is_ours = hmac.compare_digest(seal, _seal(lake, text))
    return json.loads(text) if is_ours else {}


def _seal(lake: Lake, text: str) -> str:
    """Who changes an entry and writes here that it was read must have the key, too."""
    return hmac.new(lake.key("active"), text.encode(), hashlib.sha256).hexdigest()
