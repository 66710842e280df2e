"""Which delivered files are complete, and who they are: the folder names the operator, the bytes the drop."""

import hashlib
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_UNFINISHED = (".part", ".tmp")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Drop:
    """One complete file: its operator, its identity and the instant it was delivered (UTC)."""

    operator_id: str
    path: Path
    sha256: str
    size_bytes: int
    dropped_at: datetime

    @property
    def drop_id(self) -> str:
        """Identity of the drop: the same bytes of the same operator are one drop."""
        return f"{self.operator_id}-{self.sha256[:16]}"


def waiting(drops: Path) -> list[Path]:
    """The files in the operators' incoming folders, finished by their name; links are left alone."""
    return sorted(
        file
        for file in drops.glob("*/incoming/*")
        if not file.name.startswith(".")
        and not file.name.lower().endswith(_UNFINISHED)
        and stat.S_ISREG(file.lstat().st_mode)
    )


def claim(drops: Path) -> list[Drop]:
    """The complete files, in order of delivery; one that changes while it is read stays for later."""
    claimed = [drop for file in waiting(drops) if (drop := _identify(file))]
    return sorted(claimed, key=lambda drop: (drop.dropped_at, drop.operator_id, drop.path.name))


def _identify(file: Path) -> Drop | None:
    before = file.lstat()
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    after = file.lstat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return None
    return Drop(
        operator_id=file.parent.parent.name,
        path=file,
        sha256=digest.hexdigest(),
        size_bytes=after.st_size,
        dropped_at=datetime.fromtimestamp(after.st_mtime_ns // 1_000 / 1_000_000, UTC),
    )


def put_away(drop: Drop, business_date: str) -> Path:
    """Move a drop to processed/<business date>; a namesake with other bytes is kept beside it."""
    folder = drop.path.parent.parent / "processed" / business_date
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / drop.path.name
    if target.exists():
        target = folder / f"{drop.sha256[:16]}-{drop.path.name}"
    return drop.path.replace(target)
