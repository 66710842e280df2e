"""Room for what a night will write, looked at before it starts; what to do about an error of the disk.

Not here: whether the lake's files are there and whole (register), keys (keys), modes (files/disk).
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dagster_project.files.folders import files_below
from dagster_project.lake.home import Home
from dagster_project.settings import settings

_OF_OTHERS = ("drops", "payments", "requests")
_LEAST_BYTES = 2 * 10**8  # of each disk
_UNPACKED = 10  # times the size of a gzip archive of journeys, about
_MODES = "Remedy: give it to the user of the night, or its folder (chown, chmod), then run the night again."
_DISK = "Remedy: look at the disk (dmesg), then run the night again: it names what is not whole."
_PLACE = "Remedy: look at what is named, then run the night again."
_REMEDIES = {errno.EACCES: _MODES, errno.EPERM: _MODES, errno.EIO: _DISK, errno.EROFS: _DISK}
_FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), "disk is full", "Out of Memory")
# What DuckDB and SQLite say of the same.
_SAID = {os.strerror(number): remedy for number, remedy in _REMEDIES.items()} | {
    "readonly database": _MODES,
    "unable to open database file": _MODES,
}


class PreflightError(Exception):
    """A night cannot be done; the message names the folder, what is wrong with it, and a remedy."""


def check_space(home: Home) -> None:
    """Raise PreflightError where one of the home's disks has no room for a night.

    At worst it writes the cache, all its months and the largest folder of exports beside the old ones, and
    what waits three times: unpacked, in the lake, as answers.
    """
    drops, payments = _waiting(home.drops), _waiting(home.payments)
    written = {
        home.home: 0,
        home.cache_file.parent: _bytes(home.cache_file.parent),
        home.exports: max((_bytes(folder) for folder in home.exports.glob("*/*")), default=0),
        home.scratch.parent: 2 * drops + payments,
        home.drops: drops,
        home.payments: payments,
        Path(os.environ.get("DAGSTER_HOME", home.dagster)): 0,
        **({witness.parent: 0} if (witness := settings().witness) else {}),
    }
    needed: dict[int, int] = {}
    folders: dict[int, Path] = {}
    for folder, count in written.items():
        there = _there(folder)
        disk = _disk(there)
        folders.setdefault(disk, there)
        needed[disk] = needed.get(disk, _LEAST_BYTES) + count
    for disk, folder in folders.items():
        if (free := shutil.disk_usage(folder).free) < needed[disk]:
            raise PreflightError(
                f"{folder} has {free // 10**6} MB free, and a night may write {needed[disk] // 10**6} MB. "
                f"{_make_room(home)}"
            )


def _waiting(folder: Path) -> int:
    """Bytes of what operators have sent: archives as unpacked, no file as more than a drop may have."""
    most = settings().max_drop_mb * 10**6
    # An operator may lay a link in its folder's place, to all that there is.
    own = (incoming for incoming in folder.glob("*/incoming") if not incoming.is_symlink())
    return sum(
        min(size * (_UNPACKED if file.suffix == ".gz" else 1), most)
        for incoming in own
        for file, size in _sizes(incoming)
        if file.parent == incoming  # a night takes nothing deeper
    )


def _bytes(folder: Path) -> int:
    return sum(size for _, size in _sizes(folder))


def _sizes(folder: Path) -> Iterator[tuple[Path, int]]:
    """Files below a folder, no link followed, with their bytes.

    Before the lock is taken another run may move one that is looked at, and an operator may close a folder:
    what cannot be seen is not counted, and stops nobody.
    """
    for file in files_below(folder):
        with suppress(OSError):
            yield file, file.lstat().st_size


def _disk(folder: Path) -> int:
    return folder.stat().st_dev


def remedy(error: BaseException | str, home: Home) -> str:
    """What to do about an error of the disk, by its number or by what DuckDB or SQLite says of it.

    One that says neither is told with the room that is left.
    """
    number = getattr(error, "errno", None)
    said = str(getattr(error, "orig", error))  # SQLAlchemy's own words repeat the statement
    known = [sentence for words, sentence in _SAID.items() if words in said]
    if number in (errno.ENOSPC, errno.EDQUOT) or (not known and any(words in said for words in _FULL)):
        return free_space(home)
    if number is None:
        return known[0] if known else f"{_room(home)} {_PLACE}"
    return _REMEDIES.get(number, _PLACE)


def of_the_disk(error: Exception, place: str, home: Home) -> str:
    """What SQLite or the file system says, of which file, and what to do; no statement, no parameter."""
    file = getattr(error, "filename", None) or os.environ.get("DAGSTER_HOME", home.home)
    said = getattr(error, "orig", None) or os.strerror(getattr(error, "errno", None) or 0)
    what = f"{tellable(str(file), home) or 'a file of others'} ({said})"
    return f"{place} cannot be read or written: {what}. {remedy(error, home)}"


def tellable(said: str, home: Home) -> str:
    """What says a file's place; nothing of one below the folders of others, whose names may say who."""
    return "" if any(f"{home.home / folder}" in said for folder in _OF_OTHERS) else said


def free_space(home: Home) -> str:
    """How much room is left, and what to do where that is too little."""
    return f"{_room(home)} {_make_room(home)}"


def _room(home: Home) -> str:
    folder = _there(home.home)
    return f"{folder} has {shutil.disk_usage(folder).free // 10**6} MB free."


def _there(folder: Path) -> Path:
    return next(there for there in (folder, *folder.parents) if there.exists())


def _make_room(home: Home) -> str:
    return (
        f"Remedy: make room (`du -xsh {home.home}/*`; `entrepot clean` removes what is made again), then run "
        "it again."
    )
