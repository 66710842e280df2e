"""What the public sees: exact sums, no small group, and nothing small that a subtraction gives back."""

import random
from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from dagster_project.contracts.archive import K
from dagster_project.pages.observatory.country import country
from dagster_project.settings import PROJECT
from tests.support.public_adversary import LEVELS, Journey, check, found_small, is_small, members_of
from tests.support.public_models import corrected, published, totals

_MARCH = date(2021, 3, 1)
_MONTHS = [date(2021, month, 1) for month in range(1, 12)]
# Two départements that share an EPCI; EPCIs of one to three communes; a country that stands for itself.
_PLACES = [
    ("01", "A", "a1"), ("01", "A", "a2"), ("01", "B", "b1"), ("74", "C", "c1"), ("74", "C", "c2"),
    ("74", "B", "b2"), ("99140", "99140", "99140"),
]  # fmt: skip


def _journey(number: int, start: int, end: int, people: tuple[int, int], *, starts_car: bool) -> Journey:
    origin, destination = (dict(zip(LEVELS, _PLACES[place], strict=True)) for place in (start, end))
    return {
        "month_on": _MARCH,
        "journey_hash": number,
        "driver_identity_key": f"p{people[0]}",
        "passenger_identity_key": f"p{people[1]}",
        "seats": 1 + number % 2,
        "distance_m": 1_000 + number,
        "starts_car": starts_car,
        **{f"origin_{level}": code for level, code in origin.items()},
        **{f"destination_{level}": code for level, code in destination.items()},
    }


def _months(seed: int) -> list[Journey]:
    """Eleven months of some busy ways and many rare ones; some people travel often."""
    chance = random.Random(seed)
    journeys: list[Journey] = []
    for month_on in _MONTHS:
        ways = [[chance.randrange(len(_PLACES)) for _ in range(2)] for _ in range(chance.randint(2, 9))]
        drivers = chance.randint(10, 100)
        for number in range(chance.randint(1, 160)):
            start, end = ways[min(int(chance.expovariate(0.7)), len(ways) - 1)]
            people = (chance.randrange(drivers), 200 + int(chance.expovariate(0.05)))
            journey = _journey(number, start, end, people, starts_car=chance.random() < 0.8)
            journeys.append({**journey, "month_on": month_on})
    return journeys


@given(st.integers(0, 2**32))
@settings(max_examples=max(3, settings().max_examples // 20))
def test_totals_are_totals_no_rowis_small_and_no_subtraction_makes_one(seed: int) -> None:
    journeys = _months(seed)
    territories, flows = published(journeys)
    assert territories["month_on"].n_unique() > 5
    for month_on in _MONTHS:
        of_month = [one for one in journeys if one["month_on"] == month_on]
        check(of_month, territories.filter(month_on=month_on), flows.filter(month_on=month_on))


def test_the_adversary_finds_what_a_table_without_rests_would_give_away() -> None:
    def commuters(start: int, end: int, journeys: int, first: int) -> list[Journey]:
        people = range(first, first + journeys)
        return [_journey(n, start, end, (n, n + 1_000), starts_car=True) for n in people]

    journeys = [*commuters(0, 3, 40, 0), *commuters(1, 3, 30, 100), *commuters(2, 3, 2, 200)]
    naive = [journeys, journeys[:40], journeys[40:70]]  # all, and the two communes that are not small
    assert "01/B/b1 → " in found_small(journeys, naive)
    territories, flows = published(journeys)
    territories = territories.sort("level", "is_rest")
    of_rows, of_flows = members_of(journeys, territories, flows)
    assert found_small(journeys, [*of_rows.values(), *of_flows.values()]) == []
    assert territories.select("level", "is_rest", "journeys").rows() == [
        ("departement", False, 72), ("departement", True, 72), ("ensemble", False, 72),
    ]  # fmt: skip
    assert flows["journeys"].to_list() == [72]


@given(st.integers(0, 2**32))
@settings(max_examples=max(5, settings().max_examples // 10))
def test_what_is_told_anew_differs_by_nobodys_journeys(seed: int) -> None:
    chance = random.Random(seed)
    before = [one for one in _months(seed) if one["month_on"] == _MARCH]
    before += [one | {"journey_hash": 500 + n, "month_on": _MARCH} for n, one in enumerate(_months(seed + 1))]
    gone = {chance.randrange(660) for _ in range(chance.choice((1, 8, 500)))}
    of_one = chance.choice(before)["driver_identity_key"] if chance.random() < 0.5 else None
    now = [one for one in before if one["journey_hash"] not in gone and one["driver_identity_key"] != of_one]
    if len(now) < K:
        return
    for first, second in ((before, now), (now, before)):
        (told,) = totals(first)
        for row in corrected(second, [told]):
            changed = [one for one in before if one not in now]
            assert row["journeys"] == len(second) and abs(len(second) - len(first)) == len(changed)
            assert not is_small(changed)


def test_a_month_is_told_anew_where_many_have_changed_and_not_where_one_has() -> None:
    def journeys(count: int, first: int) -> list[Journey]:
        return [_journey(n, 0, 3, (n, n + 1_000), starts_car=True) for n in range(first, first + count)]

    before = journeys(40, 0)
    (told,) = totals(before)
    (row,) = corrected(before + journeys(9, 100), [told])
    assert (row["journeys"], row["car_trips"]) == (49, 49)
    assert corrected(before + journeys(5, 100), [told]) == []
    assert corrected(before, [told]) == []
    (after,) = totals(before + journeys(9, 100))
    assert corrected(before + journeys(12, 100), [told, after]) == [], "too near to what was told last"
    regular = [_journey(n, 0, 3, (7_777, n + 2_000), starts_car=True) for n in range(200, 230)]
    (told,) = totals(before + regular)
    assert corrected(before, [told]) == [], "all that went was one driver's"


def test_the_countrys_map_has_a_layer_a_month_and_says_the_same_in_words() -> None:
    may, june = date(2021, 5, 1), date(2021, 6, 1)
    given = [
        (june, "74", 12_000, False),
        (june, "01", 40, False),
        (june, "978", 7, False),
        (may, "74", 90, False),
    ]
    rows = pl.DataFrame(
        [(month, "departement", code, f"de {code}", count, is_rest) for month, code, count, is_rest in
         [*given, (june, "2A", 50_000, True)]],
        ["month_on", "level", "departement_code", "name", "passenger_journeys", "is_rest"], orient="row",
    )  # fmt: skip
    shown = country(rows, [june, may], PROJECT / "data" / "reference")
    assert shown is not None
    drawn = etree.fromstring(shown.picture.svg)
    outlines = {path.get("id").removeprefix("forme-") for path in drawn.iter("path")}
    assert len(outlines) == 101 and {"01", "2A", "74", "976"} <= outlines and len(shown.picture.svg) < 250_000
    layers = {group.get("data-mois"): group for group in drawn.iter("g") if group.get("data-mois")}
    assert [layers[month].get("hidden") for month in ("2021-06", "2021-05")] == [None, ""]
    fills = {use.get("href"): use.get("fill") for use in layers["2021-06"]}
    assert fills.keys() == {"#forme-74", "#forme-01"} and len(set(fills.values())) == 2
    assert shown.words[1] == (
        "2021-05", "Mai 2021, départements montrés : 1 sur 101. Les premiers : de 74 (74) : 90."
    )  # fmt: skip
    assert country(rows.clear(), [], PROJECT / "data" / "reference") is None
