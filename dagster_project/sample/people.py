"""Made-up people: a home, a work place, a crew they ride with, and identities nobody owns."""

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from dagster_project.sample.spec import Spec, habit_of
from dagster_project.sample.zone import Bools, Floats, Ints, Zone

SPOTS = 3  # places where a person gets in or out, near each of home and work
FICTION_PHONES = 10_000  # +33 6 39 98 00 00 to 99 99: set aside by Arcep for fiction
# +999 is no country's: numbers that have the right shape and reach nobody.
UNDIALLABLE = "+999"
FIRST_NAMES = ("Fictive", "Imaginaire", "Exemplaire", "Testine", "Factice", "Inventé", "Modèle", "Specimen")
LAST_NAMES = ("d'Essai", "Échantillon", "de la Maquette", "Démonstration", "Du Jeu-De-Test", "Personne")


@dataclass(frozen=True)
class Crowd:
    """Everybody. Crews hold consecutive rows of `members`; a person's row is their number."""

    people: pl.DataFrame  # texts as operators know them
    spots: Floats  # (person, home or work, spot, lon and lat)
    places: Ints  # (person, home or work): row of the zone
    members: Ints  # persons, crew after crew
    first_member: Ints  # of each crew
    size: Ints  # of each crew, driver included
    operator: Ints  # of each crew
    activity: Floats  # of each crew: how often it rides
    parity: Ints  # 0 or 1: the crew rides on even or odd days only; -1: any


def _workplaces(zone: Zone, homes: Ints, rng: np.random.Generator) -> Ints:
    """A work place for each home, drawn by the zone's gravity, one home place at a time."""
    heights = np.cumsum(zone.work_weight, axis=1)
    marks = rng.random(len(homes)) * heights[homes, -1]
    works = np.zeros(len(homes), dtype=np.int64)
    order = np.argsort(homes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(homes[order])) + 1):
        works[rows] = np.searchsorted(heights[homes[rows[0]]], marks[rows])
    return works


def _twins(operator: Ints, rng: np.random.Generator) -> Ints:
    """Pairs of crews of two operators that both know full phones: one person drives for both."""
    is_full = np.array([habit_of(o).truncated_share < 1 for o in operator])
    drawn = rng.permutation(np.flatnonzero(is_full))[: max(2, len(operator) // 25) * 2]
    pairs = drawn[: len(drawn) // 2 * 2].reshape(-1, 2)
    are_two = operator[pairs[:, 0]] != operator[pairs[:, 1]]
    return np.asarray(pairs[are_two])


def populate(spec: Spec, zone: Zone, rng: np.random.Generator) -> Crowd:
    """As many crews as the sample's journeys keep busy."""
    crews = max(4 * len(spec.operators), round(spec.journeys / min(25.0, 0.5 * spec.days)))
    shares = np.array([habit_of(o).share for o in range(len(spec.operators))])
    operator = rng.choice(len(shares), size=crews, p=shares / shares.sum())
    size = rng.choice([2, 3, 4], size=crews, p=[0.5, 0.32, 0.18])
    homes = rng.choice(len(zone.codes), size=crews, p=zone.home_weight)
    works = _workplaces(zone, homes, rng)
    pairs = _twins(operator, rng)
    homes[pairs[:, 1]], works[pairs[:, 1]] = homes[pairs[:, 0]], works[pairs[:, 0]]
    parity = np.full(crews, -1)
    parity[pairs[:, 0]], parity[pairs[:, 1]] = 0, 1

    first_member = np.cumsum(size) - size
    crew = np.repeat(np.arange(crews), size)
    is_driver = np.zeros(len(crew), dtype=bool)
    is_driver[first_member] = True
    moves = ~is_driver & (rng.random(len(crew)) < 0.4)
    nearby = zone.neighbours[homes[crew], rng.integers(0, zone.neighbours.shape[1], len(crew))]
    places = np.column_stack([np.where(moves, nearby, homes[crew]), works[crew]])
    members = np.arange(len(crew))
    members[first_member[pairs[:, 1]]] = first_member[pairs[:, 0]]
    spots = np.stack(
        [np.stack([zone.points(places[:, end], rng) for _ in range(SPOTS)], axis=1) for end in (0, 1)],
        axis=1,
    )
    is_full = np.isin(np.arange(len(crew)), first_member[pairs.ravel()])
    cut = np.array([habit_of(o).truncated_share for o in range(len(spec.operators))])[operator[crew]]
    is_truncated = ~is_full & (rng.random(len(crew)) < cut)
    people = identities(len(crew), zone.is_abroad[places[:, 1]], rng)
    return Crowd(
        people=people.with_columns(pl.Series("is_truncated", is_truncated)),
        spots=spots,
        places=places,
        members=members,
        first_member=first_member,
        size=size,
        operator=operator,
        activity=rng.lognormal(sigma=0.6, size=crews),
        parity=parity,
    )


def identities(count: int, works_abroad: Bools, rng: np.random.Generator) -> pl.DataFrame:
    """One row per person: phone in three spellings, names, e-mail, what else operators hold."""
    numbers = rng.permutation(max(count, FICTION_PHONES))[:count]
    is_fiction = (numbers < FICTION_PHONES) & ~(works_abroad & (rng.random(count) < 0.08))
    last_digits = pl.col("number").cast(pl.String).str.zfill(4)
    national = "063998" + last_digits
    spaced = "06 39 98 " + last_digits.str.slice(0, 2) + " " + last_digits.str.slice(2)
    undiallable = UNDIALLABLE + pl.col("number").cast(pl.String).str.zfill(9)
    first, last = pl.Series(FIRST_NAMES), pl.Series(LAST_NAMES)
    pass_id = pl.format("navigo-fictif-{}", pl.col("person"))
    people = pl.DataFrame(
        {
            "person": np.arange(count),
            "number": numbers,
            "is_fiction": is_fiction,
            "dice": rng.integers(0, 1_000, count),
        }
    ).with_columns(
        phone=pl.when("is_fiction").then("+33639" + pl.lit("98") + last_digits).otherwise(undiallable),
        phone_national=pl.when("is_fiction").then(national).otherwise(undiallable),
        phone_spaced=pl.when("is_fiction").then(spaced).otherwise(undiallable),
        firstname=first.gather(rng.integers(0, len(first), count)),
        lastname=pl.lit(last.gather(rng.integers(0, len(last), count))) + pl.format(" {}", pl.col("person")),
        email=pl.format("personne.{}@example.org", pl.col("person")),
        company=pl.when(pl.col("dice") % 3 == 0).then(
            pl.format("Société imaginaire {}", pl.col("dice") // 20)
        ),
        over_18=pl.when(pl.col("dice") < 20)
        .then(pl.lit("FALSE"))
        .when(pl.col("dice") < 900)
        .then(pl.lit("TRUE")),
        travel_pass_name=pl.when(pl.col("dice") % 10 == 0).then(pl.lit("navigo")),
        travel_pass_user_id=pl.when(pl.col("dice") % 10 == 0).then(pass_id),
    )
    keys = [
        hashlib.sha256(f"{phone}-{name.upper()}".encode()).hexdigest()
        for phone, name in people.select("phone", "lastname").iter_rows()
    ]
    return people.with_columns(pl.Series("identity_key", keys)).drop("person", "number", "is_fiction", "dice")
