"""What the name of a lake file says of its rows: of which drop they are, or, merged, of which nights."""

import re
from datetime import date, timedelta
from pathlib import Path

_MERGED = re.compile(r"(night|week)_(\d{4}-\d\d-\d\d)")
WEEK = timedelta(days=7)


def drop_of(file: Path) -> str:
    """The drop whose rows alone a file holds (`<drop>-<piece>`)."""
    return file.stem.rpartition("-")[0]


def merged(night: date, *, by_week: bool) -> str:
    """The name of a file with the drops of a night, or of its week."""
    return f"week_{night - timedelta(days=night.weekday())}" if by_week else f"night_{night}"


def first_night(file: Path) -> date | None:
    """The first night of which a merged file holds drops; None: a file of one drop."""
    name = _MERGED.fullmatch(file.stem)
    return date.fromisoformat(name[2]) if name else None


def last_night(file: Path) -> date | None:
    """The last one."""
    first = first_night(file)
    return first + timedelta(days=6) if first and file.stem.startswith("week_") else first
