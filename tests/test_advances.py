"""The advance as an account (CONVENTION 8.1): what is paid ahead stays within the pot, and never moves."""

import os
from datetime import date, timedelta
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.dossier import Absence
from dagster_project.catalogue.participation import member_rows
from dagster_project.settings import PROJECT
from tests.support.advance_world import World

Q1, Q2 = (date(2021, 1, 1), date(2021, 3, 31)), (date(2021, 4, 1), date(2021, 6, 30))
Q3, Q4 = (date(2021, 7, 1), date(2021, 9, 30)), (date(2021, 10, 1), date(2021, 12, 31))
START = date(2021, 1, 1)
EVEN = [(name, START, 4_000) for name in "abc"]
SEED = int(os.environ.get("ADVANCE_SEED", "1"))


def revisions(night: pl.DataFrame) -> dict[str, int]:
    return dict(night.select("operator_id", "revision_cents").rows())


def test_a_rest_that_is_too_small_is_shared_by_forecast_and_no_cent_more() -> None:
    world = World(10_000, [("a", START, 3_200), ("b", START, 3_200), ("c", START, 1_459), ("d", START, 487)])
    assert revisions(world.night(date(2020, 12, 20))) == {"a": 3_200, "b": 3_200, "c": 1_459, "d": 487}
    assert world.night(date(2020, 12, 20)).is_empty()  # decided once
    world.close("incentive", *Q1, {"a": 3_200, "b": 3_200, "c": 1_459, "d": 321})
    made = world.night(date(2021, 4, 5))
    assert (made["pot_left_cents"] == 1_820).all() and (made["expected_cents"].sum() == 8_180)
    # 1 820 × wish / 8 180: 711.98, 711.98, 324.62, 71.42; what rounds off goes to the largest remainders.
    assert world.held() == {"a": 712, "b": 712, "c": 325, "d": 71}
    world.close("fee", date(2021, 4, 1), date(2021, 4, 30), {"a": 120})
    cut = world.night(date(2021, 5, 5))
    assert set(cut["kind"]) == {"cut"} and revisions(cut) == {"a": -47, "b": -47, "c": -21, "d": -5}
    assert world.night(date(2021, 5, 5)).is_empty()
    assert sum(world.held().values()) == 1_700 == 10_000 - world.closed_cents()


def test_equal_parts_give_nobody_more_than_it_expects() -> None:
    wishes = [("a", START, 100), ("b", START, 900), ("c", START, 5_000)]
    world = World(2_001, wishes, equally=True)
    assert revisions(world.night(START)) == {"a": 100, "b": 900, "c": 1_001}
    world = World(1_001, wishes, equally=True)
    assert revisions(world.night(START)) == {"a": 100, "b": 451, "c": 450}


def test_no_statement_is_final_while_the_pot_lasts_and_none_is_negative_after() -> None:
    world = World(10_000, EVEN[:1], until=None)
    world.night(START)
    for period, cents in ((Q1, 3_000), (Q2, 2_000), (Q3, 1_000), (Q4, 1_500)):
        world.close("incentive", *period, {"a": cents})
        made = world.night(period[1] + timedelta(days=5))
        assert not made["is_final"].any() and world.held() == {"a": min(cents, made["pot_left_cents"][0])}
    world.close("incentive", date(2022, 1, 1), date(2022, 3, 31), {"a": 2_500})
    last = world.night(date(2022, 4, 5))
    assert last["is_final"].all() and last["pot_left_cents"].to_list() == [0] and world.held() == {"a": 0}
    # What a cancellation gives back is returned; what is paid after is paid, and nothing ahead.
    for start, cents, moved in ((date(2022, 4, 1), -500, -500), (date(2022, 7, 1), 300, 300)):
        world.close("incentive", start, start + timedelta(days=90), {"a": {"correction": cents}})
        after = world.night(start + timedelta(days=95))
        assert revisions(after) == {"a": moved} and world.held() == {"a": 0} and after["is_final"].all()


def test_the_next_advance_is_what_the_quarters_own_journeys_cost() -> None:
    world = World(100_000, [("a", START, 900)])
    world.night(START)
    world.close("incentive", *Q1, {"a": 800})
    world.night(date(2021, 4, 5))
    world.close("incentive", *Q2, {"a": {"journey": 400, "cancellation": -350, "late": 30}})
    made = world.night(date(2021, 7, 5))
    assert made["consumed_cents"].to_list() == [80] and world.held() == {"a": 400}


