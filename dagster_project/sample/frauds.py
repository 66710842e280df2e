"""Planted frauds, each with people of its own, and honest habits that look like some: what judges labels.

`fraud` names the kind; `verdict` says what must become of the journey: aside, kept (the one of a conflict
that stays), told (informative only) or honest. A sample has none unless asked: see Spec.frauds.
"""

from collections.abc import Callable, Iterator

import polars as pl

from dagster_project.sample.planter import PLAIN, Planter, Row, back, strangers
from dagster_project.sample.spec import Spec
from dagster_project.sample.zone import METRES_PER_DEGREE


def _overlap(p: Planter) -> Iterator[Row]:
    like, passenger = p.template(), p.person()
    yield p.ride(like, p.person(), passenger, "kept")
    yield p.ride(like, p.person(), passenger, "aside", 30 + 0.2 * like["duration_s"] * p.rng.random())


def _interoperator_overlap(p: Planter) -> Iterator[Row]:
    like, driver, passenger = p.template(), p.person(), p.person()
    for step, operator in enumerate(p.two_operators()):
        yield p.ride(like, driver, passenger, "aside", step * 90, operator=operator)


def _interoperator_too_close(p: Planter) -> Iterator[Row]:
    like, driver, passenger = p.template(), p.person(), p.person()
    first, second = p.two_operators()
    yield p.ride(like, driver, passenger, "kept", operator=first)
    after = like["duration_s"] + p.rng.integers(60, 1_700)
    yield p.ride(back(like), driver, passenger, "aside", after, operator=second)


def _interoperator_too_many(p: Planter) -> Iterator[Row]:
    like, passenger, operators = p.template(), p.person(), p.two_operators()
    for step in range(6):
        way = back(like) if step % 2 else like
        verdict = "aside" if step > 3 else "kept"
        yield p.ride(way, p.person(), passenger, verdict, step * 7_200, operator=operators[step % 2])


def _speed(p: Planter) -> Iterator[Row]:
    like = p.template()
    inflated = int(like["duration_s"] / 3.6 * p.rng.uniform(170, 400))
    yield p.ride(like, p.person(), p.person(), "aside", distance_m=inflated)


def _teleportation(p: Planter) -> Iterator[Row]:
    like, passenger = p.template(), p.person()
    others = p.templates.filter(
        ((pl.col("start_lat") - like["end_lat"]) ** 2 + ((pl.col("start_lon") - like["end_lon"]) * 0.7) ** 2)
        > (30_000 / METRES_PER_DEGREE) ** 2
    )
    if others.is_empty():
        return
    far = others.row(int(p.rng.integers(others.height)), named=True)
    yield p.ride(like, p.person(), passenger, "kept")
    after = like["duration_s"] + p.rng.integers(1, 240)
    yield p.ride(
        far | PLAIN | {name: like[name] for name in ("operator", "start_at")},
        p.person(),
        passenger,
        "aside",
        after,
    )


