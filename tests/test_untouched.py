"""Closings and exports are read again once in four weeks, and the night after somebody touched them."""

import os
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from dagster_project.contracts.ledger import LEDGER_ENTRIES, part_of
from dagster_project.lake import register
from dagster_project.lake.seen import Seen
from dagster_project.lake.store import Lake
from dagster_project.ledger.chain import problems
from dagster_project.ledger.untouched import marks, remember, untouched
from dagster_project.reports.shared import folder as publication
from dagster_project.reports.shared.folder import Document, publish_folder
from dagster_project.reports.shared.signatory import Signatory

from .conftest import copy_home

NIGHTS = [date(2022, 1, 1) + timedelta(days=day) for day in range(28)]


def test_a_closing_is_read_at_its_turn_and_when_it_was_touched(house: Lake, tmp_path: Path) -> None:
    copy_home(house, tmp_path / "home")
    lake = Lake(tmp_path / "home")
    lake.found_whole.unlink(missing_ok=True)
    every = {int(number) for number in marks(lake)}
    assert every

    def read(day: date) -> frozenset[int]:
        """Which a night reads again."""
        found = marks(lake)
        known = untouched(lake, found, day)
        remember(lake, found, known, day)
        return every - known

    assert read(NIGHTS[0]) == every  # no night has read them here
    turns = Counter(number for day in NIGHTS[1:] for number in read(day))
    assert turns + Counter(read(NIGHTS[-1] + timedelta(days=1))) == Counter(every)
    assert read(NIGHTS[-1] + timedelta(days=100)) == every  # no night for three months: all are due

    again = NIGHTS[-1] + timedelta(days=101)
    entries = lake.folder(LEDGER_ENTRIES) / f"{part_of(1)}.parquet"
    lake.replace(LEDGER_ENTRIES, lake.read(LEDGER_ENTRIES, part_of(1)).head(1), entries)
    known = untouched(lake, marks(lake), again)
    assert known == every - {1}
    told = list(problems(lake, but=known))
    assert told and [line for line in told if not line.startswith("closing 1 ")] == []
    entries.unlink()
    assert 1 not in untouched(lake, marks(lake), again)

    seal, _, text = lake.found_whole.read_bytes().partition(b"\n")
    lake.found_whole.write_bytes(seal + b"\n" + text.replace(b'"2', b'"3'))
    assert not untouched(lake, marks(lake), again)  # written by somebody without the key


def test_a_file_is_asked_again_at_its_turn_and_when_it_was_touched(tmp_path: Path) -> None:
    folder, asked = tmp_path / "exports" / "aom" / "trajets", Counter[str]()
    folder.mkdir(parents=True)
    names = [f"{number}.csv" for number in range(60)]
    for name in names:
        (folder / name).write_text("before")

    def night(day: date) -> dict[str, str]:
        def find(file: Path) -> str:
            asked[file.name] += 1
            return file.read_text()

        seen = Seen(Lake(tmp_path / "home"), folder, "text", day)
        answers = {name: seen.of(name, find) for name in names}
        seen.keep()
        return answers

    night(NIGHTS[0])
    asked.clear()
    for day in [*NIGHTS[1:], NIGHTS[-1] + timedelta(days=1)]:
        night(day)
    assert asked == Counter(names)
    asked.clear()
    night(NIGHTS[-1] + timedelta(days=100))  # no night for three months: all are due
    assert asked == Counter(names)

    night(NIGHTS[0])
    night(NIGHTS[0])
    file, stat = folder / "7.csv", (folder / "7.csv").stat()
    file.write_text("after!")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as long as it was, and as old
    assert night(NIGHTS[0])["7.csv"] == "after!"

    (known,) = (Lake(tmp_path / "home").seen / "text").iterdir()
    known.write_text(known.read_text().replace("after!", "before"))  # somebody without the key
    assert set(night(NIGHTS[0]).values()) == {"before", "after!"}


def test_documents_that_are_carried_over_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[str]()

    def draw(folder: Path, _: date) -> dict[str, int]:
        (folder / "appel").write_text("drawn")
        return {"appel": 1}

    def night(day: date) -> list[str]:
        read.clear()
        signatory = Signatory(Lake(tmp_path / "home"))
        call = Document("appel/a", draw, is_final=True, is_redrawn=False)
        return publish_folder(tmp_path / "out", "c", [call], day, signatory).altered

    night(NIGHTS[0])

    def digest_of(file: Path) -> str:
        read.append(file.name)
        return register.digest_of(file)

    monkeypatch.setattr(publication, "digest_of", digest_of)
    turns = [day for day in NIGHTS[1:] if not night(day) and read]
    assert len(turns) == 1
    (tmp_path / "out" / "appel").write_text("other")
    assert [night(day) for day in NIGHTS] == [["appel"]] * len(NIGHTS)  # it stays told
