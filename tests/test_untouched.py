"""Entries of closings are read again once in four weeks, and the night after somebody touched their files."""

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from dagster_project.contracts.ledger import LEDGER_ENTRIES, part_of
from dagster_project.lake.store import Lake
from dagster_project.ledger.chain import problems
from dagster_project.ledger.untouched import marks, remember, untouched

from .conftest import copy_home

NIGHTS = [date(2022, 1, 1) + timedelta(days=day) for day in range(28)]


def test_a_closing_is_read_at_its_turn_and_when_it_was_touched(house: Lake, tmp_path: Path) -> None:
    copy_home(house, tmp_path / "home")
    lake = Lake(tmp_path / "home")
    lake.found_whole.unlink(missing_ok=True)
    found = marks(lake)
    assert found and not untouched(lake, found, NIGHTS[0])  # no night has read them here
    remember(lake, found)
    numbers = {int(number) for number in found}
    assert Counter(n for night in NIGHTS for n in numbers - untouched(lake, found, night)) == Counter(numbers)

    night = next(night for night in NIGHTS if 1 in untouched(lake, found, night))
    entries = lake.folder(LEDGER_ENTRIES) / f"{part_of(1)}.parquet"
    lake.replace(LEDGER_ENTRIES, lake.read(LEDGER_ENTRIES, part_of(1)).head(1), entries)
    assert untouched(lake, found, night) - untouched(lake, marks(lake), night) == {1}
    told = list(problems(lake, but=untouched(lake, marks(lake), night)))
    assert told and all(line.startswith("closing 1 ") for line in told)

    seal = lake.found_whole.read_text("utf-8").partition("\n")[0]
    lake.found_whole.write_text(f"{seal}\n{json.dumps(marks(lake))}\n", "utf-8")
    assert not untouched(lake, marks(lake), night)  # written by somebody without the key