def _segmentation(p: Planter) -> Iterator[Row]:
    like, driver, passenger, pieces = p.template(), p.person(), p.person(), 3
    after = 0
    for piece in range(pieces):
        part = {
            f"{end}_{axis}": round(
                (like[f"start_{axis}"] * (pieces - at) + like[f"end_{axis}"] * at) / pieces, 6
            )
            for axis in ("lat", "lon")
            for end, at in (("start", piece), ("end", piece + 1))
        }
        part |= {"duration_s": like["duration_s"] // pieces, "distance_m": like["distance_m"] // pieces}
        yield p.ride(like, driver, passenger, "aside" if piece else "kept", after, **part)
        after += part["duration_s"] + int(p.rng.integers(0, 900))


def _simultaneous_group(p: Planter) -> Iterator[Row]:
    like = p.template()
    for _ in range(4):
        yield p.ride(like, p.person(), p.person(), "told")


def _role_swapping(p: Planter) -> Iterator[Row]:
    like, a, b = p.template(), p.person(), p.person()
    for step in range(3):
        pair = (a, b) if step % 2 == 0 else (b, a)
        yield p.ride(back(like) if step % 2 else like, *pair, "told", step * 9_000)


def _role_circle(p: Planter) -> Iterator[Row]:
    like, people = p.template(), [p.person() for _ in range(3)]
    for step in range(3):
        way = back(like) if step % 2 else like
        yield p.ride(way, people[step], people[(step + 1) % 3], "told", step * 9_000)


def _repetition(p: Planter) -> Iterator[Row]:
    like, driver, passenger = p.template(), p.person(), p.person()
    like = like | {"start_at": like["start_at"].replace(day=3)}
    for step in range(6):
        yield p.ride(like, driver, passenger, "told", step * 86_400)


def _ids_per_phone(p: Planter) -> Iterator[Row]:
    like, driver, first = p.template() | {"operator": int(p.operators[-1])}, p.person(), p.person()
    for step in range(4):
        yield p.ride(like, driver, p.person(first) if step else first, "told", step * 86_400 + step * 977)


def _volunteer(p: Planter) -> Iterator[Row]:
    """Drives whoever asks all day long, never on time to the second."""
    like, driver = p.template(), p.person()
    for step in range(8):
        after = step * (like["duration_s"] + 1_200 + int(p.rng.integers(0, 300)))
        yield p.ride(back(like) if step % 2 else like, driver, p.person(), "honest", after)


def _family(p: Planter) -> Iterator[Row]:
    """One household, both ways, two children under their mother's phone in their father's car (article 4)."""
    like, father, mother = p.template(), p.person(), p.person()
    children = [p.person(mother), p.person(mother)]
    for step, way in enumerate((like, back(like))):
        first = p.ride(way, father, mother, "honest", step * 30_000)
        yield first
        for rank, child in enumerate(children, 1):
            yield p.ride(way, father, child, "honest", step * 30_000, trip=first["trip"], rank=rank)


def _overlapping_passengers(p: Planter) -> Iterator[Row]:
    """Two passengers of two operators in one car: one driver who declares each where they booked."""
    like, driver = p.template(), p.person()
    for step, operator in enumerate(p.two_operators()):
        yield p.ride(like, driver, p.person(), "honest", step * 120, operator=operator)


PLANTS: dict[str, Callable[[Planter], Iterator[Row]]] = {
    "fraud_overlap": _overlap,
    "fraud_interoperator_overlap": _interoperator_overlap,
    "fraud_interoperator_too_close": _interoperator_too_close,
    "fraud_interoperator_too_many": _interoperator_too_many,
    "fraud_speed": _speed,
    "fraud_teleportation": _teleportation,
    "fraud_segmentation": _segmentation,
    "fraud_simultaneous_group": _simultaneous_group,
    "fraud_role_swapping": _role_swapping,
    "fraud_role_circle": _role_circle,
    "fraud_repetition": _repetition,
    "fraud_ids_per_phone": _ids_per_phone,
    "volunteer": _volunteer,
    "family": _family,
    "overlapping_passengers": _overlapping_passengers,
}


def plant(spec: Spec, journeys: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`spec.frauds` cases of each kind beside the honest journeys, and the people they need."""
    nothing = pl.lit(None, dtype=pl.String)
    honest = journeys.with_columns(fraud=nothing, verdict=nothing)
    if not spec.frauds:
        return honest, people
    planter = Planter(spec, journeys, people)
    rows = [
        row | {"fraud": kind}
        for kind, make in PLANTS.items()
        for _ in range(spec.frauds)
        for row in make(planter)
    ]
    first = int(journeys["journey"].max()) + 1  # type: ignore[arg-type]
    planted = pl.DataFrame(rows, schema=honest.schema).with_columns(
        journey=pl.int_range(first, first + len(rows)).cast(honest.schema["journey"])
    )
    return pl.concat([honest, planted]), pl.concat([people, strangers(planter, people)])
