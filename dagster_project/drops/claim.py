"""Which delivered files are complete, and who they are: the folder names the operator, the bytes the drop."""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

_UNFINISHED = (".part", ".tmp")
_PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Drop:
    """One complete file: its operator, its identity and the instant it was delivered (UTC)."""

    operator_id: str
    path: Path
    sha256: str
    size_bytes: int
    dropped_at: datetime
    changed_ns: int

    @property
    def drop_id(self) -> str:
        """Identity of the drop: the same bytes of the same operator are one drop."""
        return f"{self.operator_id}-{self.sha256[:16]}"

    @property
    def delivered_on(self) -> date:
        """The day in Paris in which it came; midnight ends a day."""
        return (self.dropped_at - timedelta.resolution).astimezone(_PARIS).date()

    @property
    def shown_name(self) -> str:
        """The file's name as text, whatever its bytes."""
        return os.fsencode(self.path.name).decode("utf-8", "replace")

    @property
    def is_unchanged(self) -> bool:
        """The file is there and is what was claimed."""
        try:
            now = self.path.lstat()
        except FileNotFoundError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size_bytes, self.changed_ns)


def waiting(drops: Path) -> list[Path]:
    """The files in the operators' incoming folders, finished by their name."""
    return [file for file in _delivered(drops) if _is_file(file)]


def strange(drops: Path) -> list[Path]:
    """What was delivered that is no file: links, pipes, devices, folders. They are never opened."""
    return [file for file in _delivered(drops) if not _is_file(file)]


def claim(drops: Path, settle_s: float = 0) -> list[Drop]:
    """The complete files, in order of delivery; one that changes meanwhile stays for later.

    A file younger than `settle_s` seconds is given that time: it may still be being written.
    """
    files = waiting(drops)
    ages = [time.time() - file.lstat().st_mtime for file in files if file.exists()]
    if youngest := [age for age in ages if 0 <= age < settle_s]:
        before = {file: file.lstat() for file in files if file.exists()}
        time.sleep(settle_s - min(youngest))
        files = [file for file in files if file in before and _is_same(file, before[file])]
    claimed = [drop for file in files if (drop := _identify(file))]
    return sorted(claimed, key=lambda drop: (drop.dropped_at, drop.operator_id, drop.path.name))


def _delivered(drops: Path) -> list[Path]:
    found = [file for operator in operators(drops) for file in (operator / "incoming").iterdir()]
    return sorted(file for file in found if not is_unfinished(file))


def operators(drops: Path) -> Iterator[Path]:
    """The operators' folders; one that leads elsewhere by a link is none."""
    for operator in sorted(drops.glob("*")):
        folders = [operator, *(operator / name for name in ("incoming", "processed", "feedback"))]
        if not any(folder.is_symlink() for folder in folders) and (operator / "incoming").is_dir():
            yield operator


def is_unfinished(file: Path) -> bool:
    """By its name, still being delivered."""
    return file.name.startswith(".") or file.name.lower().endswith(_UNFINISHED)


def _is_file(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _is_same(file: Path, before: os.stat_result) -> bool:
    try:
        now = file.lstat()
    except FileNotFoundError:
        return False
    return (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def _identify(file: Path) -> Drop | None:
    try:
        before = file.lstat()
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256")
    except OSError:  # gone, or not ours to read: it stays where it is
        return None
    drop = Drop(
        operator_id=file.parent.parent.name,
        path=file,
        sha256=digest.hexdigest(),
        size_bytes=before.st_size,
        dropped_at=datetime.fromtimestamp(before.st_mtime_ns // 1_000 / 1_000_000, UTC),
        changed_ns=before.st_mtime_ns,
    )
    return drop if drop.is_unchanged else None


def put_away(file: Path, business_date: str, sha256: str) -> Path:
    """Move what was delivered to processed/<business date>; a namesake is kept beside it."""
    folder = file.parent.parent / "processed" / business_date
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    if os.path.lexists(target):
        target = folder / f"{sha256[:16]}-{file.name}"
    return file.replace(target)
