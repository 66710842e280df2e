"""The witness: a file outside the home to which every checkpoint and record is appended, one line each.

Whoever rewrites the home cannot take back what lies there. Best on another machine's disk, append only.
"""

import json
import os
from pathlib import Path

from dagster_project.files.disk import sync
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.store import Lake
from dagster_project.settings import settings


def file(lake: Lake) -> Path:
    """Where it is: as set, else beside the home."""
    return settings().witness or lake.home.with_name(f"{lake.home.name}.witness.jsonl")


def read(witness: Path, kind: str = "point") -> list[str]:
    """The lines of checkpoints, or of another kind, in their order. Raises KeyFileError: cannot be read.

    A line that a killed night wrote half is left out: the whole one follows it.
    """
    try:
        lines = witness.read_text("utf-8").splitlines() if witness.exists() else []
    except (OSError, ValueError) as error:
        said = os.strerror(error.errno or 0) if isinstance(error, OSError) else "it is no text"
        raise KeyFileError(
            f"the witness {witness} cannot be read ({said}). Remedy: give it to this user (chown, chmod), or "
            "bring back the disk that it lies on."
        ) from None
    following = [*lines[1:], None][: len(lines)]
    return [
        line
        for line, after in zip(lines, following, strict=True)
        if _is_of(kind, line) or not (_is_whole(line) or after is None or after.startswith(line))
    ]


def append(witness: Path, lines: list[str]) -> None:
    """Add lines and see them on the disk. Raises KeyFileError."""
    try:
        torn = witness.exists() and not witness.read_bytes().endswith(b"\n") and witness.stat().st_size
        with witness.open("a", encoding="utf-8") as handle:
            handle.write("\n" * bool(torn) + "".join(f"{line}\n" for line in lines))
            handle.flush()
            os.fsync(handle.fileno())
        sync(witness.parent)
    except OSError as error:
        raise KeyFileError(
            f"the witness {witness} cannot be written ({os.strerror(error.errno or 0)}). Remedy: make room "
            "on its disk, or let this user append to it (ENTREPOT_WITNESS says where it is)."
        ) from None


def _is_of(kind: str, line: str) -> bool:
    return _is_whole(line) and kind in json.loads(line)


def _is_whole(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
