"""When rows are delivered: late, again, corrected, cancelled, wrong; each with its verdict.

One row per line of a file. Every journey plays at most one part here, so the truth of a row
needs no other rule than the one that made it.
"""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import polars as pl

from dagster_project.contracts.moments import PARIS
from dagster_project.sample.row_faults import KEY_CONFLICT, kinds_of
from dagster_project.sample.spec import Spec, habit_of
from dagster_project.sample.zone import Ints

STRIDE = 11
MOST_ROWS = 100_000  # of a file; what later drops add to its first file comes on top
LATE_SHARE = 0.02
# Part → share of the journeys, does it come in a later drop, does the file need a status column.
PARTS = {
    "late": (LATE_SHARE, True, False),
    "repeated_later": (0.004, True, False),
    "corrected_later": (0.012, True, False),
    "cancelled_later": (0.008, True, True),
    "repeated": (0.004, False, False),
    "corrected": (0.003, False, True),
    "cancelled": (0.002, False, True),
}
VERDICTS = {
    "repeated_later": "duplicate",
    "repeated": "duplicate",
    "corrected_later": "correction",
    "corrected": "correction",
    "cancelled_later": "cancellation",
    "cancelled": "cancellation",
    "conflict": "rejected",
}


def business_dates(spec: Spec) -> list[date]:
    """The days on which drops fall: evenly spread, the last one on the last day."""
    nights = min(spec.nights, spec.days)
    return [spec.first_day + timedelta(days=spec.days * (n + 1) // nights - 1) for n in range(nights)]


def dropped_at(business_date: date, operator: int) -> datetime:
    """When this operator's files land, in UTC: late in the local evening, one after the other."""
    evening = datetime.combine(business_date, time(21), PARIS) + timedelta(minutes=7 * (operator % 20))
    return evening.astimezone(UTC)


def _first_night(spec: Spec, journeys: pl.DataFrame) -> Ints:
    """The first drop after each trip's end; past the last one, the number of drops."""
    operator, ended = journeys["operator"].to_numpy(), journeys["car_end_at"].to_numpy()
    nights = np.zeros(len(operator), dtype=np.int64)
    for number in range(len(spec.operators)):
        drops = [dropped_at(day, number).replace(tzinfo=None) for day in business_dates(spec)]
        rows = operator == number
        nights[rows] = np.searchsorted(np.array(drops, dtype="datetime64[us]"), ended[rows])
    return nights


def _cast_parts(spec: Spec, journeys: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Give some journeys a part, and the wrong ones their kind, by exact counts."""
    operator, night = journeys["operator"].to_numpy(), journeys["night"].to_numpy()
    is_free = ~journeys["is_edge"].to_numpy()
    last = int(night.max())
    part = np.full(len(operator), "", dtype=object)
    fault = np.full(len(operator), -1)
    turn = {"v2": 0, "v3": 0}
    for number in range(len(spec.operators)):
        habit = habit_of(number)
        total = int((operator == number).sum())
        rows = rng.permutation(np.flatnonzero((operator == number) & is_free))
        for name, (share, is_later, needs_status) in PARTS.items():
            if needs_status and not habit.has_status:
                continue
            able = rows[night[rows] < last] if is_later else rows
            chosen = able[: max(1, round(share * total))]
            part[chosen] = name
            rows = rows[~np.isin(rows, chosen)]
        kinds = kinds_of(habit)
        spoiled = rows[: round(spec.wrong_share * total)]
        turns = turn[habit.layout.name] + np.arange(len(spoiled))
        # The stride shares no factor with the number of kinds: small samples see varied ones.
        fault[spoiled] = np.array(kinds)[turns * STRIDE % len(kinds)]
        turn[habit.layout.name] += len(spoiled)
    part[fault == KEY_CONFLICT] = "conflict"
    fault[fault == KEY_CONFLICT] = -1
    return journeys.with_columns(pl.Series("part", part, dtype=pl.String), pl.Series("fault", fault))


def _again(rows: pl.DataFrame) -> pl.DataFrame:
    """The second row of every journey that has one: repeated, changed, cancelled."""
    is_later = pl.col("part").is_in([name for name, (_, later, _) in PARTS.items() if later])
    is_correction = pl.col("part").is_in(["corrected", "corrected_later"])
    # In a later drop a correction need not say so; half of those with a status column do.
    is_marked = (pl.col("part") == "corrected") | (is_correction & (pl.col("dice") // 7 % 2 == 0))
    moves = (pl.col("part") == "corrected_later") & (pl.col("dice") // 14 % 2 == 0)
    longer = (is_correction & ~moves) | (pl.col("part") == "conflict")
    later_by = pl.duration(minutes=pl.when(moves).then(12).otherwise(0))
    shifted = ("start_at", "end_at", "car_start_at", "car_end_at")
    return rows.filter(pl.col("part").is_in(list(VERDICTS))).with_columns(
        pl.when(longer).then(pl.col("distance_m") + 700).otherwise("distance_m").alias("distance_m"),
        *(pl.col(name) + later_by for name in shifted),
        night=pl.col("night") + is_later.cast(pl.Int64),
        file_part=pl.when(is_later).then(0).otherwise("file_part"),
        status=pl.when(pl.col("part").str.starts_with("cancelled"))
        .then(pl.lit("cancelled"))
        .when(is_marked)
        .then(pl.lit("corrected"))
        .otherwise("status"),
        expected=pl.col("part").replace_strict(VERDICTS),
        fault=pl.when(pl.col("part") == "conflict").then(KEY_CONFLICT).otherwise("fault"),
        is_current=is_correction,
        is_again=pl.lit(True),
    )


def deliver(spec: Spec, journeys: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Every line of every file, in file order: `night`, `operator`, `file_part`, `row` (from 1)."""
    journeys = journeys.with_columns(pl.Series("night", _first_night(spec, journeys)))
    journeys = _cast_parts(spec, journeys.filter(pl.col("night") < len(business_dates(spec))), rng)
    is_late = (pl.col("part") == "late").cast(pl.Int64)
    is_replaced = pl.col("part").is_in(["corrected", "corrected_later", "cancelled", "cancelled_later"])
    originals = journeys.with_columns(
        night=pl.col("night") + is_late,
        status=pl.when(pl.col("dice") % 3 == 0).then(pl.lit("new")),
        expected=pl.when(pl.col("fault") >= 0).then(pl.lit("rejected")).otherwise(pl.lit("accepted")),
        is_current=(pl.col("fault") < 0) & ~is_replaced,
        is_again=pl.lit(False),
    ).with_columns(
        file_part=pl.int_range(pl.len(), dtype=pl.Int64).over("night", "operator") // MOST_ROWS,
    )
    files = ("night", "operator", "file_part")
    return (
        pl.concat([originals, _again(originals)], how="diagonal")
        .sort(*files, "is_again", "journey")
        .with_columns(row=pl.int_range(1, pl.len() + 1).over(*files))
    )
