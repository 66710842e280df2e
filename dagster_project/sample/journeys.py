"""What the crews did: car trips on days of the period, one journey per carried passenger.

Numbers only, one row per journey; texts are made when a file is written. Not here: when a
journey is delivered and what goes wrong with it.
"""

from datetime import date, timedelta

import numpy as np
import polars as pl

from dagster_project.contracts.moments import PARIS
from dagster_project.sample.people import SPOTS, Crowd
from dagster_project.sample.spec import Spec, habit_of
from dagster_project.sample.zone import Bools, Floats, Ints, Zone, straight_m

GROWTH = 2.2  # the last day sees 1 + GROWTH times as many trips as the first
WEEKDAY_WEIGHTS = np.array([1.0, 1.05, 1.0, 1.05, 0.95, 0.22, 0.14])  # Monday first
NIGHT_SHARE = 0.015  # of evening trips: they start just before midnight
EDGE_DISTANCES_M = (1_999, 2_000, 19_999, 20_000, 20_049, 20_050, 49_999, 50_000)
EDGE_COPIES = 4
HOUR_S = 3_600.0


def _trips(spec: Spec, crowd: Crowd, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Crew, day, half of the day and passengers of each trip: a crew rides once each half day."""
    days = np.arange(spec.days)
    weekdays = (spec.first_day.weekday() + days) % 7
    weights = WEEKDAY_WEIGHTS[weekdays] * (1 + GROWTH * days / spec.days)
    wanted = int(1.3 * spec.journeys) + 100
    crew = rng.choice(len(crowd.size), size=wanted, p=crowd.activity / crowd.activity.sum())
    day = rng.choice(spec.days, size=wanted, p=weights / weights.sum())
    half = rng.integers(0, 2, size=wanted)
    parity = crowd.parity[crew]
    is_possible = (parity < 0) | ((spec.first_day.toordinal() + day) % 2 == parity)
    crew, day, half = crew[is_possible], day[is_possible], half[is_possible]
    _, first = np.unique((crew * spec.days + day) * 2 + half, return_index=True)
    kept = np.sort(first)
    crew, day, half = crew[kept], day[kept], half[kept]
    riders = 1 + rng.binomial(crowd.size[crew] - 2, 0.55)
    enough = np.searchsorted(np.cumsum(riders), spec.journeys) + 1
    return crew[:enough], day[:enough], half[:enough], riders[:enough]


def _local_start_s(spec: Spec, day: Ints, half: Ints, rng: np.random.Generator) -> Floats:
    """Seconds from local midnight of the trip's day: peaks, leisurely weekends, some nights."""
    count = len(day)
    morning = np.clip(rng.normal(7.6, 0.6, count), 4.5, 11.0)
    evening = np.clip(rng.normal(17.5, 0.85, count), 13.0, 21.5)
    weekday = (spec.first_day.weekday() + day) % 7
    is_free = (weekday > 4) | (rng.random(count) < 0.06)
    morning = np.where(is_free, rng.uniform(8.0, 11.5, count), morning)
    evening = np.where(is_free, rng.uniform(13.0, 21.5, count), evening)
    hours = np.where(half == 0, morning, evening)
    is_night = (half == 1) & (rng.random(count) < NIGHT_SHARE)
    hours = np.where(is_night, rng.uniform(23.3, 23.98, count), hours)
    # The last evening before the clocks change (a Saturday): some cross the missing or double hour.
    eves = np.array(
        [d for d in range(spec.days) if _is_eve_of_clock_change(spec.first_day, d)], dtype=np.int64
    )
    late = np.flatnonzero(np.isin(day, eves) & (half == 1))[::3]
    hours[late] = rng.uniform(25.2, 25.95, len(late))
    return np.round(hours * HOUR_S)


def _is_eve_of_clock_change(first_day: date, offset: int) -> bool:
    """Is the next day the last Sunday of March or October?"""
    sunday = first_day + timedelta(days=offset + 1)
    return sunday.weekday() == 6 and sunday.month in (3, 10) and sunday.day > 24


def _instants(spec: Spec, day: Ints, local_s: Floats) -> pl.Series:
    """UTC instants of local seconds; the hour that spring swallows counts as the one before."""
    seconds = pl.Series("at", day * 86_400 + local_s.astype(np.int64))
    local = pl.lit(spec.first_day).cast(pl.Datetime("us")) + pl.duration(seconds="at")
    zoned = local.dt.replace_time_zone(PARIS.key, ambiguous="earliest", non_existent="null")
    earlier = (local - pl.duration(hours=1)).dt.replace_time_zone(
        PARIS.key, ambiguous="earliest", non_existent="null"
    )
    utc = pl.coalesce(zoned, earlier).dt.convert_time_zone("UTC")
    return seconds.to_frame().select(utc).to_series()


def _seats_of_cars(
    crowd: Crowd, crew: Ints, riders: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints]:
    """Trip, driver, passenger and pick-up rank of each journey; now and then another one drives."""
    size = crowd.size[crew]
    driver_rank = (rng.random(len(crew)) < 0.15).astype(np.int64)
    driver_rank[crowd.parity[crew] >= 0] = 0
    turn = rng.integers(0, 12, len(crew))
    trip = np.repeat(np.arange(len(crew)), riders)
    rank = np.arange(len(trip)) - np.repeat(np.cumsum(riders) - riders, riders)
    others = size[trip] - 1
    passenger_rank = (driver_rank[trip] + 1 + (turn[trip] + rank) % others) % size[trip]
    first = crowd.first_member[crew]
    return trip, crowd.members[first + driver_rank][trip], crowd.members[first[trip] + passenger_rank], rank


def _set_edges(distance_m: Ints, apart_m: Floats) -> Bools:
    """Give a few journeys the distances at which a tariff turns; say which, in place."""
    is_edge = np.zeros(len(distance_m), dtype=bool)
    for edge_m in EDGE_DISTANCES_M:
        unlikely = np.where(is_edge, np.inf, np.abs(edge_m / np.maximum(apart_m, 1.0) - 1.3))
        rows = np.argsort(unlikely, kind="stable")[:EDGE_COPIES]
        distance_m[rows], is_edge[rows] = edge_m, True
    return is_edge


def _classes(spec: Spec, operator: Ints, day: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Declared and granted class (0 = A): mostly the granted one, at times one below or above."""
    granted = np.zeros(len(operator), dtype=np.int64)
    for number in range(len(spec.operators)):
        for since, letter in habit_of(number).grants:
            offset = (since - spec.first_day).days
            granted[(operator == number) & (day >= offset)] = "ABC".index(letter)
    step = rng.choice([-1, 0, 1], size=len(operator), p=[0.08, 0.905, 0.015])
    return np.clip(granted + step, 0, 2), granted


def ride(spec: Spec, zone: Zone, crowd: Crowd, rng: np.random.Generator, after: int = 0) -> pl.DataFrame:
    """Every journey of the period, one row each, by start; money in cents, lengths in metres.

    Journeys and trips are numbered after those of an earlier period.
    """
    crew, day, half, riders = _trips(spec, crowd, rng)
    start_s = _local_start_s(spec, day, half, rng)
    trip, driver, passenger, rank = _seats_of_cars(crowd, crew, riders, rng)
    count = len(trip)
    origin = half[trip]  # 0: from home to work
    spot = rng.integers(0, SPOTS, size=(2, count))
    starts, ends = crowd.spots[passenger, origin, spot[0]], crowd.spots[passenger, 1 - origin, spot[1]]
    car_starts, car_ends = crowd.spots[driver, origin, 0], crowd.spots[driver, 1 - origin, 0]

    apart_m = straight_m(starts, ends)
    winding = rng.uniform(1.2, 1.48, len(crowd.places))[passenger] * rng.normal(1, 0.008, count)
    distance_m = np.maximum(np.round(apart_m * winding), 350).astype(np.int64)
    is_edge = _set_edges(distance_m, apart_m)
    speed_kmh = np.clip(36 + 45 * (1 - np.exp(-distance_m / 20_000)) + rng.normal(0, 5, count), 35, 90)
    duration_s = np.maximum(np.round(distance_m / speed_kmh * 3.6), 60).astype(np.int64)
    picked_s = start_s[trip] + 150 * rank
    declared, granted = _classes(spec, crowd.operator[crew][trip], day[trip], rng)
    start_place, end_place = crowd.places[passenger, origin], crowd.places[passenger, 1 - origin]
    in_zone = zone.is_member[start_place] | zone.is_member[end_place]
    seats = rng.choice([1, 2, 3], size=count, p=[0.93, 0.06, 0.01])
    subsidy = seats * np.clip(np.floor(distance_m / 100 + 0.5), 200, 500).astype(np.int64)
    positions = {
        f"{name}_{axis}": points[:, column]
        for name, points in (
            ("start", starts),
            ("end", ends),
            ("car_start", car_starts),
            ("car_end", car_ends),
        )
        for column, axis in enumerate(("lon", "lat"))
    }
    journeys = pl.DataFrame(
        {
            "operator": crowd.operator[crew][trip],
            "trip": trip + after,
            "rank": rank,
            "driver": driver,
            "passenger": passenger,
            "start_place": start_place,
            "end_place": end_place,
            "start_at": _instants(spec, day[trip], picked_s),
            "car_start_at": _instants(spec, day[trip], start_s[trip]),
            "duration_s": duration_s,
            "distance_m": distance_m,
            "is_edge": is_edge,
            "seats": seats,
            "operator_class": declared,
            "is_class_above_grant": declared > granted,
            "contribution_cents": np.round(distance_m / 1_000 * rng.choice([0, 4, 6, 8], size=count)).astype(
                np.int64
            ),
            "subsidy_cents": np.where(in_zone & (distance_m >= 2_000), subsidy, 0),
            "dice": rng.integers(0, 10**12, size=count),
            **positions,
        }
    )
    end_at = pl.col("start_at") + pl.duration(seconds="duration_s")
    return (
        journeys.with_columns(end_at=end_at)
        .with_columns(car_end_at=pl.col("end_at").max().over("trip") + pl.duration(seconds=90))
        .sort("start_at", "trip", "rank")
        .with_row_index("journey", offset=after + 1)
    )
