"""A sample from end to end: the files operators drop, when they drop them, and the truth."""

import gzip
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.contracts.couple import ENDS
from dagster_project.sample.deliveries import business_dates, deliver, dropped_at
from dagster_project.sample.frauds import plant
from dagster_project.sample.journeys import ride
from dagster_project.sample.people import populate
from dagster_project.sample.row_faults import KINDS
from dagster_project.sample.spec import Habit, Spec, habit_of
from dagster_project.sample.texts import is_told_of_a_member, journey_id, spell
from dagster_project.sample.zone import Zone, survey

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Drop:
    """One file of one operator. Its bytes are made anew each time they are asked for."""

    operator_id: str
    business_date: date
    name: str
    dropped_at: datetime  # UTC, before the end of the business date
    spelled: Callable[[], bytes] = field(repr=False, compare=False)

    @property
    def content(self) -> bytes:
        """The file's bytes: the same at each call."""
        return self.spelled()


def _dress(rows: pl.DataFrame, people: pl.DataFrame, zone: Zone, habit: Habit, business_date: date) -> bytes:
    """The file as the operator would save it."""
    lines = io.BytesIO()
    lines.write(BOM if habit.has_bom else b"")
    spell(rows, people, zone, habit, business_date).write_csv(
        lines, separator=habit.separator, include_header=habit.has_header, quote_style=habit.quote_style
    )
    return gzip.compress(lines.getvalue(), compresslevel=5, mtime=0) if habit.is_gzipped else lines.getvalue()


def _name(business_date: date, file_part: int, habit: Habit) -> str:
    part = f"_{file_part + 1}" if file_part else ""
    return f"trajets_{business_date.isoformat()}{part}.csv" + (".gz" if habit.is_gzipped else "")


def _truth(spec: Spec, zone: Zone, rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """What each row is and what must become of it: one row per line of a file."""
    faults = pl.DataFrame(
        {
            "fault": pl.Series(range(len(KINDS)), dtype=pl.Int64),
            "kind": [kind.name for kind in KINDS],
            "column": [kind.column for kind in KINDS],
            "rule_code": [kind.rule_code for kind in KINDS],
        }
    )
    codes = pl.Series(zone.codes)
    numbers = range(len(spec.operators))
    ids = pl.coalesce(pl.when(pl.col("operator") == n).then(journey_id(habit_of(n).prefix)) for n in numbers)
    is_accepted = pl.col("expected") != "rejected"
    return (
        rows.join(names, on=["night", "operator", "file_part"], maintain_order="left")
        .join(faults, on="fault", how="left", maintain_order="left")
        .select(
            pl.Series(spec.operators).gather(rows["operator"]).alias("operator_id"),
            "file",
            "row",
            pl.when(pl.col("kind").ne_missing("no_journey_id")).then(ids).alias("operator_journey_id"),
            "expected",
            "kind",
            "column",
            "rule_code",
            *(
                pl.when(is_accepted).then(codes.gather(rows[f"{end}_place"])).alias(f"{end}_commune")
                for end in ENDS
            ),
            "business_date",
            *(pl.when("is_current").then(name).alias(name) for name in ("start_at", "end_at")),
            pl.when("is_current").then("distance_m").alias("final_distance_m"),
            "trip",
            "driver",
            "passenger",
            "seats",
            "is_class_above_grant",
            pl.when(is_told_of_a_member()).then("subsidy_cents").alias("member_cents"),
            "is_current",
            "fraud",
            "verdict",
        )
    )


def generate(spec: Spec, reference: Path) -> tuple[list[Drop], pl.DataFrame]:
    """The drops, by business date and operator, and the truth of each of their rows.

    `reference` is the folder of places.parquet and territories.parquet.
    """
    rng = np.random.Generator(np.random.PCG64(spec.seed))
    zone = survey(reference, spec.first_day.year, spec.epcis)
    crowd = populate(spec, zone, rng)
    journeys, people = plant(spec, ride(spec, zone, crowd, rng), crowd.people)
    rows = deliver(spec, journeys, rng)
    drops, names = _drops(spec, rows, people, zone)
    return drops, _truth(spec, zone, rows, names)


def generate_by_month(spec: Spec, reference: Path) -> Iterator[list[Drop]]:
    """The drops of each month, for samples that no memory holds: a drop a night, the same people all along.

    What comes late or again comes within its month; no truth is told, no fraud planted.
    """
    rng = np.random.Generator(np.random.PCG64(spec.seed))
    zone = survey(reference, spec.first_day.year, spec.epcis)
    crowd = populate(spec, zone, rng)
    journeys = 0
    for month in spec.by_month():
        ridden = ride(month, zone, crowd, rng, after=journeys)
        yield _drops(month, deliver(month, ridden, rng), crowd.people, zone)[0]
        journeys += ridden.height


def _drops(
    spec: Spec, rows: pl.DataFrame, people: pl.DataFrame, zone: Zone
) -> tuple[list[Drop], pl.DataFrame]:
    """Files of rows, and their names by `night`, `operator` and `file_part`."""
    days = business_dates(spec)
    drops, names = [], []
    for (night, operator, file_part), lines in rows.group_by(
        "night", "operator", "file_part", maintain_order=True
    ):
        habit, day = habit_of(int(operator)), days[int(night)]
        name = _name(day, int(file_part), habit)
        names.append((night, operator, file_part, name, day))
        content = partial(_dress, lines, people, zone, habit, day)
        drops.append(Drop(spec.operators[int(operator)], day, name, dropped_at(day, int(operator)), content))
    columns = {
        "night": pl.Int64,
        "operator": pl.Int64,
        "file_part": pl.Int64,
        "file": pl.String,
        "business_date": pl.Date,
    }
    return drops, pl.DataFrame(names, schema=columns, orient="row")


def write(drops: Iterable[Drop], drops_root: Path) -> None:
    """Lay drops under <operator>/incoming."""
    for drop in drops:
        lay(drops_root / drop.operator_id / "incoming" / drop.name, drop.content, drop.dropped_at)


def lay(path: Path, content: bytes, written_at: datetime) -> None:
    """A file that appears whole, under a hidden name first, with the time that it was written as its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.part")
    hidden.write_bytes(content)
    os.utime(hidden, (written_at.timestamp(), written_at.timestamp()))
    hidden.replace(path)
