"""Sees each call of this process that writes, renames, syncs or deletes below a home; can make one fail.

Not here: which calls are tried, and what must be true afterwards (tests/support/chaos.py).
"""

import builtins
import errno
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import polars as pl
import pytest

from dagster_project.lake import encryption
from dagster_project.lake.store import Lake
from dagster_project.proof import witness
from dagster_project.settings import PROJECT

# Dagster's own; pages; what every run begins by removing.
NOT_KEPT = ("dagster", "nights", "scratch", "building", "dbt")
_CHANGING = ("replace", "rename", "unlink", "remove", "rmdir", "link", "mkdir", "fsync")
_REAL = {name: getattr(os, name) for name in _CHANGING}
_NEEDS_SPACE = ("open", "replace", "rename", "link", "mkdir", "fsync", "write")
_OPEN = builtins.open


@dataclass(frozen=True)
class Point:
    """A call that changes a file: our lines that lead to it, innermost first; which of that way it is."""

    way: str
    call: str
    number: int

    @property
    def line(self) -> str:
        """The one of ours that makes the call."""
        return self.way.partition(" < ")[0]

    @property
    def errors(self) -> list[int]:
        """With which the system may refuse it."""
        return [errno.EIO, errno.ENOSPC] if self.call in _NEEDS_SPACE else [errno.EIO]


@dataclass
class Watch:
    """Sees each such call below a home; may raise at one of them."""

    home: Path
    seen: Callable[[Point], None] = lambda _: None
    fails_at: Point | None = None
    fails_with: int = errno.ENOSPC
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    in_place: set[Path] = field(default_factory=set)  # written where readers look: a death leaves them half
    turn: RLock = field(default_factory=RLock)  # documents are drawn side by side: a call at a time

    def call(self, name: str, path: object, real: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Make the call; before it, raise where it is the one that fails, after it, tell it."""
        if not self._is_ours(path):
            return real(*given, **named)
        with self.turn:
            return self._called(name, path, real, *given, **named)

    def _called(self, name: str, path: object, real: Callable[..., Any], *given: Any, **named: Any) -> Any:
        way = _way()
        self.counts[way, name] += 1
        point = Point(way, name, self.counts[way, name])
        if point == self.fails_at:
            if name == "write":  # what had room stays
                real(*given, **named)
                os.truncate(Path(os.fsdecode(path)), Path(os.fsdecode(path)).stat().st_size // 2)  # type: ignore[arg-type]
            raise OSError(self.fails_with, os.strerror(self.fails_with))
        if name == "open" and not any(part.startswith(".") for part in Path(os.fsdecode(path)).parts):  # type: ignore[arg-type]
            self.in_place.add(Path(os.fsdecode(path)))  # type: ignore[arg-type]
        result = real(*given, **named)
        self.seen(point)
        return result

    def _is_ours(self, path: object) -> bool:
        if isinstance(path, int):
            return True  # our code syncs files of the home alone
        file = Path(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else Path()
        if not file.is_absolute() or file == witness.file(Lake(self.home)):
            return True  # of a folder that is open: operators' folders are walked so
        return file.is_relative_to(self.home) and not set(NOT_KEPT) & set(file.parts)


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """For as long as the block lasts, every changing call of this process passes through `watch`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, real in _REAL.items():
            patch.setattr(os, name, _watched(watch, name, real))

        def opening(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
            if not set(mode) & set("wax+") or isinstance(file, int):
                return _OPEN(file, mode, *given, **named)
            return watch.call("open", file, _OPEN, file, mode, *given, **named)

        patch.setattr(builtins, "open", opening)
        patch.setattr("io.open", opening)
        encrypted, plain = encryption.write, pl.DataFrame.write_parquet

        def encrypting(connection: Any, rows: str, file: Path, *given: Any, **named: Any) -> None:
            watch.call("write", file, encrypted, connection, rows, file, *given, **named)

        def writing(rows: pl.DataFrame, file: Path, **named: Any) -> None:
            watch.call("write", file, plain, rows, file, **named)

        patch.setattr(encryption, "write", encrypting)
        patch.setattr(pl.DataFrame, "write_parquet", writing)
        yield


@contextmanager
def unwatched() -> Iterator[None]:
    """For as long as the block lasts, inside of the other, such calls are the caller's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, real in _REAL.items():
            patch.setattr(os, name, real)
        patch.setattr(builtins, "open", _OPEN)
        patch.setattr("io.open", _OPEN)
        yield


def _watched(watch: Watch, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def called(path: Any, *given: Any, **named: Any) -> Any:
        target = given[0] if name in ("replace", "rename", "link") else path
        return watch.call(name, target, real, path, *given, **named)

    return called


def _way() -> str:
    """Our lines that lead to the call, by file, function and number, up to the step of the night."""
    frame, way = sys._getframe(2), list[str]()
    while frame.f_back and not (way and way[-1].startswith("defs/")):
        file = frame.f_code.co_filename
        if (ours := file.removeprefix(f"{PROJECT}/dagster_project/")) != file:
            way.append(f"{ours}:{frame.f_code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(way) or "a library"
