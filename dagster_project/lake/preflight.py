"""What a night looks at before it starts: room for what it will write, and lake files that can be read whole.

Not here: keys (keys), modes (files/disk), whether the ledger is as it was closed (ledger/chain).
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from dagster_project.lake.home import Home

_ENDS = (b"PAR1", b"PARE")  # of Parquet, plain and encrypted
_LEAST_BYTES = 2 * 10**8
_MOST_TOLD = 20


class PreflightError(Exception):
    """A night cannot be done; the message names each file or folder, what is wrong with it, and a remedy."""


def check_space(home: Home) -> None:
    """Raise PreflightError where the disk has no room for a night.

    At worst it writes the cache and all its months beside the old ones, and what waits of the drops.
    """
    written = [home.warehouse, *home.months.rglob("*.parquet"), *home.drops.glob("*/incoming/*")]
    needed = _LEAST_BYTES + sum(file.stat().st_size for file in written if file.is_file())
    folder = _there(home)
    if (free := shutil.disk_usage(folder).free) < needed:
        raise PreflightError(
            f"{folder} has {free // 10**6} MB free, and a night may write {needed // 10**6} MB. "
            f"{_make_room(home)}"
        )


def free_space(home: Home) -> str:
    """How much room is left, and what to do where that is too little."""
    folder = _there(home)
    return f"{folder} has {shutil.disk_usage(folder).free // 10**6} MB free. {_make_room(home)}"


def _there(home: Home) -> Path:
    return next(folder for folder in (home.home, *home.home.parents) if folder.exists())


def _make_room(home: Home) -> str:
    return (
        f"Remedy: make room (`du -xsh {home.home}/*`; `entrepot clean` removes what is made again), then run "
        "it again."
    )


def check_files(home: Home) -> None:
    """Raise PreflightError where a file of the lake cannot be read, or is not whole."""
    faults = list(_faults(home.zone("")))
    if faults:
        more = f" and {len(faults) - _MOST_TOLD} more" if len(faults) > _MOST_TOLD else ""
        raise PreflightError(
            f"The lake cannot be read: {'; '.join(faults[:_MOST_TOLD])}{more}. Remedy: give the file to this "
            "user (chown, chmod) where it is another's; else restore it from a backup. Then run it again."
        )


def _faults(lake: Path) -> Iterator[str]:
    for folder, _, names in os.walk(lake):
        for name in names:
            if name.endswith(".parquet") and (fault := _fault(os.path.join(folder, name))):  # noqa: PTH118, speed
                yield f"{Path(folder, name).relative_to(lake.parent)} {fault}"


def _fault(file: str) -> str | None:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        return f"cannot be opened ({os.strerror(error.errno or 0)})"
    try:
        size = os.fstat(descriptor).st_size
        head = os.pread(descriptor, 4, 0)
        tail = os.pread(descriptor, 4, max(size - 4, 0))
    except OSError as error:
        return f"cannot be read ({os.strerror(error.errno or 0)})"
    finally:
        os.close(descriptor)
    if head not in _ENDS or tail != head:
        return f"is not whole ({size} bytes)"
    return None
