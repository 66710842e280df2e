"""What variants would have cost, and whom they would have served: the figures of page and annex.

All are read of one evaluation (over_base). Not here: how they are told (pages/laboratory).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.contracts.archive import K
from dagster_project.contracts.moments import first_instant, next_month
from dagster_project.contracts.terms import TERMS
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.simulation import served
from dagster_project.simulation.behaviour import Elasticity, assumed, within_pot
from dagster_project.simulation.over_base import over_base
from dagster_project.simulation.paid import paid, reasons
from dagster_project.warehouse.cache import NoNightError, published_on, reading

_SQL = statements(__file__)
_Rows = list[dict[str, Any]]


class TooFewError(Exception):
    """Nothing can be told of these months; the message says why and what to do."""


@dataclass(frozen=True)
class Variant:
    """A campaign as a file writes it, by the file's name; perhaps with an assumption."""

    name: str
    campaign: Campaign
    elasticity: Elasticity | None = None


@dataclass(frozen=True)
class Figures:
    """Of each variant, by its number from 1; the first is what the others are compared with. Cents, journeys.

    `paid` is what the base has paid, `reasons` why the first variant gives something else: empty where the
    base has no campaign of that id, and `reasons` also where the file is not the one in force.
    """

    variants: tuple[Variant, ...]
    first_on: date
    last_on: date
    night_on: date
    months: _Rows
    drawn_before: dict[int, int]
    moved: _Rows
    values: _Rows
    paid: _Rows
    reasons: _Rows
    is_in_force: bool
    behaviour: dict[int, _Rows]

    def of(self, number: int) -> _Rows:
        """A variant's months."""
        return [row for row in self.months if row["variant"] == number]

    def total(self, number: int, *names: str) -> int:
        """A variant's sum over all months."""
        return sum(row[name] for row in self.of(number) for name in names)

    def assumptions(self) -> list[tuple[int, Elasticity]]:
        """The variants that carry an assumption, by number."""
        return [(at, variant.elasticity) for at, variant in enumerate(self.variants, 1) if variant.elasticity]

    def limit(self, number: int, day: date) -> int | None:
        """What its whole pot holds on a day; None without a pot."""
        pots = self.variants[number - 1].campaign.budget.pots
        return [cents for start, cents in pots if start is None or start <= day][-1]

    def left_cents(self, number: int) -> int | None:
        """What is left of its pot at the end; None without a pot."""
        campaign = self.variants[number - 1].campaign
        names = ["incentive_cents", *(["fee_cents"] if "commission_ttc" in campaign.budget.couvre else [])]
        limit = self.limit(number, self.last_on)
        if limit is None:
            return None
        return limit - self.drawn_before.get(number, 0) - self.total(number, *names)

    def emptied_on(self, number: int) -> date | None:
        """The first day on which its pot did not suffice."""
        return min((row["emptied_on"] for row in self.of(number) if row["emptied_on"]), default=None)


def months_of(lake: Lake, campaigns: Sequence[Campaign]) -> tuple[date, date, date]:
    """First and last day of the months of the campaigns that the base still has whole, and its night.

    A month of which retention has taken journeys is none. Raises TooFewError, and FileNotFoundError before
    any night.
    """
    night_on = published_on(lake)
    if night_on is None:
        raise NoNightError("aucune nuit n'a encore été faite ; lancer d'abord entrepot nightly")
    with reading(lake) as connection:
        ((first_at, last_at),) = connection.execute(_SQL["span"], {"zone": campaigns[0].fuseau}).fetchall()
    if first_at is None:
        raise TooFewError("la base n'a aucun trajet valide")
    whole = TERMS["journeys"].cut_off(night_on)
    starts = [
        first_instant(campaign.periode.du, campaign.zone).astimezone(campaign.zone).date()
        for campaign in campaigns
    ]
    start = max(first_at, min(starts).replace(day=1), whole if whole.day == 1 else next_month(whole))
    if start > last_at:
        raise TooFewError(
            f"la base n'a aucun trajet valide depuis le {start} ; vérifier la période du fichier"
        )
    return start, last_at, night_on


def figures(
    lake: Lake,
    variants: Sequence[Variant],
    first_on: date,
    last_on: date,
    night_on: date,
    parties: tuple[list[Operator], list[Authority]],
    in_force: Sequence[Campaign],
) -> Figures:
    """Evaluate the variants once and count. `in_force`: the campaigns of the catalogue.

    Raises TooFewError, BuildError, and FileNotFoundError before any night.
    """
    first = variants[0].campaign
    months = first, first_on, last_on
    with over_base(
        lake, [variant.campaign for variant in variants], first_on, last_on, *parties
    ) as connection:
        connection.execute(_SQL["told"], {"zone": first.fuseau})
        moved = served.moved(connection)
        if not moved or min(moved[0]["journeys"], moved[0]["persons"]) < K:
            raise TooFewError(
                f"moins de {K} trajets ou de {K} personnes du {first_on} au {last_on} dans le territoire : "
                "rien ne peut en être dit ; choisir d'autres mois"
            )
        drawn = {row["variant"]: row["drawn_cents"] for row in _rows(connection, "opening")}
        is_in_force = first in in_force
        return Figures(
            variants=tuple(variants),
            first_on=first_on,
            last_on=last_on,
            night_on=night_on,
            months=_rows(connection, "months"),
            drawn_before=drawn,
            moved=moved,
            values=served.values(connection),
            paid=paid(connection, *months),
            reasons=reasons(connection, *months) if is_in_force else [],
            is_in_force=is_in_force,
            behaviour={
                number: list(within_pot(variant.campaign, asked, drawn.get(number, 0)))
                for number, variant in enumerate(variants, 1)
                if variant.elasticity
                for asked in [assumed(connection, number, variant.elasticity)]
            },
        )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> _Rows:
    return list(connection.execute(_SQL[query]).pl().to_dicts())
