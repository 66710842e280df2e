"""A change of rules on the journeys of the base: whose verdict and whose amount are others, in groups.

Each campaign is evaluated by the night's models with the rules in force and with the changed ones, as if
nothing were closed. Not here: which rules change (catalogue.rule_changes), how it is told
(pages.laboratory.statement). Why: D-296, D-298.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.contracts.archive import K
from dagster_project.contracts.labels import FRAUD_COUNTS
from dagster_project.contracts.moments import next_month
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.simulation.figures import TooFewError, months_of
from dagster_project.simulation.judged import judged
from dagster_project.simulation.over_base import over_base
from dagster_project.warehouse.cache import private_database, reading

_SQL = statements(__file__)
_JOURNEY = {
    "operator_id": pl.String,
    "operator_journey_id": pl.String,
    "month_on": pl.Date,
    "driver_identity_key": pl.String,
    "passenger_identity_key": pl.String,
}
# Rows name persons and are as many as the base's: they are compared in an encrypted file, and go with it.
KEPT = {
    "amounts": pl.DataFrame(
        schema={
            "is_after": pl.Boolean,
            "campaign_id": pl.String,
            **_JOURNEY,
            "verdict": pl.String,
            "incentive_cents": pl.Int64,
            "fee_cents": pl.Int64,
        }
    ),
    "verdicts": pl.DataFrame(schema=_JOURNEY | {"verdict_before": pl.String, "verdict_after": pl.String}),
}
_Parties = tuple[list[Operator], list[Authority]]


@dataclass(frozen=True)
class Replay:
    """What changes from `first_on` to `last_on`, seen by the night of `night_on`.

    `groups` partition the journeys that change, by operator, campaign, month and verdicts; a journey counts
    once for each campaign that it is the matter of. A group of few journeys or persons is told with others,
    its columns null. `sums` has the cents of every operator, campaign and pair of verdicts, whole, and
    the journeys of the groups that are told. Cents after less cents before; the fee with VAT.
    """

    first_on: date
    last_on: date
    night_on: date
    groups: list[dict[str, Any]]
    sums: list[dict[str, Any]]


def days_to_replay(
    lake: Lake, campaigns: Sequence[Campaign], day: date, before: date | None, *, is_fraud: bool = False
) -> tuple[date, date, date]:
    """The first and last day of the base that a change on `day` is tried on, and the base's night.

    Whole months that the base has, after the change before it; a fraud's verdict that is final stays.
    Raises TooFewError, and FileNotFoundError before any night.
    """
    if not campaigns:
        raise TooFewError("aucune campagne ne paie de trajet")
    first, last, night_on = months_of(lake, campaigns)
    bounds = [first, *([next_month(before)] if before else [])]
    if is_fraud and (final := lake.read(FRAUD_COUNTS)["month_on"].to_list()):
        bounds.append(next_month(max(final)))  # the night has made them final after it has built the cache
    first, last = max(bounds), min(last, day - timedelta(days=1))
    if first > last:
        raise TooFewError("la base n'a aucun mois entier de trajets entre le changement d'avant et celui-ci")
    return first, last, night_on


def of_campaigns(
    lake: Lake,
    pairs: Sequence[tuple[Campaign, Campaign]],
    days: tuple[date, date, date],
    parties: _Parties,
) -> Replay:
    """Campaigns as they are, and as they are changed, on the same journeys. Raises BuildError."""
    with private_database({"replay": KEPT}) as kept:
        for known, changed in pairs:
            with over_base(lake, [known, changed], *days[:2], *parties) as connection:
                kept.attach(connection, "kept")
                for number in (1, 2):
                    _keep(connection, known.id, number, is_after=number == 2)
        with kept.open() as connection:
            return compared(connection, days)


def of_rules(
    lake: Lake,
    rules: Mapping[str, pl.DataFrame],
    campaigns: Sequence[Campaign],
    days: tuple[date, date, date],
    parties: _Parties,
) -> Replay:
    """Changed rules of data/rules beside the last night's, under all campaigns. Raises BuildError."""
    first_on, last_on, _ = days
    with judged(lake, rules, first_on, last_on) as database, private_database({"replay": KEPT}) as kept:
        for campaign in campaigns:
            for is_after, other in ((False, None), (True, database)):
                with over_base(lake, [campaign], first_on, last_on, *parties, other) as connection:
                    kept.attach(connection, "kept")
                    _keep(connection, campaign.id, 1, is_after=is_after)
        with reading(lake) as connection:
            database.attach(connection, "other", read_only=True)
            kept.attach(connection, "kept")
            connection.execute(_SQL["verdicts"], {"first": first_on, "last": last_on})
        with kept.open() as connection:
            return compared(connection, days)


def _keep(connection: duckdb.DuckDBPyConnection, campaign_id: str, number: int, *, is_after: bool) -> None:
    connection.execute(_SQL["amounts"], {"campaign": campaign_id, "number": number, "is_after": is_after})


def compared(connection: duckdb.DuckDBPyConnection, days: tuple[date, date, date]) -> Replay:
    """The groups of what is kept in `replay.amounts` and `replay.verdicts`, before and after."""
    connection.execute(_SQL["changed"])
    connection.execute(_SQL["told"], {"k": K})
    groups, sums = (connection.execute(_SQL[name]).pl().to_dicts() for name in ("groups", "sums"))
    return Replay(*days, groups, sums)
