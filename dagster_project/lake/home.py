"""The only place that knows the folders of a home (drops, lake, cache, exports, keys), and who works in it.

Not here: what the lake's files hold, the keys (store, keys).
"""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from dagster_project.files.disk import MOVED_ASIDE, WRITING, OpenToOthersError, close, put, settle
from dagster_project.lake import register
from dagster_project.lake.moves import finish
from dagster_project.settings import settings

_LOOK_AGAIN_S = 1
# Where nights write files and folders beside their places.
_WRITTEN = ("", "lake/**/", "exports/**/", "nights/", "warehouse/", "warehouse/seen/*/")


class LockedError(Exception):
    """Nobody may work in the warehouse: another run holds it, others read it, or the lake is not whole."""


@dataclass(frozen=True)
class Home:
    """The folders below a home: the installation's (ENTREPOT_HOME), or another's."""

    home: Path = field(default_factory=lambda: settings().home)

    @property
    def drops(self) -> Path:
        """What operators deliver: <operator>/incoming, processed, feedback."""
        return self.home / "drops"

    @property
    def payments(self) -> Path:
        """Bank statements that operators deliver: <operator>/incoming, feedback."""
        return self.home / "payments"

    @property
    def cache_file(self) -> Path:
        """The DuckDB cache that readers open; its views know the database by this file's name."""
        return self.home / "warehouse" / "entrepot.duckdb"

    @property
    def building(self) -> Path:
        """The cache being built, beside the one that is read."""
        return self.home / "warehouse" / "building" / "entrepot.duckdb"

    @property
    def months(self) -> Path:
        """What the cache holds month by month: encrypted files, each named by what it was made from."""
        return self.home / "warehouse" / "months"

    @property
    def found_whole(self) -> Path:
        """The closings that a night found as they were closed, and how their files lay then."""
        return self.home / "warehouse" / "found_whole.json"

    @property
    def seen(self) -> Path:
        """What a night found out about exports that nobody has touched since."""
        return self.home / "warehouse" / "seen"

    @property
    def dbt_output(self) -> Path:
        """dbt's artifacts and logs."""
        return self.home / "warehouse" / "dbt"

    @property
    def catalogue(self) -> Path:
        """Rule rows made from the committed campaigns, operators, authorities and territories."""
        return self.home / "lake" / "warehouse" / "catalogue"

    @property
    def exports(self) -> Path:
        """What goes out."""
        return self.home / "exports"

    @property
    def requests(self) -> Path:
        """Answers to persons who asked what is held of them, one folder each."""
        return self.home / "requests"

    @property
    def scratch(self) -> Path:
        """Files that live no longer than the step that makes them."""
        return self.home / "lake" / "scratch"

    @property
    def merging(self) -> Path:
        """Lake files that are about to take the places of others."""
        return self.home / "lake" / "merging"

    @property
    def keys(self) -> Path:
        """Secret keys, one 0600 file each."""
        return self.home / "keys"

    @property
    def nights(self) -> Path:
        """What each night did and left to do: a page and a JSON by business date."""
        return self.home / "nights"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage."""
        return self.home / "dagster"

    @property
    def half_restored(self) -> Path:
        """There as long as a copy is being brought back: what persons asked since is not done yet."""
        return self.home / "RESTORING"

    def check_whole(self) -> None:
        """Raise LockedError where a restore has not come to its end."""
        if self.half_restored.exists():
            raise LockedError(
                f"A copy was being brought back into {self.home}, and is not as it must be today: nobody may "
                "read it yet. Remedy: run the same entrepot restore again."
            )

    def zone(self, name: str) -> Path:
        """Where the tables of a zone are."""
        return self.home / "lake" / name

    @contextmanager
    def lock(
        self, wait_s: float = 0, *, restores: bool = False, mends: bool = False, holder: str = ""
    ) -> Iterator[str]:
        """Hold the warehouse for one run, once who holds it is done; the lock dies with the process.

        `holder`: what a run is called. Given back is what the last one was called that died while it held the
        lock; it stands there until another run has ended, whatever commands hold the lock meanwhile.
        Raises LockedError, where it is held for longer than `wait_s`, or half restored or not as the last run
        left it (unless `restores`; or `mends`, which leaves the register of files to the next run).
        """
        if not self.zone("").exists() and (self.home.parent / "lake").exists():
            raise LockedError(
                f"An older version made its home in {self.home.parent}, where the catalogue is. Remedy: move "
                f"drops, lake, warehouse, exports, keys, requests, dagster and ENVIRONMENT into {self.home}, "
                f"and the witness to {self.home.with_name(self.home.name + '.witness.jsonl')}."
            )
        self.home.mkdir(parents=True, exist_ok=True)
        with ExitStack() as at_the_end:
            handle = at_the_end.enter_context(self._lock_file.open("a+"))
            until = time.monotonic() + wait_s
            while not _is_locked(handle):
                if time.monotonic() >= until:
                    raise LockedError(
                        f"Another run is at work in {self.home}. Wait for its end, then start again."
                    )
                time.sleep(_LOOK_AGAIN_S)
            died = _read(handle)
            if holder:
                handle.truncate(0)
                handle.write(holder)
                handle.flush()
                at_the_end.callback(handle.truncate, 0)
            if not restores:
                self.check_whole()
            self._claim_environment()
            try:
                close(self.home)
            except OpenToOthersError as error:
                raise LockedError(str(error)) from None
            try:
                known = register.read(self.home)
            except register.RegisterError as error:
                raise LockedError(str(error)) from None
            if not (restores or mends) and (refusal := register.refusal_message(self.home, known)):
                raise LockedError(refusal)
            finish(self.home, self.merging)
            for leftover in [path for place in _WRITTEN for path in self.home.glob(f"{place}.*")]:
                if leftover.suffix in (MOVED_ASIDE, WRITING):
                    settle(leftover)
            shutil.rmtree(self.scratch, ignore_errors=True)  # a drop it was decompressing
            with nullcontext() if mends else register.rewritten(self.home, known):
                yield died

    def is_held(self) -> bool:
        """Whether a run, or a command, holds the lock now."""
        with suppress(OSError), self._lock_file.open() as handle:
            return not _is_locked(handle)
        return False

    def died(self) -> str:
        """What a run was called that died while it held the lock; nothing as long as somebody holds it."""
        if not self._lock_file.exists():
            return ""
        with self._lock_file.open() as handle:
            return _read(handle) if _is_locked(handle) else ""

    def leave(self, run: str) -> None:
        """Say, as of one that died at work, which run could not tell Dagster of its end: the next does."""
        if run and not self.is_held():
            with suppress(OSError):  # no room even for a name
                self._lock_file.write_text(run)

    @property
    def _lock_file(self) -> Path:
        return self.home / ".entrepot.lock"

    def _claim_environment(self) -> None:
        """Staging and production never share a home: the first run says whose it is."""
        mark, ours = self.home / "ENVIRONMENT", settings().environment
        if not mark.exists():
            put(mark, "production" if (self.home / "lake").exists() else ours)
        if (theirs := mark.read_text().strip()) != ours:
            raise LockedError(
                f"{self.home} is the home of the environment {theirs}, and ENTREPOT_ENVIRONMENT is {ours}. "
                "Give each environment a folder of its own by ENTREPOT_HOME."
            )


def _read(handle: TextIO) -> str:
    handle.seek(0)
    return handle.read()


def _is_locked(handle: TextIO) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
