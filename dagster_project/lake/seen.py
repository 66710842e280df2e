"""What was found out about a file, for as long as nobody touches it: the next night need not read it again.

Four weeks at most: a file has its turn every 28th night. Lost, all is found out again. Why: D-320.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zlib import crc32

from dagster_project.files.disk import replacing
from dagster_project.lake.store import Lake

TURNS = 28  # nights
DIGEST = "sha256"  # the question that documents and journeys ask, of files of one folder each

Mark = list[int]


def mark(file: Path) -> Mark:
    """What tells a file from one that was written or copied into its place since, or got another name."""
    stat = file.stat()
    return [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def mark_of_content(file: Path) -> Mark:
    """The same, whatever names a file gets and loses, as one does that is carried over every night."""
    return mark(file)[:3]


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
    """What is known of the files of a folder of exports, one answer to one question (`what`) each."""

    def __init__(
        self,
        lake: Lake,
        folder: Path,
        what: str,
        business_date: date,
        mark: Callable[[Path], Mark] = mark,
    ) -> None:
        self._lake, self._folder, self._mark = lake, folder, mark
        self._file = lake.seen / what / f"{'.'.join(folder.parts[-3:])}.json"
        self._turn = business_date.toordinal() % TURNS
        self._known: dict[str, tuple[Mark, str]] = read(lake, self._file) or {}
        self._answers: dict[str, str] = {}

    def of(self, name: str, find: Callable[[Path], str]) -> str:
        """What `find` says of a file of the folder, asked only if it is not known."""
        file = self._folder / name
        known, answer = self._known.get(name, ([], ""))
        if known != self._mark(file) or crc32(name.encode()) % TURNS == self._turn:
            answer = find(file)
        self._answers[name] = answer
        return answer

    def tell(self, name: str, answer: str) -> None:
        """What is known of a file that was just written."""
        self._answers[name] = answer

    def keep(self) -> None:
        """Write down what was asked or told of files that are there, once the folder has taken its place."""
        now = {
            name: (self._mark(file), answer)
            for name, answer in self._answers.items()
            if (file := self._folder / name).exists()
        }
        write(self._lake, self._file, now)
