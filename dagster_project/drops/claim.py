"""Which delivered files are complete: the folder names the operator. Nothing is opened here (see taken)."""

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from dagster_project.drops.troubles import Troubles
from dagster_project.files import folders
from dagster_project.files.folders import Folder, is_ordinary

MOST_FILES = 1_000  # of an operator in a night; the rest waits for the next
_LONGEST_NAME = 100
_LAST_US = 2**33 * 1_000_000  # 2242
_UNFINISHED = (".part", ".tmp")
_PARTS = ("incoming", "processed", "feedback")
_REQUEST = re.compile(r"demande[\W_]*(?:d[\W_]*)?attestations?(?![a-z])", re.IGNORECASE)
_LEFTOVER = re.compile(r"\.[0-9a-f]{16}\.writing")
_TOO_MANY = (
    f"more than {MOST_FILES} files wait",
    "none: the next nights take the rest; ask the operator for fewer, larger files",
)


@dataclass(frozen=True)
class Offer:
    """One complete file in incoming/, as it stood there: which file, its size, when it was written."""

    path: Path
    device: int
    inode: int
    size_bytes: int
    changed_ns: int

    @property
    def operator_id(self) -> str:
        """The operator, named by its folder."""
        return self.path.parent.parent.name

    @property
    def label(self) -> str:
        """What logs call it: never its name, which may be a person's."""
        return f"{self.operator_id}-{self.inode}-{self.size_bytes}"

    @property
    def delivered_at(self) -> datetime:
        """The file's time, UTC."""
        return instant(self.changed_ns)

    def is_same(self, now: os.stat_result | None) -> bool:
        """What stands there now is this file, unchanged."""
        ours = (self.device, self.inode, self.size_bytes, self.changed_ns)
        return now is not None and ours == (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns)


def operators(drops: Path, troubles: Troubles) -> Iterator[tuple[str, Folder]]:
    """The operators' folders, open; one that leads elsewhere by a link, or cannot be opened, is told."""
    if not drops.is_dir():
        return
    with folders.within(drops) as all_of_them:
        for name in all_of_them.names():
            status = all_of_them.status(name)
            if not status or stat.S_ISREG(status.st_mode):
                continue
            if not name.isprintable() or len(name) > _LONGEST_NAME:
                troubles.tell("an operator", "the folder", "its name is none", "give it the operator's id")
                continue
            with troubles.telling(name, "the folder"), all_of_them.below(name) as folder:
                parts = {part: folder.status(part) for part in _PARTS}
                if linked := [
                    part for part, status in parts.items() if status and stat.S_ISLNK(status.st_mode)
                ]:
                    troubles.tell(name, f"{linked[0]}/", "it is a link", "put a folder of its own there")
                elif any(parts.values()):  # one that takes incoming/ away keeps the terms of what it sent
                    yield name, folder


def waiting(drops: Path, troubles: Troubles) -> list[Offer]:
    """The files in the operators' incoming folders, finished by their name."""
    return [
        Offer(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        for path, status in _delivered(drops, troubles)
        if is_ordinary(status)
    ]


def strange(drops: Path, troubles: Troubles) -> list[Path]:
    """What was delivered that is no file of its own: links, pipes, folders. They are never opened."""
    return [path for path, status in _delivered(drops, troubles) if not is_ordinary(status)]


def claim(drops: Path, troubles: Troubles, settle_s: float = 0, *, requests: bool = False) -> list[Offer]:
    """The complete files, in order of delivery; one that changes meanwhile stays for later.

    A file younger than `settle_s` seconds is given that time: it may still be being written. `requests`:
    those that ask for attestations, by their name, in place of drops.
    """
    offers = [offer for offer in waiting(drops, troubles) if is_request(offer.path.name) == requests]
    ages = [time.time() - offer.changed_ns / 1e9 for offer in offers]
    if youngest := [age for age in ages if 0 <= age < settle_s]:
        time.sleep(settle_s - min(youngest))
        still = set(waiting(drops, Troubles()))
        offers = [offer for offer in offers if offer in still]
    return sorted(offers, key=lambda offer: (offer.delivered_at, offer.operator_id, offer.path.name))


def sweep(drops: Path, troubles: Troubles) -> None:
    """Close operators' folders to others; remove answers that a night which was killed left half written."""
    for name, folder in operators(drops, troubles):
        with troubles.telling(name, "the folder"):
            folder.close_to_others()
        if folder.status("feedback"):
            with troubles.telling(name, "feedback/"), folder.below("feedback") as answers:
                for answer in filter(_LEFTOVER.fullmatch, answers.names()):
                    status = answers.status(answer)
                    if status and stat.S_ISREG(status.st_mode):  # a folder of that name is the operator's
                        answers.remove(answer)


def instant(changed_ns: int) -> datetime:
    """A file's time, UTC; one that no calendar has is its nearest."""
    return datetime.fromtimestamp(min(max(changed_ns // 1_000, 0), _LAST_US) / 1_000_000, UTC)


def is_unfinished(name: str) -> bool:
    """By its name, still being delivered."""
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


def is_request(name: str) -> bool:
    """By its name, a request for attestations and no drop: `demande_attestation….csv`."""
    return bool(_REQUEST.match(name))


def put_away(
    drops: Path,
    path: Path,
    business_date: date,
    sha256: str,
    troubles: Troubles,
    is_it: Callable[[os.stat_result | None], bool] = lambda _: True,
) -> None:
    """Move what was delivered to processed/<business date>; a namesake is kept beside it.

    `is_it`: another file that came under its name meanwhile goes back, for the next night.
    """
    operator_id = path.parent.parent.name
    with (
        troubles.telling(operator_id, "processed/"),
        folders.within(drops, operator_id) as folder,
        folder.below("incoming") as incoming,
        folder.below("processed", make=True) as processed,
        processed.below(business_date.isoformat(), make=True) as of_day,
        suppress(FileNotFoundError),  # its operator has taken it back
    ):
        name = path.name
        if of_day.status(name):
            name = f"{sha256[:16]}-{os.fsdecode(os.fsencode(name)[-200:])}"
        incoming.move(path.name, of_day, name)
        if not is_it(of_day.status(name)):
            of_day.move(name, incoming, path.name)


def _delivered(drops: Path, troubles: Troubles) -> list[tuple[Path, os.stat_result]]:
    """Of each operator, what lies in incoming/ and is finished by its name."""
    delivered = []
    for operator_id, folder in operators(drops, troubles):
        with (
            troubles.telling(operator_id, "incoming/"),
            suppress(FileNotFoundError),  # its operator has taken it away
            folder.below("incoming") as incoming,
        ):
            names = [name for name in incoming.names() if not is_unfinished(name)]
            if len(names) > MOST_FILES:
                troubles.tell(operator_id, "incoming/", *_TOO_MANY)
            for name in names[:MOST_FILES]:
                if status := incoming.status(name):
                    delivered.append((drops / operator_id / "incoming" / name, status))
    return delivered
