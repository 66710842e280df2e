"""Encrypted copies of a home, made by restic: what cannot be made again, for their term, read back for proof.

Not in them: keys and witness, which are kept apart; raw drops and caches. Not here: what is done before
anybody reads a copy that was brought back (restore). Why: D-198.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from dagster_project.contracts.terms import TERMS
from dagster_project.files.disk import put
from dagster_project.lake import keys
from dagster_project.lake.store import Lake
from dagster_project.rights.requests import witnessed
from dagster_project.settings import settings

FOLDERS = ("lake", "exports", "nights")
NO_PLACE = "No place for copies is set. Remedy: ENTREPOT_BACKUP=/mnt/copies, or another restic repository."
_LATE_AFTER = timedelta(days=2)
_PARTS = 31  # of what is stored: each day of the month reads one back, so a month reads all


class CopyError(Exception):
    """A copy that cannot be made or read; the message says what restic says, and what to do."""


@dataclass(frozen=True)
class Copy:
    """One copy: restic's name of it, and when it was made (UTC)."""

    copy_id: str
    made_at: datetime

    @property
    def gone_on(self) -> date:
        """The day from which the next copy removes this one."""
        return TERMS["copies"].ends_on(self.made_at.date())


def make(lake: Lake) -> Copy:
    """Copy the home, remove copies past their term, read back a part of what is stored. Raises CopyError.

    The home's lock must be held: a night at work would leave half of itself in the copy.
    """
    if not (there := [name for name in FOLDERS if (lake.home / name).exists()]):
        raise CopyError(f"{lake.home} holds nothing to copy yet: run a night first.")
    keys.secret(lake.keys, "backup", settings().backup_key)  # made here, and nowhere else
    try:
        _restic(lake, ["cat", "config"])
    except CopyError as unreadable:
        try:
            _restic(lake, ["init"])
        except CopyError:
            raise unreadable from None  # one is there, of another key, or out of reach
    _write_copy_record(lake, _read_copy_record(lake) | {"requests": len(list(witnessed(lake)))})
    _restic(lake, ["unlock"])  # what a copy that was killed holds still; another's, that is at work, stays
    excluded = ["--exclude", str(lake.scratch.relative_to(lake.home))]
    _restic(lake, ["backup", *there, *excluded, *_ours(), "--host", "entrepot"])
    # Ungrouped: else restic keeps the last copy of each path that a home ever had.
    past_term = ["--group-by", "", "--keep-within", f"{TERMS['copies'].days}d"]
    _remember(lake)  # whatever fails after it
    _restic(lake, ["forget", *_ours(), *past_term, "--prune"])
    kept = _remember(lake)
    _restic(lake, ["check", "--read-data-subset", f"{datetime.now(UTC).day}/{_PARTS}"])
    return kept[-1]


def copies(lake: Lake) -> list[Copy]:
    """The copies of this environment, oldest first; none where none are asked for. Raises CopyError."""
    if not settings().backup:
        return []
    listed = json.loads(_restic(lake, ["snapshots", "--json", *_ours()])) or []
    made = [
        Copy(snapshot["short_id"], datetime.fromisoformat(snapshot["time"]).astimezone(UTC))
        for snapshot in listed
    ]
    return sorted(made, key=lambda copy: copy.made_at)


def not_searched(lake: Lake) -> str:
    """What a proof says of copies, as the last one has left them; nothing where there are none."""
    kept = _kept(lake)
    if not kept:
        return ""
    sentence = f"not searched: {len(kept)} encrypted copies, of {kept[0]:%Y-%m-%d} to {kept[-1]:%Y-%m-%d}. "
    if is_late(lake):
        return sentence + "No later one was made, and none of these removed. Remedy: entrepot backup"
    gone_on = TERMS["copies"].ends_on(kept[-1].date())
    return sentence + f"What has gone today is in none after {gone_on}; a restore removes it first"


def is_late(lake: Lake) -> bool:
    """Whether copies are made of this home, or are to be made, and none was since two days."""
    made, home = _kept(lake), lake.home / "ENVIRONMENT"  # written by the first run, and never again
    if not made and settings().backup and home.exists():
        made = [datetime.fromtimestamp(home.stat().st_mtime, UTC)]
    return bool(made) and datetime.now(UTC) - made[-1] > _LATE_AFTER


def check(lake: Lake) -> None:
    """Read back all that is stored and hold it against its hashes. Raises CopyError."""
    _restic(lake, ["check", "--read-data"])


def bring_back(lake: Lake, copy_id: str, to: Path, only: Sequence[str] = ()) -> None:
    """Write a copy's folders there, or some files of them, held against their hashes. Raises CopyError."""
    files = [word for name in only for word in ("--include", f"/{name}")]
    _restic(lake, ["restore", copy_id, *_ours(), *files, "--target", str(to), "--verify"])


def witnessed_then(lake: Lake) -> int:
    """How many requests of persons the witness had seen when the copy that is in the home was made."""
    return int(_read_copy_record(lake)["requests"])


def _remember(lake: Lake) -> list[Copy]:
    kept = copies(lake)
    _write_copy_record(lake, _read_copy_record(lake) | {"kept": [copy.made_at.isoformat() for copy in kept]})
    return kept


def _kept(lake: Lake) -> list[datetime]:
    return [datetime.fromisoformat(made_at) for made_at in _read_copy_record(lake)["kept"]]


def _read_copy_record(lake: Lake) -> dict[str, Any]:
    file = _file(lake)
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {"requests": 0, "kept": []}


def _write_copy_record(lake: Lake, record: Mapping[str, Any]) -> None:
    put(_file(lake), json.dumps(record))


def _file(lake: Lake) -> Path:
    return lake.zone("warehouse") / "copies.json"


def _ours() -> list[str]:
    return ["--tag", settings().environment]


def _restic(lake: Lake, arguments: Sequence[str]) -> str:
    where = settings().backup
    if not where:
        raise CopyError(NO_PLACE)
    if not (restic := shutil.which("restic")):
        raise CopyError("restic is not installed. Remedy: apt install restic (macOS: brew install restic).")
    if not (key := keys.known("backup", lake.keys, settings().backup_key, None)):
        raise CopyError(
            "The copies' key is not here. Remedy: set ENTREPOT_BACKUP_KEY, or put backup.key into keys/."
        )
    ran = subprocess.run(
        [restic, "--no-cache", "--quiet", *arguments],
        cwd=lake.home,
        env=os.environ | {"RESTIC_REPOSITORY": where, "RESTIC_PASSWORD": key[0].hex()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        said = " ".join(ran.stderr.split()) or f"exit {ran.returncode}"
        raise CopyError(f"restic {arguments[0]}: {said}")  # not where: an address may hold a password
    return ran.stdout
