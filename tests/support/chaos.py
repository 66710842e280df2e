"""`make chaos`: a night dies, or its disk fails, wherever it changes a file; the next night ends it.

A death is what lies on the disk at that moment: one night is run, and after each call that writes, renames,
syncs or deletes, the home is kept as it is then, once per state. A good night on each of these must end where
an undisturbed one does: exports byte for byte, the lake row by row, what is signed hash by hash.
A full disk is a call that raises, and so is one that fails (input/output error): on every way through our
code that leads to such a call, from the step of the night inwards, the first; with both errors on the first
way to each line. Of a table's file that DuckDB or Polars writes, half stays then. A file half written lies
hidden beside its place, where the next night removes it: no other is open for writing, but the witness; that
is held here, too.
Not here: a power cut (tests/test_disk.py), the witness's last line (tests/test_proof.py), files that
DuckDB writes in a cache (a night makes them again).
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path

import polars as pl

from dagster_project.contracts.lake_tables import TABLES
from dagster_project.contracts.ledger import RECORDS
from dagster_project.contracts.retention import RETENTIONS
from dagster_project.lake import merging
from dagster_project.lake.store import Lake
from dagster_project.ledger import records
from dagster_project.proof import witness
from dagster_project.runner.night import run_night
from dagster_project.sample import Spec, generate, write
from tests.conftest import REFERENCE, copy_home, use
from tests.support.changing_calls import NOT_KEPT, Point, Watch, unwatched, watching
from tests.support.nights import run_steps, run_what_can
from tests.support.remembered import remembering

SPEC = Spec(journeys=80, first_day=date(2021, 2, 23), last_day=date(2021, 3, 20), nights=2)
SETTINGS = {
    "ENTREPOT_SETTLE_S": "0",
    "ENTREPOT_THREADS": "1",  # calls come in one order; with two, publications die side by side
    "ENTREPOT_MOST_DAYS_AHEAD": "400",
    "ENTREPOT_MOST_REMOVED_PERCENT": "100",
}
CLOSING, QUIET, EXPIRY = date(2021, 5, 3), date(2022, 2, 22), date(2022, 3, 8)
_TOLD_BY_RUN = (RETENTIONS, RECORDS)  # where a night had two runs, so do they


@dataclass(frozen=True)
class State:
    """What must be the same however a night came about."""

    files: dict[str, str]
    tables: dict[str, pl.DataFrame]
    checkpoints: list[str]  # as the witness has them
    signed: dict[str, str]  # what is decided once: the hash of each file, in whichever record it is

    def differences(self, other: "State") -> list[str]:
        """Files, tables, and whether the witness differ."""
        names = sorted({*self.files, *other.files})
        files = [name for name in names if self.files.get(name) != other.files.get(name)]
        tables = [name for name, rows in self.tables.items() if not rows.equals(other.tables[name])]
        signed = ["checkpoints"] * (self.checkpoints != other.checkpoints)
        return files + tables + signed + ["records"] * (self.signed != other.signed)


def state(lake: Lake) -> State:
    """Exports and answers byte for byte; tables row by row: ciphertext is never twice the same bytes."""
    seen = witness.file(lake)
    acts = [json.loads(line) for line in witness.read(seen, "acte")]
    return State(
        files={
            str(file.relative_to(lake.home)): sha256(file.read_bytes()).hexdigest()
            for folder in (lake.exports, lake.drops)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        },
        tables={
            name: lake.read(table).sort(pl.all())
            for name, table in TABLES.items()
            if table not in _TOLD_BY_RUN
        },
        checkpoints=witness.read(seen),
        signed={name: digest for act in acts for name, digest in act["acte"]["empreintes"].items()},
    )


_Entry = tuple[int, int, int]  # of a file: inode, time of change, bytes
_FOLDER: _Entry = (0, 0, 0)


class Deaths:
    """The states in which a night that dies leaves its home, each with the first point that leads there."""

    def __init__(self, lake: Lake, folder: Path, among: Callable[[Point], bool]) -> None:
        self.lake, self.folder, self.among = lake, folder, among
        self.points: list[Point] = []  # every call
        self.in_place: set[Path] = set()
        self.states: list[Point] = []  # of which these changed what lies there
        self._last: dict[str, _Entry] = {}  # by its path
        self._shown: dict[str, _Entry] = {}

    def keep(self, point: Point) -> None:
        """Keep the home as it is; a file that is as it was is the same file."""
        self.points.append(point)
        if not self.among(point):
            return
        files = dict(_entries(self.lake))
        shown = _shown(files)
        if shown == self._shown:
            return
        before, here = self.path(len(self.states) - 1), self.path(len(self.states))
        with unwatched():
            for name, entry in files.items():
                target = here / name
                if entry == _FOLDER:
                    target.mkdir(parents=True)
                elif self._last.get(name) == entry:
                    os.link(before / name, target)
                else:
                    shutil.copy2(self.lake.home.parent / name, target)
        self.states.append(point)
        self._last, self._shown = files, shown

    def path(self, number: int) -> Path:
        """Where a state is kept."""
        return self.folder / f"{number:05d}"

    def bring_back(self, number: int, to: Path) -> Lake:
        """A home as a night left it that died there."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.path(number), to)
        return use(to / self.lake.home.name)


