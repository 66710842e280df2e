"""Small files of drops become one a night, and nights one a week: else a year of a country is 50 000 files.

A merged file holds rows as they were written, each with its drop; people stay beside their journeys under the
same name. Not here: what a merged file's rows mean, when they go (retention). Why: D-202.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from dagster_project.contracts.lake_tables import (
    ANSWERS,
    CANCELLATIONS,
    DROPS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    REJECTED_ROWS,
    TABLES,
    Table,
)
from dagster_project.lake import encryption
from dagster_project.lake.moves import move_all
from dagster_project.lake.part_names import WEEK, drop_of, first_night, merged
from dagster_project.lake.store import Lake

MANY = 200  # files of single drops: below it, a night has nothing to gain
_BY_NIGHT = (FINDINGS, REJECTED_ROWS, ANSWERS)  # a night's rows go on one day
_BY_WEEK = (JOURNEYS, CANCELLATIONS, DROPS)
_IN_PIECES = (FINDINGS, REJECTED_ROWS, JOURNEYS, CANCELLATIONS)  # of a large drop


def people_of(lake: Lake, journeys: Path) -> Path:
    """The file of the people in a file of journeys."""
    return lake.folder(IDENTITIES) / journeys.parent.name / journeys.name


def merge(lake: Lake, business_date: date) -> int:
    """Merge what past nights have left, in one step that a killed night ends later; returns the files saved.

    Raises KeyFileError.
    """
    groups: dict[str, dict[Path, list[Path]]] = {}  # by table, what is merged into a file
    loose = 0
    for table, file, night in _nights(lake):
        if night < business_date:
            is_over = night - timedelta(days=night.weekday()) + WEEK <= business_date
            name = merged(night, by_week=is_over and table in _BY_WEEK)
            target = file.with_name(f"{name}.parquet")
            groups.setdefault(table.name, {}).setdefault(target, []).append(file)
            loose += first_night(file) is None
    if loose < MANY:
        return 0
    groups[IDENTITIES.name] = {
        people_of(lake, target): [people for file in files if (people := people_of(lake, file)).exists()]
        for target, files in groups.get(JOURNEYS.name, {}).items()
    }
    return _replace(lake, groups)


def _nights(lake: Lake) -> Iterator[tuple[Table, Path, date]]:
    """The files that may be merged, and the night of their rows; of a drop in pieces each stays as it is."""
    files = {table.name: sorted(lake.folder(table).rglob("*.parquet")) for table in (*_BY_NIGHT, *_BY_WEEK)}
    parts = (file for table in _IN_PIECES for file in files[table.name] if not first_night(file))
    in_pieces = {drop_of(file) for file in parts if not file.stem.endswith("-00000")}
    taken = lake.read(DROPS).filter(pl.col("refused_code").is_null())  # refused, it may come again
    nights = dict(taken.select("drop_id", "business_date").iter_rows())
    with lake.session() as connection:
        days = f"select filename, any_value(business_date) from {lake.source(ANSWERS)} group by all"
        answered = dict(connection.execute(days).fetchall())
    for table in (*_BY_NIGHT, *_BY_WEEK):
        for file in files[table.name]:
            night = first_night(file)
            if table is ANSWERS and drop_of(file) in nights:
                night = night or answered[str(file)]
            elif table is DROPS:
                night = night or nights.get(file.stem)
            elif drop_of(file) not in in_pieces:
                night = night or nights.get(drop_of(file))
            if night:
                yield table, file, night


def _replace(lake: Lake, groups: Mapping[str, Mapping[Path, Sequence[Path]]]) -> int:
    shutil.rmtree(lake.merging, ignore_errors=True)
    lake.merging.mkdir(parents=True, mode=0o700)
    moves: dict[Path, Path] = {}
    gone: list[Path] = []
    with lake.session() as connection:
        for name, of_table in groups.items():
            table = TABLES[name]
            for target, files in of_table.items():
                if files in ([], [target]):
                    continue
                made = lake.merging / f"{len(moves)}.parquet"
                rows = f"(from {lake.source(table, *files)})"
                encryption.write(connection, rows, made, lake.key(table.zone))
                moves[made] = target
                gone += [file for file in files if file != target]
    move_all(lake.home, lake.merging, moves, gone)
    return len(gone) - len(moves)
