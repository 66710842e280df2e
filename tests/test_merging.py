"""Files of drops become one a night and one a week; rows, terms and answers are as if they had not."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dagster_project.contracts.lake_tables import ANSWERS, DROPS, FINDINGS, IDENTITIES, JOURNEYS, TABLES
from dagster_project.contracts.terms import TERMS
from dagster_project.drops.answers import folder
from dagster_project.drops.taken import Drop
from dagster_project.lake import merging
from dagster_project.lake.part_names import drop_of, first_night, last_night
from dagster_project.lake.store import Lake
from dagster_project.retention.apply import apply
from dagster_project.retention.plan import plan

from .conftest import copy_home, kill_at, use

Rows = dict[str, pl.DataFrame]


@pytest.fixture
def copied(house: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Lake]:
    """Copies of the sample's house, in which any number of files is worth merging."""
    monkeypatch.setattr(merging, "MANY", 1)

    def copied(name: str) -> Lake:
        copy_home(house, tmp_path / name)
        return use(tmp_path / name)

    return copied


def _rows(lake: Lake) -> Rows:
    return {name: lake.read(table).sort(pl.all()) for name, table in TABLES.items()}


def _differ(one: Rows, other: Rows) -> list[str]:
    return [name for name, rows in one.items() if not rows.equals(other[name])]


def _files(lake: Lake) -> dict[str, list[Path]]:
    return {name: sorted(lake.folder(table).rglob("*.parquet")) for name, table in TABLES.items()}


def test_a_night_is_merged_once_it_is_past_and_a_week_once_it_is_over(
    copied: Callable[[str], Lake], nights: list[date]
) -> None:
    lake = copied("merged")
    before, last = _rows(lake), nights[-1]
    assert merging.merge(lake, last) > 0
    loose = {drop_of(file) for file in _files(lake)["journeys"] if not first_night(file)}
    assert loose == set(lake.read(JOURNEYS).filter(business_date=last)["drop_id"])
    merging.merge(lake, last + timedelta(days=7))
    after = _files(lake)
    assert _differ(before, _rows(lake)) == []
    refused = lake.read(DROPS).filter(pl.col("refused_code").is_not_null())["drop_id"]
    weeks = [file for file in after["drops"] if file.stem not in refused]
    nightly = [file for file in after["answers"] if drop_of(file) not in refused]
    assert {file.stem[:5] for file in after["journeys"] + weeks} == {"week_"}
    assert {file.stem[:6] for file in after["findings"] + nightly} == {"night_"} and refused.len()
    for file in weeks:
        taken, first, end = lake.rows(DROPS, [file])["business_date"], first_night(file), last_night(file)
        assert first and end and taken.is_between(first, end).all()
    beside = {file.relative_to(lake.folder(JOURNEYS)) for file in after["journeys"]}
    assert {file.relative_to(lake.folder(IDENTITIES)) for file in after["identities"]} == beside
    assert merging.merge(lake, last + timedelta(days=7)) == 0 and _files(lake) == after


@pytest.mark.parametrize("days", [31, 370])
def test_terms_end_as_they_do_in_files_of_drops(
    copied: Callable[[str], Lake], nights: list[date], days: int
) -> None:
    apart, merged = copied("apart"), copied("merged")
    merging.merge(merged, nights[-1] + timedelta(days=1))
    night = nights[-1] + timedelta(days=days)
    plans = [plan(lake, night, TERMS) for lake in (apart, merged)]
    assert_frame_equal(plans[0].journeys, plans[1].journeys, check_exact=True)
    told = [{(rule, kind): rows for rule, kind, rows, _ in one.totals()} for one in plans]
    assert told[0] == told[1] and told[0]
    for lake, due in zip((apart, merged), plans, strict=True):
        apply(use(lake.home), due)
    assert _differ(_rows(apart), _rows(merged)) == []
    assert plan(merged, night, TERMS).removals == ()


def test_killed_anywhere_it_ends_with_the_next_lock(
    copied: Callable[[str], Lake], nights: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, whole = copied("killed"), copied("whole")
    before, night = _rows(lake), nights[-1] + timedelta(days=7)
    merging.merge(whole, night)
    use(lake.home)
    for call in count(1, 9):
        with lake.lock(), monkeypatch.context() as patch:
            kill_at(patch, call)
            try:
                merging.merge(lake, night)
                break
            except KeyboardInterrupt:
                pass
        with lake.lock():
            assert _differ(before, _rows(lake)) == [], call
    assert call > 9
    names = [[path.name for path in paths] for paths in _files(whole).values()]
    assert [[path.name for path in paths] for paths in _files(lake).values()] == names


def test_a_drop_in_pieces_keeps_its_files(copied: Callable[[str], Lake], nights: list[date]) -> None:
    lake = copied("pieces")
    first = _files(lake)["findings"][0]
    shutil.copyfile(first, first.with_name(first.name.replace("-00000", "-00001")))
    merging.merge(lake, nights[-1] + timedelta(days=7))
    loose = {
        name: {drop_of(file) for file in files if not first_night(file)}
        for name, files in _files(lake).items()
    }
    assert {drop_of(first)} == loose["findings"] and drop_of(first) in loose["journeys"] & loose["identities"]


def test_a_drop_is_found_among_those_it_was_merged_with(
    copied: Callable[[str], Lake], nights: list[date]
) -> None:
    lake = copied("merged")
    findings = lake.read(FINDINGS)
    drop_id = findings["drop_id"][0]
    merging.merge(lake, nights[-1] + timedelta(days=1))
    (found,) = lake.of_drop(FINDINGS, drop_id)
    before = findings.filter(drop_id=drop_id)
    assert_frame_equal(found.sort(pl.all()), before.sort(pl.all()), check_exact=True)
    answer = lake.read(ANSWERS).filter(drop_id=drop_id).row(0, named=True)
    sha256 = lake.read(DROPS).filter(drop_id=drop_id)["sha256"][0]
    given = Drop(answer["operator_id"], Path(answer["file_name"]), sha256, 0, datetime.now(UTC))
    assert folder.is_kept(lake, given)