def _shown(entries: dict[str, _Entry]) -> dict[str, _Entry]:
    """What tells two states apart: of what is half written (hidden), that it is there, not what is in it."""
    told = {}
    for name, entry in entries.items():
        parts = name.split("/")
        hidden = next((place for place, part in enumerate(parts) if part.startswith(".")), None)
        told["/".join(parts[:hidden]) + "/.*" if hidden else name] = _FOLDER if hidden else entry
    return told


def _entries(lake: Lake) -> Iterator[tuple[str, _Entry]]:
    """Folders, then files, of the home and its witness, by their path beside it."""
    for folder, names, files in os.walk(lake.home):
        names[:] = [name for name in names if name not in NOT_KEPT]
        yield os.path.relpath(folder, lake.home.parent), _FOLDER
        for name in files:
            path = Path(folder, name)
            stat = path.lstat()
            yield str(path.relative_to(lake.home.parent)), (stat.st_ino, stat.st_mtime_ns, stat.st_size)
    if (seen := witness.file(lake)).exists():
        yield seen.name, (seen.lstat().st_ino, seen.lstat().st_mtime_ns, seen.lstat().st_size)


def closing(folder: Path) -> tuple[Lake, date]:
    """A home before a night that merges files, takes drops and closes."""
    drops = list(generate(SPEC, REFERENCE)[0])
    first, second = sorted({drop.business_date for drop in drops})
    lake = use(folder / "closing" / "home")
    write([drop for drop in drops if drop.business_date == first], lake.drops)
    run_steps(first)
    write([drop for drop in drops if drop.business_date == second], lake.drops)
    return lake, CLOSING


def expiry(folder: Path) -> tuple[Lake, date]:
    """A home before a night on which journeys are archived and go, with their exports."""
    before, _ = closing(folder)
    copy_home(before, folder / "expiry" / "home")
    lake = use(folder / "expiry" / "home")
    for night in (CLOSING, QUIET):  # what is closed by then is no part of this list
        run_steps(night)
    return lake, EXPIRY


def _good(lake: Lake, night: date, run: Callable[[date], None]) -> State:
    use(lake.home)
    run(night)
    assert set(lake.read(RETENTIONS)["files_found"]) <= {0}, "what went is not proven gone"
    assert list(records.problems(lake)) == [], "records"
    return state(lake)


def deaths(
    lake: Lake, night: date, folder: Path, among: Callable[[Point], bool] = lambda _: True
) -> tuple[Deaths, State]:
    """Run a night undisturbed, keep the states it passes through at some points, and say where it ends."""
    use(lake.home)
    seen = Deaths(lake, folder, among)
    with watching(Watch(lake.home, seen.keep, in_place=seen.in_place)):
        wanted = _good(lake, night, whole_night)
    return seen, wanted


def whole_night(night: date) -> None:
    """The job, in Dagster. Raises AssertionError where a step of it failed."""
    failures = run_night(night).failures
    assert not failures, failures