def test_a_quarter_in_which_the_operation_began_foretells_a_whole_one() -> None:
    world = World(100_000, [("a", date(2021, 2, 15), 900)], start=date(2021, 2, 15))
    world.night(date(2021, 2, 1))
    world.close("incentive", *Q1, {"a": 450})
    world.night(date(2021, 4, 5))
    assert world.held() == {"a": 450 * 90 // 45}


def test_whoever_leaves_returns_its_advance_once_nothing_of_it_is_open() -> None:
    world = World(100_000, EVEN)
    world.night(START)
    world.leave("a", date(2021, 2, 10))
    assert revisions(world.night(date(2021, 2, 11))) == {"a": -4_000}  # nothing was carried
    world.open("b", START, 486)
    world.leave("b", date(2021, 2, 20))
    assert world.night(date(2021, 2, 21)).is_empty()  # the call will say what it has consumed
    world.close("incentive", *Q1, {"b": 486, "c": 100})
    world.open("b", START, 0)
    final = world.night(date(2021, 4, 5)).filter(operator_id="b").to_dicts()
    assert [(row["is_final"], row["revision_cents"], row["opening_cents"]) for row in final] == [
        (True, -3_514, 4_000)
    ]
    world.close("incentive", *Q2, {"b": {"late": 40}})
    late = world.night(date(2021, 7, 5)).filter(operator_id="b")
    assert revisions(late) == {"b": 40} and world.held()["b"] == 0 and world.held()["a"] == 0


def test_what_was_really_paid_is_what_the_next_statement_opens_with() -> None:
    world = World(100_000, [("a", START, 1_000)])
    world.night(START)
    world.pay("a", 0, 700)  # of 1 000
    world.close("incentive", *Q1, {"a": 800})
    made = world.night(date(2021, 4, 5))
    assert made.select("opening_cents", "consumed_cents", "revision_cents").rows() == [(700, 800, 900)]
    before = world.steps()
    world.pay("a", 0, 1_000)  # the rest comes after it was asked for again
    world.pay("a", 1, 900)
    world.close("incentive", *Q2, {"a": 500})
    made = world.night(date(2021, 7, 5))
    assert made.select("opening_cents", "revision_cents").rows() == [(1_100, -100)]
    assert_frame_equal(world.steps().head(before.height), before, check_exact=True)
    world.close("incentive", *Q3, {"a": 500})  # no statement shows this step: it counts as it was decided
    assert world.night(date(2021, 10, 5))["opening_cents"].to_list() == [500]


def test_a_forecast_of_a_later_day_moves_the_advance_on_its_day_and_no_statement_before() -> None:
    world = World(100_000, [("a", START, 900)])
    world.night(START)
    world.close("incentive", *Q1, {"a": 800})
    world.agree("a", date(2021, 4, 1), 1_000)
    world.night(date(2021, 4, 5))
    before = world.steps()
    assert world.held() == {"a": 1_000}
    world.agree("a", date(2021, 5, 20), 1_600)  # the complement that the parties agreed on
    world.agree("a", date(2021, 1, 15), 5_000)  # a past quarter's
    assert world.night(date(2021, 5, 19)).is_empty()
    assert world.night(date(2021, 5, 20)).select("kind", "revision_cents").rows() == [("amendment", 600)]
    world.close("incentive", *Q2, {"a": 1_500})
    world.night(date(2021, 7, 5))
    assert_frame_equal(world.steps().head(before.height), before, check_exact=True)
    assert world.held() == {"a": 1_500}


def test_an_advance_without_revision_lasts_and_never_falls_below_zero() -> None:
    world = World(100_000, [("a", START, 900)], revised=False)
    world.night(START)
    for period, cents, held in ((Q1, 500, 400), (Q2, 700, 0), (Q3, 30, 0)):
        world.close("incentive", *period, {"a": cents})
        made = world.night(period[1] + timedelta(days=5))
        assert world.held() == {"a": held}
    assert made["revision_cents"].to_list() == [30]


def test_consumption_beyond_the_advance_is_said_once_a_quarter() -> None:
    world = World(100_000, [("a", START, 900)])
    world.night(START)
    for day, cents in ((1, 900), (2, 901), (3, 2_000)):
        world.open("a", START, cents)
        world.night(date(2021, 3, day))
    told = world.alerts().select("issued_on", "forecast_cents", "held_cents", "consumed_cents").rows()
    assert told == [(date(2021, 3, 2), 900, 900, 901)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
def test_what_goes_out_of_a_pot_never_passes_it_in_a_random_year(seed: int) -> None:
    """Fees each month, calls each quarter, reversals, joiners, amendments, departures, a pot that ends."""
    random = Random(seed)
    budget = random.choice([0, 3_000, 20_000, 60_000]) + random.randrange(1, 2_000)
    names = "abcde"[: random.randint(1, 5)]
    until = random.choice([None, Q3[1], Q4[1]])
    world = World(budget, [(name, START, random.randrange(budget // len(names) + 1)) for name in names],
                  until=until, revised=random.random() < 0.8, equally=random.random() < 0.3)  # fmt: skip
    settled: dict[str, int] = {}

    def night(day: date) -> None:
        before = world.steps()
        world.night(day)
        steps = world.steps()
        assert steps.join(before, on=steps.columns, how="semi", nulls_equal=True).height == before.height
        held = world.held()
        assert min(held.values(), default=0) >= 0
        assert world.closed_cents() + sum(held.values()) <= budget

    night(START)
    for month in range(15):
        first = date(2021 + month // 12, month % 12 + 1, 1)
        end = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if random.random() < 0.2:
            world.agree(random.choice(names), first + timedelta(days=12), random.randrange(budget))
        if random.random() < 0.1:
            world.leave(random.choice(names), first + timedelta(days=10))
        if random.random() < 0.1:
            world.agree("late", first + timedelta(days=14), random.randrange(budget))
            world.join("late")
        night(first + timedelta(days=14))
        left = budget - world.closed_cents()
        calls = month % 3 == 2
        fees = {name: random.randrange(left // (4 * len(names)) + 1) for name in names}
        world.close("fee", first, end, fees)
        left -= sum(fees.values())
        if calls:
            lines = {}
            for name in names:
                share = left if name == names[-1] and random.random() < 0.2 else left // (2 * len(names))
                lines[name] = {"journey": random.randrange(share + 1) if share < left else share}
                left -= lines[name]["journey"]
                if settled.get(name) and random.random() < 0.4:
                    lines[name]["cancellation"] = -random.randrange(settled[name])
                settled[name] = settled.get(name, 0) + sum(lines[name].values())
            world.close("incentive", first.replace(month=first.month - 2), end, lines)
        night(end + timedelta(days=5))
    if until:
        assert set(world.held().values()) <= {0}


def test_membership_ends_with_the_list_the_convention_or_the_dossier() -> None:
    (pmgf,) = (one for one in catalogue.campaigns(PROJECT / "data") if one.id == "pmgf_2021")
    operators, authorities = catalogue.operators(PROJECT / "data"), catalogue.authorities(PROJECT / "data")
    listed = [
        pmgf.operateurs[0],
        pmgf.operateurs[0].model_copy(update={"du": date(2021, 9, 1), "liste": ["alpimob"]}),
    ]
    away = [
        Absence.model_validate({"from": first, "to": last})
        for first, last in (("2021-06-10", "2021-06-20"), ("2021-06-01", "2021-06-12"), ("2021-08-01", None))
    ]
    left = [one.model_copy(update={"departures": away}) if one.id == "karavane" else one for one in operators]
    (authority,) = (one for one in authorities if one.id == "pmgf")
    ended = authority.model_copy(
        update={
            "conventions": [
                one.model_copy(update={"ended_on": date(2021, 5, 1)})
                if one.operator == "troisplaces"
                else one
                for one in authority.conventions
            ]
        }
    )
    rows = member_rows([pmgf.model_copy(update={"operateurs": listed})], left, [ended])
    assert {row["operator_id"]: row["to_on"] for row in rows} == {
        "alpimob": date.max,
        "covoit_leman": date(2021, 8, 31),
        "karavane": date(2021, 7, 31),
        "troisplaces": date(2021, 4, 30),
    }
    *_, until, back = [(row["from_on"], row["to_on"]) for row in rows if row["operator_id"] == "karavane"]
    assert until[1] == date(2021, 5, 31) and back == (date(2021, 6, 21), date(2021, 7, 31))
