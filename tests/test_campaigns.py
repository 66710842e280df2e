"""The engine against a plain sequential reading of the rules, and what must hold whatever the rules."""

from collections import defaultdict
from datetime import date
from random import Random
from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, strategies
from hypothesis import settings as hypothesis_settings

from dagster_project.campaigns.evaluate import evaluating, in_order
from dagster_project.campaigns.model import Campaign
from dagster_project.campaigns.rule_tables import OPENING
from dagster_project.settings import settings

from .random_campaigns import campaign, frame, journeys
from .reference import Evaluation, Journey

BATCH = 150
_AMOUNTS = (
    "select campaign_id, operator_journey_id, failed_tests, tariff_cents, capped_cents, incentive_cents, "
    "fee_ex_vat_cents + vat_cents, is_cut_by_budget from campaigns.campaign_incentives "
    "where split_part(operator_journey_id, '-', 1) = substr(campaign_id, 3)"
)
Row = tuple[list[str], int, int, int, int, bool]


def _batch(seed: int) -> tuple[list[Campaign], list[list[Journey]]]:
    random = Random(seed)
    campaigns = [campaign(random, number) for number in range(BATCH)]
    return campaigns, [
        sorted(
            journeys(random, number, 12),
            key=lambda one: (one["start_at"], one["operator_id"], one["operator_journey_id"]),
        )
        for number in range(BATCH)
    ]


def _evaluate(
    campaigns: list[Campaign],
    of_each: list[list[Journey]],
    opening: pl.DataFrame | None = None,
    seed: int = 0,
) -> dict[tuple[str, str], Row]:
    rows = [one for of_one in of_each for one in of_one]
    Random(seed).shuffle(rows)
    ordered = in_order(frame(rows))
    with evaluating(campaigns, ordered, settings(), opening, every_pair=False) as connection:
        return {(row[0], row[1]): row[2:] for row in connection.sql(_AMOUNTS).fetchall()}


few = hypothesis_settings(
    max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck), derandomize=True,
)  # fmt: skip
seeds = strategies.integers(min_value=0, max_value=2**32)


@few
@given(seeds)
def test_the_engine_gives_what_a_sequential_reading_gives(seed: int) -> None:
    campaigns, of_each = _batch(seed)
    found = _evaluate(campaigns, of_each)
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
def test_amounts_stay_within_tariff_and_pot_and_no_cent_is_left_while_someone_asks(seed: int) -> None:
    campaigns, of_each = _batch(seed)
    found = _evaluate(campaigns, of_each)
    assert found == _evaluate(campaigns, of_each, seed=1), "the order of rows must not matter"
    spent: dict[str, int] = defaultdict(int)
    short: dict[str, int] = defaultdict(int)
    for (campaign_id, _), (_, tariff, capped, incentive, fee, is_cut) in found.items():
        assert 0 <= incentive <= capped <= tariff
        covers = campaigns[int(campaign_id[2:])].budget.couvre
        spent[campaign_id] += incentive + (fee if "commission_ttc" in covers else 0)
        short[campaign_id] += is_cut
    for one in campaigns:
        pot = int(one.budget.euros * 100)
        assert spent[one.id] <= pot
        assert spent[one.id] == pot or not short[one.id], "left while a journey asks"


@few
@given(seeds)
def test_two_runs_with_opening_balances_equal_one(seed: int) -> None:
    campaigns, of_each = _batch(seed)
    whole = _evaluate(campaigns, of_each)
    opening: list[dict[str, Any]] = []
    for one, its in zip(campaigns, of_each, strict=True):
        opening += _used(one, its[:6])
    later = _evaluate(campaigns, [its[6:] for its in of_each], pl.DataFrame(opening, schema=OPENING))
    assert later == {key: row for key, row in whole.items() if key in later}


def _used(one: Campaign, its: list[Journey]) -> list[dict[str, Any]]:
    evaluation = Evaluation(one)
    amounts = evaluation.run(its)
    pot = sum(a.cents + (a.fee if "commission_ttc" in one.budget.couvre else 0) for a in amounts)
    rows = [(*key, value) for key, value in evaluation.counters.items()] + [("budget", "", date.min, pot)]
    return [
        {"campaign_id": one.id, "cap_id": cap, "whose_key": whose, "window_on": day, "value": value}
        for cap, whose, day, value in rows
    ]
