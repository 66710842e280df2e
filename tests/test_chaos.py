"""The short form of `make chaos`: a night that dies between the two renames of a publication; a full disk."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.lake import merging
from dagster_project.lake.store import Lake
from dagster_project.proof import witness

from .conftest import copy_home
from .support import chaos
from .support.remembered import remembering


def test_a_night_that_dies_is_ended_by_the_next(
    tmp_path: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "MANY", 1)
    configure(**{name.removeprefix("ENTREPOT_").lower(): value for name, value in chaos.SETTINGS.items()})
    lake, night = chaos.closing(tmp_path)
    before = Lake(tmp_path / "before" / "home")
    copy_home(lake, before.home)
    seen, wanted = chaos.deaths(
        lake, night, tmp_path / "states", lambda point: point.way.startswith("files/disk.py:replacing_folder")
    )
    assert seen.in_place == {witness.file(lake)}  # a file half written is hidden until it is whole
    assert len(seen.points) > 1_000 and wanted.tables["closings"].height and len(seen.states) > 2
    between = [point.call == "replace" for point in seen.states].index(True)
    torn = next(point for point in seen.points if point.call == "write" and "ledger/" in point.way)
    with remembering(tmp_path / "made"):
        left = chaos.after_death(seen, between, night, wanted, tmp_path / "work", chaos.whole_night)
        assert left == [], seen.states[between]
        left = chaos.after_fault(before, torn, errno.ENOSPC, night, wanted, tmp_path / "work")
        assert left == [], torn
