"""Which delivered files are complete, and who they are: the folder names the operator, the bytes the drop."""

import hashlib
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_UNFINISHED = (".part", ".tmp")


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
    def is_unchanged(self) -> bool:
        """The file is there and is what was claimed."""
        try:
            now = self.path.lstat()
        except FileNotFoundError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size_bytes, self.changed_ns)


def waiting(drops: Path) -> list[Path]:
    """The files in the operators' incoming folders, finished by their name."""
    return [file for file in _delivered(drops) if stat.S_ISREG(file.lstat().st_mode)]


def strange(drops: Path) -> list[Path]:
    """What was delivered that is no file: links, pipes, devices. They are never opened."""
    return [
        file
        for file in _delivered(drops)
        if not (stat.S_ISREG(file.lstat().st_mode) or stat.S_ISDIR(file.lstat().st_mode))
    ]


def _delivered(drops: Path) -> list[Path]:
    return sorted(
        file
        for operator in drops.glob("*/incoming")
        if not (operator.is_symlink() or operator.parent.is_symlink())
        for file in operator.iterdir()
        if not file.name.startswith(".") and not file.name.lower().endswith(_UNFINISHED)
    )


def claim(drops: Path) -> list[Drop]:
    """The complete files, in order of delivery; one that changes while it is read stays for later."""
    claimed = [drop for file in waiting(drops) if (drop := _identify(file))]
    return sorted(claimed, key=lambda drop: (drop.dropped_at, drop.operator_id, drop.path.name))


def _identify(file: Path) -> Drop | None:
    try:
        before = file.lstat()
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256")
    except FileNotFoundError:
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
