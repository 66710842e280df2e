"""Which journeys are valid: thresholds to the second, neighbours in any order, night after night."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dagster_project.campaigns.language.model import Campaign
from dagster_project.warehouse import cache
from tests.reference.acceptance import PARIS, Journey, verdicts
from tests.support.acceptance_world import (
    CAMPAIGN,
    CLOSE,
    DELIVERED,
    FIVE,
    LATE,
    MANY,
    SHORT,
    furnished,
    journey_of,
    paris,
    refusals,
)
from tests.support.deliveries import deliver

PEOPLE = ("ana", "bob", "cyd", "dov")
# Each case: journeys as (start, what else), and what each is refused for. Delivered at 20:00 UTC, 21:00 in Paris.
CASES: dict[str, list[tuple[datetime, dict[str, Any], list[str]]]] = {
    "gap_of_30_minutes": [(paris(0, "08:00:00"), {}, []), (paris(0, "08:50:00"), {}, [])],
    "a_second_less": [(paris(0, "08:00:00"), {}, []), (paris(0, "08:49:59"), {}, CLOSE)],
    "overlap": [(paris(0, "08:00:00"), {}, []), (paris(0, "08:10:00"), {}, CLOSE)],
    "contained": [(paris(0, "08:00:00"), {"minutes": 90}, []), (paris(0, "08:30:00"), {"minutes": 5}, CLOSE)],
    "contains": [(paris(0, "08:30:00"), {"minutes": 5}, CLOSE), (paris(0, "08:00:00"), {"minutes": 90}, [])],
    "roles_swapped": [
        (paris(0, "08:00:00"), {}, []),
        (paris(0, "08:30:00"), {"driver_identity_key": "roles_swapped-bob", "passenger_identity_key": "roles_swapped-ana"}, CLOSE),
    ],
    "another_passenger": [(paris(0, "08:00:00"), {}, []), (paris(0, "08:05:00"), {"passenger_identity_key": "x"}, [])],
    "same_id_another_day": [(paris(-1, "21:10:00"), {"trip": "line"}, []), (paris(-1, "21:50:00"), {}, CLOSE), (paris(0, "08:00:00"), {"trip": "line"}, [])],
    "same_id_after_another": [(paris(0, "07:20:00"), {}, []), (paris(0, "08:00:00"), {"trip": "line"}, CLOSE), (paris(0, "18:00:00"), {"trip": "line"}, [])],
    "same_car": [(paris(0, "08:00:00"), {"trip": "car"}, []), (paris(0, "08:10:00"), {"trip": "car"}, [])],
    # The second is refused and counts against nobody: the third is far enough from the first.
    "a_refused_one_is_no_neighbour": [
        (paris(0, "08:00:00"), {}, []),
        (paris(0, "08:40:00"), {}, CLOSE),
        (paris(0, "09:10:00"), {}, []),
    ],
    "a_cancelled_one_is_no_neighbour": [(paris(0, "08:00:00"), {"status": "cancelled"}, []), (paris(0, "08:10:00"), {}, [])],
    "a_short_one_is_no_neighbour": [(paris(0, "08:00:00"), {"distance_m": 1_999}, SHORT), (paris(0, "08:10:00"), {}, [])],
    "across_midnight": [(paris(-1, "23:30:00"), {}, []), (paris(0, "00:19:59"), {}, CLOSE)],
    "two_kilometres": [(paris(0, "08:00:00"), {"distance_m": 2_000}, [])],
    "24_hours": [(paris(-1, "21:00:00"), {}, []), (paris(-1, "20:59:59"), {"passenger_identity_key": "x"}, LATE)],
    # A campaign of this operator grants 48 hours.
    "graced": [(paris(-2, "21:00:00"), {}, []), (paris(-2, "20:59:59"), {"passenger_identity_key": "x"}, LATE)],
    "ends_on_delivery": [(paris(0, "20:40:00"), {}, [])],
    "ends_a_second_later": [(paris(0, "20:40:01"), {}, ["not_yet_over"])],
    "a_fifth_trip": [(paris(0, clock), {}, MANY if clock == FIVE[4] else []) for clock in FIVE],
    "a_fifth_passenger_of_the_fourth_car": [
        *((paris(0, clock), {}, []) for clock in FIVE[:3]),
        (paris(0, FIVE[3]), {"trip": "car"}, []),
        (paris(0, FIVE[3]), {"trip": "car", "passenger_identity_key": "x"}, []),
    ],
    # Four trips each, seven together: the registry refused them for the union.
    "two_regulars": [
        *((paris(0, clock), {"passenger_identity_key": clock}, []) for clock in FIVE[:3]),
        *((paris(0, clock), {"driver_identity_key": clock}, []) for clock in ("13:00:00", "14:00:00", "15:00:00")),
        (paris(0, "18:00:00"), {}, []),
    ],
    "drives_and_rides": [
        *((paris(0, clock), {"passenger_identity_key": clock}, []) for clock in FIVE[:4]),
        (paris(0, "18:00:00"), {"driver_identity_key": "x", "passenger_identity_key": "drives_and_rides-ana"}, MANY),
    ],
    "a_new_day_at_midnight": [
        *((paris(-1, clock), {}, []) for clock in ("21:00:00", "21:50:00", "22:40:00", "23:30:00")),
        (paris(0, "00:20:00"), {}, []),
    ],
    "the_last_second_of_the_day": [
        *((paris(-1, clock), {"passenger_identity_key": clock}, []) for clock in ("21:00:00", "21:01:00", "21:02:00", "21:03:00")),
        (paris(-1, "23:59:59"), {}, MANY),
    ],
    "a_cancelled_one_does_not_count": [
        (paris(0, FIVE[0]), {"status": "cancelled"}, []),
        *((paris(0, clock), {}, []) for clock in FIVE[1:]),
    ],
    "in_2023_five_days_from_the_end": [
        (datetime(2023, 12, 31, 22, 39, 59, tzinfo=UTC), {"distance_m": 500}, LATE),
    ],
}  # fmt: skip


def test_each_rule_on_both_sides_of_its_threshold(tmp_path: Path) -> None:
    graced = CAMPAIGN | {
        "operateurs": [{"du": "2024-01-01", "liste": ["graced"]}],
        "delai_d_envoi": {"heures": 48},
    }
    lake, sent, expected = furnished(tmp_path, CASES, Campaign.model_validate(graced)), [], {}
    for name, journeys in CASES.items():
        for number, (start, told, codes) in enumerate(journeys):
            sent.append(journey_of(name, number, start, **told))
            expected[f"{name}-{number}"] = None if told.get("status") == "cancelled" else codes
    sent += [journey_of("stranger", 0, paris(0, "08:00:00")), journey_of("stranger", 1, paris(0, "08:01:00"))]
    expected |= {f"stranger-{n}": ["journey_outside_production", "operator_not_granted"] for n in range(2)}
    deliver(lake, "one", date(2024, 3, 1), DELIVERED[0], sent)
    # 2023-12-31 22:59:59 + 120 h: in time to the second.
    on_time = journey_of("in_2023_five_days_from_the_end", 1, datetime(2023, 12, 31, 22, 40, tzinfo=UTC))
    deliver(lake, "two", date(2024, 1, 5), on_time["end_at"] + timedelta(hours=120), [on_time])
    expected[on_time["operator_journey_id"]] = []
    # Sent again, in time or not, what was late stays late and what was in time stays in time.
    again = [one | {"status": "corrected", "seats": 2} for one in sent if one["operator_id"] == "24_hours"]
    deliver(lake, "three", date(2024, 3, 3), DELIVERED[2], again)
    assert refusals(lake) == expected


WORLDS, EACH = 200, 14
# Worlds lie around the first day of one of these months; in some of them nothing comes after the first night.
MONTHS = {3: "busy", 5: "quiet", 7: "busy", 9: "quiet"}


def _delivered(operator: str) -> list[datetime]:
    month = [*MONTHS][int(operator.removeprefix("op_")) % len(MONTHS)]
    return [one.replace(month=month) for one in DELIVERED]


def _world(random: Random, operator: str) -> list[list[Journey]]:
    """What one operator delivers in three nights: late, again, corrected, cancelled, brought back."""
    nights: list[list[Journey]] = [[] for _ in DELIVERED]
    is_quiet = MONTHS[_delivered(operator)[0].month] == "quiet"
    for number in range(EACH):
        first = 0 if is_quiet else random.choice([0, 0, 0, 1, 1, 2])
        journey = _any_journey(random, operator, number, first)
        if is_quiet:
            nights[first].append(journey)
            continue
        nights[first].append(journey)
        for night in range(first + 1, len(nights)):
            fate = random.random()
            if fate < 0.2:
                nights[night].append(journey | {"status": "cancelled"})
            elif fate < 0.5:
                moved = _any_journey(random, operator, number, night) | {"status": "corrected"}
                nights[night].append(moved)
                journey = moved
    for night in nights:
        random.shuffle(night)
    return nights


def _any_journey(random: Random, operator: str, number: int, night: int) -> Journey:
    start = _delivered(operator)[night] - timedelta(
        minutes=random.choice([25, 50, 100, 500]) + 10 * random.randrange(100)
    )
    driver, passenger = random.sample(PEOPLE, 2)
    return journey_of(
        operator,
        number,
        start,
        minutes=random.choice([10, 20, 20, 20, 70, 150]),
        trip=f"{operator}-car-{random.choice([number, number, random.randrange(EACH)])}",
        distance_m=random.choice([1_999, 2_000, 2_000, 9_000, 9_000, 9_000]),
        driver_identity_key=f"{operator}-{driver}",
        passenger_identity_key=f"{operator}-{passenger}",
    )


def _expected(operator: str, nights: list[list[Journey]], until: int) -> dict[str, list[str] | None]:
    """Verdicts as the night `until` must find them."""
    versions: dict[str, list[tuple[datetime, Journey]]] = {}
    for night in range(until + 1):
        for one in nights[night]:
            versions.setdefault(one["operator_journey_id"], []).append((_delivered(operator)[night], one))
    told: dict[str, list[str] | None] = {}
    living = []
    for jid, sent in versions.items():
        # What shares neither person nor day with the first is another journey, and changes nothing.
        found = [(at, one) for at, one in sent if one["status"] == "cancelled" or _is_same(one, sent[0][1])]
        current = found[-1][1]
        told[jid] = None
        if current["status"] != "cancelled":
            received = min((at for at, _ in found if at >= current["end_at"]), default=None)
            living.append(current | {"received_at": received})
    return told | verdicts(living)


def _is_same(one: Journey, first: Journey) -> bool:
    people = ("driver_identity_key", "passenger_identity_key")
    is_one_day = len({other["start_at"].astimezone(PARIS).date() for other in (one, first)}) == 1
    return is_one_day or bool({one[role] for role in people} & {first[role] for role in people})


@hypothesis_settings(max_examples=1)  # two hundred worlds in one build
@given(seed=st.integers(0, 10_000))
def test_every_night_finds_what_a_plain_reading_finds_whatever_came_before(
    tmp_path_factory: pytest.TempPathFactory, large_base: None, seed: int
) -> None:
    random = Random(seed)
    worlds = {f"op_{number}": _world(random, f"op_{number}") for number in range(WORLDS)}
    lake = furnished(tmp_path_factory.mktemp("worlds"), worlds)
    seen: set[str] = set()
    changed = 0
    before: dict[str, list[str] | None] = {}
    for night in range(len(DELIVERED)):
        for number, month in enumerate(MONTHS):
            of_month = [f"op_{one}" for one in range(number, WORLDS, len(MONTHS))]
            at = DELIVERED[night].replace(month=month)
            sent = [one for operator in of_month for one in worlds[operator][night]]
            deliver(lake, f"drop-{month}-{night}", at.date(), at, sent)
        expected = {
            jid: codes
            for operator, nights in worlds.items()
            for jid, codes in _expected(operator, nights, night).items()
        }
        assert refusals(lake) == expected
        with cache.reading(lake, building=True) as connection:
            judged = connection.execute(
                "select month(month_on) from months.files where model = 'active.int_close_refusals' and is_made"
            ).fetchall()
        months = {month for (month,) in judged}
        assert months >= set(MONTHS) if night == 0 else months & set(MONTHS) == {3, 7}
        lake.building.replace(lake.cache_file)
        seen |= {code for codes in expected.values() for code in codes or []}
        changed += sum(expected[jid] != codes for jid, codes in before.items())
        before = expected
    assert seen == {
        "too_close_trips",
        "too_many_trips",
        "sent_too_late",
        "distance_too_short",
        "not_yet_over",
    }
    assert changed > 100