def after_death(
    seen: Deaths,
    number: int,
    night: date,
    wanted: State,
    folder: Path,
    run: Callable[[date], None] = run_steps,
) -> list[str]:
    """What the next good night leaves otherwise than the undisturbed one."""
    return _good(seen.bring_back(number, folder), night, run).differences(wanted)


def after_fault(
    before: Lake, point: Point, error: int, night: date, wanted: State, folder: Path
) -> list[str]:
    """What differs once a call of a night raised that error of the system, and a good night has followed.

    An answer that could not be laid into an operator's folder is told that night, and stays in the lake.
    """
    shutil.rmtree(folder, ignore_errors=True)
    copy_home(before, folder / before.home.name)
    lake = use(folder / before.home.name)
    # It fails, or does without: what counts is what it leaves. Only Dagster runs what is in no step.
    run: Callable[[date], object] = run_night if _is_in_no_step(point) else run_what_can
    with watching(Watch(lake.home, fails_at=point, fails_with=error)):
        run(night)
    left = _good(lake, night, run_steps).differences(wanted)
    return [name for name in left if "/feedback/" not in name]


def _faults(ways: list[Point]) -> Iterator[tuple[Point, int]]:
    """On the first way to each line every error that it may meet; on each further way one, in turn.

    No code of ours does otherwise for one error than for the other: they differ in what is told.
    """
    seen = set[tuple[str, str]]()
    for number, point in enumerate(ways):
        is_first = (point.line, point.call) not in seen
        seen.add((point.line, point.call))
        for error in point.errors if is_first else [point.errors[number % len(point.errors)]]:
            yield point, error


def _is_in_no_step(point: Point) -> bool:
    """Whether a night does this before its steps, between them or after them: its lock, its folders."""
    return "defs/" not in point.way or "defs/resources" in point.way


def main() -> None:
    """All points of a night; a line for each, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world", choices=("closing", "expiry"))
    parser.add_argument("--every", type=int, default=1, help="only every n-th case")
    parser.add_argument("--first", type=int, default=0, help="beginning with this one; the first is 0")
    parser.add_argument("--only", choices=("deaths", "faults"))
    options = parser.parse_args()
    merging.MANY = 1
    os.environ |= {name: value for name, value in SETTINGS.items() if name not in os.environ}
    with tempfile.TemporaryDirectory(prefix="entrepot-chaos-") as name:
        folder = Path(name)
        lake, night = {"closing": closing, "expiry": expiry}[options.world](folder)
        copy_home(lake, folder / "before" / "home")
        before, work = Lake(folder / "before" / "home"), folder / "work"
        seen, wanted = deaths(lake, night, folder / "states")
        faults = [point for point in seen.points if point.number == 1]
        print(f"{options.world}: {len(seen.points)} calls on {len(faults)} ways; {len(seen.states)} states")
        cases: dict[str, Callable[[], list[str]]] = {}
        if options.only != "faults":
            for number, point in enumerate(seen.states):
                cases[f"death after {point}"] = partial(after_death, seen, number, night, wanted, work)
        if options.only != "deaths":
            for point, error in _faults(faults):
                case = f"{os.strerror(error)} at {point}"
                cases[case] = partial(after_fault, before, point, error, night, wanted, work)
        in_place = seen.in_place - {witness.file(lake)}
        print(f"written in their places: {sorted(map(str, in_place)) or 'none'}")
        some = list(cases.items())[options.first :: options.every]
        with remembering(folder / "made"):
            red = bool(in_place) + sum(_is_red(name, run) for name, run in some)
    print(f"{options.world}: {len(some)} of {len(cases)} cases, {red} red")
    sys.exit(bool(red))


def _is_red(name: str, run: Callable[[], list[str]]) -> bool:
    start = time.monotonic()
    try:
        left = run()
    except Exception as error:  # whatever it is, the list goes on
        left = [f"{type(error).__name__} {str(error).partition(chr(10))[0]}"]
    told = f"RED {name}: {', '.join(left[:5])}" if left else f"green {name}"
    print(f"{time.monotonic() - start:6.1f} s {told}", flush=True)
    return bool(left)


if __name__ == "__main__":
    main()
