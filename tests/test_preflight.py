"""Before a night starts: room for what it writes, every file of the lake there, whole, as it was left."""

import errno
import json
import os
import shutil
from collections import namedtuple
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dagster_project.contracts.lake_table import Table
from dagster_project.contracts.lake_tables import DROPS
from dagster_project.contracts.retention import RETENTIONS
from dagster_project.lake import preflight
from dagster_project.lake.home import LockedError
from dagster_project.lake.preflight import PreflightError, check_space, remedy
from dagster_project.lake.store import Lake
from dagster_project.runner import night
from dagster_project.watch.tell import missing
from tests.support.full_disk import FULL

from .conftest import use


def _lake(home: Path) -> Lake:
    """A file of an encrypted zone and one of a plain one."""
    lake = use(home)
    lake.replace(DROPS, DROPS.empty, lake.folder(DROPS) / "one.parquet")
    with lake.lock():
        lake.replace(RETENTIONS, RETENTIONS.empty, lake.folder(RETENTIONS) / "one.parquet")
    return lake


def _torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def test_a_bit_that_the_disk_changed_is_seen_within_four_weeks(tmp_path: Path) -> None:
    lake = _lake(tmp_path / "home")
    file, register = lake.folder(DROPS) / "one.parquet", lake.home / "LAKE_FILES.json"
    before = file.stat()
    _other(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.utime(register, (0, 0))  # the last run was long ago: each turn has come
    for _ in range(2):
        with pytest.raises(LockedError, match=r"is another \(of as many bytes\)"), lake.lock():
            pass


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _lost(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def _other(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (_torn, "is not whole"),
        (_emptied, "is not whole (0 bytes)"),
        (_lost, "cannot be opened (No such file"),
        (Path.unlink, "is gone"),
        (_other, "is another (of as many bytes)"),
    ],
)
@pytest.mark.parametrize("table", [DROPS, RETENTIONS])
def test_a_file_of_the_lake_that_is_not_as_the_last_run_left_it_is_named(
    tmp_path: Path, harm: Callable[[Path], None], told: str, table: Table
) -> None:
    lake = _lake(tmp_path / "home")
    file = lake.folder(table) / "one.parquet"
    away = shutil.copy(file, tmp_path / "away")
    harm(file)
    for _ in range(2):  # refused, nothing is written down
        with pytest.raises(LockedError) as fault, lake.lock():
            pass
        assert f"{file.relative_to(lake.home)} {told}" in str(fault.value)
    file.unlink(missing_ok=True)
    shutil.copyfile(away, file)  # at another instant, the same content
    with lake.lock():
        file.unlink()  # a run may
    register = lake.home / "LAKE_FILES.json"
    with lake.lock():
        assert not register.exists()  # killed here, nothing is held against the next
    register.write_bytes(register.read_bytes()[:9])
    with pytest.raises(LockedError, match="Remedy: compare the lake with a backup"), lake.lock():
        pass


@pytest.mark.parametrize(
    ("amid", "error", "told"),
    [
        ("instance.put", OSError(errno.ENOSPC, "no room for dagster.yaml"), "(No space left on device)"),
        ("night.execute_night", FULL, "(database or disk is full)"),
    ],
)
def test_a_night_whose_disk_fills_up_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amid: str, error: Exception, told: str
) -> None:
    def filling(*_: object) -> None:
        raise error

    use(tmp_path / "home")
    monkeypatch.setattr(f"dagster_project.runner.{amid}", filling)
    (line,) = night.run_night(date(2021, 3, 7)).failures
    assert told in line and "MB free. Remedy: make room" in line
    assert "insert" not in line


@pytest.mark.parametrize(
    ("said", "asks_for_room"),
    [
        ("Could not write file: No space left on device", True),
        ("Out of Memory Error: failed to allocate", True),
        ("IO Error: Could not set lock on file", False),
        ("connection refused", False),
    ],
)
def test_room_is_asked_for_where_it_lacks(tmp_path: Path, said: str, *, asks_for_room: bool) -> None:
    told = remedy(said, Lake(tmp_path))
    assert "MB free. Remedy: " in told and ("make room" in told) == asks_for_room


def test_a_disk_without_room_for_a_night_is_told_with_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configure: Callable[..., None]
) -> None:
    lake = _lake(tmp_path / "home")
    configure(max_drop_mb=1)
    check_space(lake)
    free = {"home": 204, "exports": 204}
    disk = namedtuple("disk", "total used free")

    def usage(folder: Path) -> disk:
        return disk(10**9, 0, free["exports" if "exports" in folder.parts else "home"] * 10**6)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    check_space(lake)
    for name, size in (("trajets.csv", 1_000_000), ("trajets.csv.gz", 100_000)):
        waiting = lake.drops / "alpimob" / "incoming" / name
        waiting.parent.mkdir(parents=True, exist_ok=True)
        waiting.write_bytes(bytes(size))
    with pytest.raises(PreflightError, match="home has 204 MB free, and a night may write 206 MB"):
        check_space(lake)
    waiting.with_suffix(".link").symlink_to("/dev/zero")
    hole = waiting.with_name("hole.csv")
    with hole.open("wb") as empty:
        empty.truncate(10**12)  # nobody's night is stopped by more than a drop may have
    with pytest.raises(PreflightError, match="a night may write 209 MB"):
        check_space(lake)
    hole.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for number in range(9):
        (elsewhere / f"{number}.csv").write_bytes(bytes(1_000_000))
    (lake.drops / "karavane").mkdir()
    (lake.drops / "karavane" / "incoming").symlink_to(elsewhere)  # what is not its own stops nobody, either
    (waiting.parent / "folder").symlink_to(elsewhere)
    with pytest.raises(PreflightError, match="a night may write 206 MB"):
        check_space(lake)
    (told,) = night.run_night(date(2021, 3, 7)).failures
    assert told in (lake.nights / "2021-03-07.html").read_text("utf-8")
    assert missing(lake, date(2021, 3, 7)) == "s'est arrêtée"
    ended = {"failures": []}
    (lake.nights / "2021-03-08.json").write_text(json.dumps(ended))
    assert night.run_night(date(2021, 3, 8)).failures
    assert missing(lake, date(2021, 3, 8)) is None, "that it did not begin again takes nothing from it"
    free["home"] = 206
    check_space(lake)
    for campaign, size in {"small": 1_000_000, "large": 5_000_000}.items():  # one is written after the other
        call = lake.exports / "authority" / campaign / "appel.xlsx"
        call.parent.mkdir(parents=True)
        call.write_bytes(bytes(size))
    with pytest.raises(PreflightError, match="home has 206 MB free, and a night may write 211 MB"):
        check_space(lake)
    monkeypatch.setattr(preflight, "_disk", lambda folder: "exports" in folder.parts)  # on a disk of its own
    with pytest.raises(PreflightError, match="exports has 204 MB free, and a night may write 205 MB"):
        check_space(lake)
    free["exports"] = 205
    check_space(lake)
