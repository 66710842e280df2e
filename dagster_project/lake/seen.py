"""What was found out about a file, for as long as nobody touches it: the next night need not read it again.

Four weeks at most: each file has its turn. Lost, all is found out again. Why: D-320.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from dagster_project.files.disk import replacing
from dagster_project.lake.register import TURN_DAYS
from dagster_project.lake.store import Lake

DIGEST = "sha256"  # the question that documents and journeys ask, of files of one folder each


def mark(file: Path) -> str:
    """What tells a file from one that was written or copied into its place since, or got another name.

    Its numbers stand after points: no search for an id takes them for one.
    """
    return f"{mark_of_content(file)}.{file.stat().st_ctime_ns}"


def mark_of_content(file: Path) -> str:
    """The same, whatever names a file gets and loses, as one does that is carried over every night."""
    stat = file.stat()
    return f".{stat.st_ino}.{stat.st_size}.{stat.st_mtime_ns}"


def read(lake: Lake, file: Path) -> Any:
    """What `write` wrote there; None where there is nothing, or of somebody without the key.

    Raises KeyFileError.
    """
    if not file.exists():
        return None
    seal, _, text = file.read_bytes().partition(b"\n")
    return json.loads(text) if hmac.compare_digest(seal, _seal(lake, text)) else None


def write(lake: Lake, file: Path, content: Any) -> None:
    """Write what JSON can say, under a seal. Raises KeyFileError."""
    text = json.dumps(content).encode()
    with replacing(file) as beside:
        beside.write_bytes(_seal(lake, text) + b"\n" + text)


def _seal(lake: Lake, text: bytes) -> bytes:
    """Who changes a file and writes here what was found in it must have the key, too."""
    return hmac.new(lake.key("active"), text, hashlib.sha256).hexdigest().encode()


class Seen:
    """What is known of the files of a folder of exports, one answer to one `question` each."""

    def __init__(
        self,
        lake: Lake,
        folder: Path,
        question: str,
        business_date: date,
        mark: Callable[[Path], str] = mark,
    ) -> None:
        self._lake, self._folder, self._mark, self._day = lake, folder, mark, business_date
        self._file = lake.seen / question / f"{'.'.join(folder.parts[-3:])}.json"
        # Mark, the day until which it is believed, answer.
        self._known: dict[str, tuple[str, str, str]] = read(lake, self._file) or {}
        # The same of tonight, but how the content lay that was asked.
        self._tonight: dict[str, tuple[str, str, str]] = {}

    def of(self, name: str, find: Callable[[Path], str]) -> str:
        """What `find` says of a file of the folder, asked only if it is not known."""
        file = self._folder / name
        known, until, answer = self._known.get(name, ("", "", ""))
        lies, is_same = mark_of_content(file), known == self._mark(file)
        if not is_same or until <= self._day.isoformat():
            until, answer = self._until(TURN_DAYS if is_same else _first_turn(name)), find(file)
        self._tonight[name] = lies, until, answer
        return answer

    def tell(self, name: str, answer: str, file: Path) -> None:
        """What is known of a file that was just written, where it lies now."""
        lies = mark_of_content(file)
        if self._tonight.get(name, ("",))[0] != lies:
            self._tonight[name] = lies, self._until(_first_turn(name)), answer

    def keep(self) -> None:
        """Write down what was asked or told of files that lie as they did, once the folder has its place."""
        now = {
            name: (self._mark(file), until, answer)
            for name, (lies, until, answer) in self._tonight.items()
            if (file := self._folder / name).exists() and mark_of_content(file) == lies
        }
        write(self._lake, self._file, now)

    def _until(self, days: int) -> str:
        return (self._day + timedelta(days)).isoformat()


def _first_turn(name: str) -> int:
    """Days until a new file's turn: not all on one night."""
    return 1 + crc32(os.fsencode(name)) % TURN_DAYS
