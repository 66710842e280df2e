"""Batches of random campaigns, each with journeys of its own, and what the engine makes of them at once."""

from random import Random

import polars as pl

from dagster_project.campaigns.language.model import Campaign
from dagster_project.simulation.evaluate import evaluating, in_order
from tests.reference.campaigns import Journey
from tests.support.random_campaigns import campaign, frame, journeys

_AMOUNTS = (
    "select campaign_id, operator_journey_id, failed_tests, tariff_cents, capped_cents, incentive_cents, "
    "fee_ex_vat_cents + vat_cents, is_cut_by_budget from campaigns.campaign_incentives "
    "where split_part(operator_journey_id, '-', 1) = substr(campaign_id, 3)"
)
Row = tuple[list[str], int, int, int, int, bool]
Rows = dict[tuple[str, str], Row]


def batch(seed: int, size: int) -> tuple[list[Campaign], list[list[Journey]]]:
    """So many campaigns, and twelve journeys of each in the order in which caps and pots count them."""
    random = Random(seed)
    campaigns = [campaign(random, number) for number in range(size)]
    return campaigns, [
        sorted(
            journeys(random, number, 12),
            key=lambda one: (one["start_at"], one["operator_id"], one["operator_journey_id"]),
        )
        for number in range(size)
    ]


def amounts(
    campaigns: list[Campaign],
    of_each: list[list[Journey]],
    opening: pl.DataFrame | None = None,
    seed: int = 0,
) -> Rows:
    """What each journey is worth under its campaign, by campaign and journey; the seed shuffles rows."""
    rows = [one for of_one in of_each for one in of_one]
    Random(seed).shuffle(rows)
    ordered = in_order(frame(rows))
    with evaluating(campaigns, ordered, opening, every_pair=False) as connection:
        return {(row[0], row[1]): row[2:] for row in connection.sql(_AMOUNTS).fetchall()}
