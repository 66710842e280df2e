"""The engine against a plain sequential reading of the rules, and what must hold whatever the rules.

`make fuzz` takes five batches of 2 000 campaigns with twelve journeys each.
"""

from collections import Counter, defaultdict
from datetime import date
from functools import lru_cache
from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, strategies
from hypothesis import settings as hypothesis_settings

from dagster_project.campaigns.compile.rule_tables import OPENING
from dagster_project.campaigns.language.model import Campaign, Cap
from tests.reference.campaigns import UNLIMITED, Evaluation, Journey, seats, whose
from tests.support.campaign_batch import Rows, amounts, batch

FUZZ = hypothesis_settings.get_current_profile_name() == "fuzz"
BATCH = 2_000 if FUZZ else 250


@lru_cache(1)
def _batch(seed: int) -> tuple[list[Campaign], list[list[Journey]]]:
    return batch(seed, BATCH)


@lru_cache(1)
def _whole(seed: int) -> Rows:
    return amounts(*_batch(seed))


few = hypothesis_settings(
    max_examples=5 if FUZZ else 1, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck), derandomize=not FUZZ,
)  # fmt: skip
seeds = strategies.integers(min_value=0, max_value=2**32)


@few
@given(seeds)
def test_the_engine_gives_what_a_sequential_reading_gives(seed: int) -> None:
    campaigns, of_each = _batch(seed)
    found = _whole(seed)
    paid = 0
    for one, its in zip(campaigns, of_each, strict=True):
        for journey, amount in zip(its, Evaluation(one).run(its), strict=True):
            row = found.get((one.id, journey["operator_journey_id"]))
            if {"periode", "perimetre"} & set(amount.failed):
                assert row is None
                continue
            paid += amount.cents > 0
            assert row is not None
            assert (row[0], row[1], row[3], row[4]) == (
                amount.failed, amount.before_caps, amount.cents, amount.fee,
            ), (one.model_dump_json(exclude_defaults=True), journey)  # fmt: skip
    assert paid > BATCH


@few
@given(seeds)
def test_amounts_stay_within_tariff_windows_and_pot_and_no_cent_is_left_while_someone_asks(seed: int) -> None:
    campaigns, of_each = _batch(seed)
    found = _whole(seed)
    spent: dict[str, int] = defaultdict(int)
    short: dict[str, int] = defaultdict(int)
    for (campaign_id, _), (_, tariff, capped, incentive, fee, is_cut) in found.items():
        assert 0 <= incentive <= capped <= tariff
        covers = campaigns[int(campaign_id[2:])].budget.couvre
        spent[campaign_id] += incentive + (fee if "commission_ttc" in covers else 0)
        short[campaign_id] += is_cut or incentive < capped
    full = 0
    for one, its in zip(campaigns, of_each, strict=True):
        pots = [cents for _, cents in one.budget.pots]
        largest = max((cents if cents is not None else UNLIMITED for cents in pots), default=0)
        assert spent[one.id] <= largest
        if len(pots) == 1:
            assert spent[one.id] == largest or not short[one.id], "left while a journey asks"
        for cap in one.plafonds:
            for used in _used_by_paid(cap, one, its, found).values():
                assert used <= cap.maximum
                full += used == cap.maximum
    assert full > BATCH // 10


def _used_by_paid(cap: Cap, one: Campaign, its: list[Journey], found: Rows) -> Counter[tuple[str, date]]:
    """What journeys that are paid after all caps took of each window; of seats, all but the last one's."""
    evaluation = Evaluation(one)
    used: Counter[tuple[str, date]] = Counter()
    last: Counter[tuple[str, date]] = Counter()
    for journey in its:
        capped = found.get((one.id, journey["operator_journey_id"]), ([], 0, 0))[2]
        if not capped or not evaluation.meets(cap, journey):
            continue
        window = whose(cap, journey), evaluation.window(cap, journey)
        used[window] += {"trajets": 1, "sieges": last[window], "centimes": capped}[cap.compte]
        last[window] = seats(journey)
    return used


@few
@given(seeds)
def test_a_journey_changes_none_outside_its_windows_nor_before_it_nor_of_another_campaign(seed: int) -> None:
    campaigns, of_each = _batch(seed)
    whole = _whole(seed)
    gone = 5
    fewer = amounts(
        campaigns, [its[:gone] + its[gone + 1 :] if number % 2 else its for number, its in enumerate(of_each)]
    )
    alone = changed = 0
    for number, (one, its) in enumerate(zip(campaigns, of_each, strict=True)):
        touched = _touched(one, its, gone) if number % 2 else set()
        for place, journey in enumerate(its):
            key = one.id, journey["operator_journey_id"]
            if place in touched and place >= gone:
                changed += place > gone and whole.get(key) != fewer.get(key)
                continue
            alone += place > gone and number % 2
            # The pot is a window of them all.
            upto = 3 if number % 2 and place > gone else None
            assert whole.get(key, ())[:upto] == fewer.get(key, ())[:upto]
    assert alone > BATCH // 2 and changed


def _touched(one: Campaign, its: list[Journey], place: int) -> set[int]:
    """Journeys that share a window with this one, or with one that does, and itself."""
    evaluation = Evaluation(one)
    windows = [
        {(cap.nom, whose(cap, journey), evaluation.window(cap, journey)) for cap in one.plafonds}
        for journey in its
    ]
    reached = windows[place]
    for _ in its:
        reached = reached.union(*(some for some in windows if some & reached))
    return {place} | {other for other, some in enumerate(windows) if some & reached}


@few
@given(seeds)
def test_two_runs_with_opening_balances_equal_one(seed: int) -> None:
    campaigns, of_each = _batch(seed)
    whole = _whole(seed)
    opening: list[dict[str, Any]] = []
    for one, its in zip(campaigns, of_each, strict=True):
        opening += _used(one, its[:6])
    later = [its[6:] for its in of_each]
    ids = {journey["operator_journey_id"] for its in later for journey in its}
    assert amounts(campaigns, later, pl.DataFrame(opening, schema=OPENING)) == {
        key: row for key, row in whole.items() if key[1] in ids
    }


def _used(one: Campaign, its: list[Journey]) -> list[dict[str, Any]]:
    evaluation = Evaluation(one)
    evaluation.run(its)
    rows = [(*key, value) for key, value in evaluation.counters.items()]
    return [
        {"campaign_id": one.id, "cap_id": cap, "whose_key": owner, "window_on": day, "value": value}
        for cap, owner, day, value in rows
    ]
