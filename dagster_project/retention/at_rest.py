"""Files that a night's proof need not search: of later months than what goes, and untouched since a proof.

A week at most: a file has its turn every seventh night. Who erases a person, brings a copy back or asks
(`entrepot prove`) searches all. Why: D-324.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from zlib import crc32

from dagster_project.contracts.terms import TERMS
from dagster_project.files.folders import files_below
from dagster_project.lake import seen
from dagster_project.lake.store import Lake

_TURNS = 7  # nights
_MONTH = re.compile(r"(?<!\d)20\d\d-[01]\d(?!\d)")


def at_rest(lake: Lake, business_date: date) -> frozenset[Path]:
    """The files that lie as a proof found them, and name only months after the one that loses journeys."""
    known: dict[str, seen.Mark] = seen.read(lake, lake.searched) or {}
    gone_until = f"{TERMS['journeys'].cut_off(business_date):%Y-%m}"
    turn = business_date.toordinal() % _TURNS
    return frozenset(
        file
        for name, mark in known.items()
        if crc32(name.encode()) % _TURNS != turn
        and (months := _MONTH.findall(name))
        and min(months) > gone_until
        and (file := lake.home / name).exists()
        and seen.mark_of_content(file) == mark
    )


def marks(lake: Lake) -> dict[Path, seen.Mark]:
    """How our files lie, before a search; those in operators' folders are searched every night."""
    of_operators = (lake.drops, lake.payments)
    return {
        file: seen.mark_of_content(file)
        for file in files_below(lake.home)
        if not any(file.is_relative_to(folder) for folder in of_operators)
    }


def remember(lake: Lake, lay: Mapping[Path, seen.Mark], found: Collection[Path]) -> None:
    """Write down how files lay that were searched or at rest, but for those in which something was found."""
    clear = {str(file.relative_to(lake.home)): mark for file, mark in lay.items() if file not in found}
    seen.write(lake, lake.searched, clear)
