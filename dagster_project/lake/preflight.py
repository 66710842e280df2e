"""What a night looks at before it starts: room for what it will write.

Not here: whether the lake's files are there and whole (register), keys (keys), modes (files/disk).
"""

import shutil
from pathlib import Path

from dagster_project.lake.home import Home

_LEAST_BYTES = 2 * 10**8


class PreflightError(Exception):
    """A night cannot be done; the message names the folder, what is wrong with it, and a remedy."""


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
