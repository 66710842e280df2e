"""How many more or fewer journeys an incentive would bring: an assumption of whoever asks, with its source.

The registry knows none: without a file of an assumption nothing is shown. Why: D-292.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import duckdb
from pydantic import Field, StringConstraints

from dagster_project.campaigns.language.model import Campaign
from dagster_project.contracts.signed_files import Part
from dagster_project.files.statements import statements

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class Elasticity(Part):
    """By how many percent journeys change for each euro of incentive more or less than in the first file."""

    variante: Annotated[_Words, Field(description="Le nom du fichier de campagne dont elle parle.")]
    pourcent_par_euro: Annotated[Decimal, Field(ge=0, le=1000, decimal_places=2)]
    source: Annotated[_Words, Field(description="Qui l'a mesurée, où, quand.")]
    lien: Annotated[str, StringConstraints(pattern=r"^https?://\S+\.\S+$", max_length=500)]

    @property
    def points(self) -> int:
        """Millionths of a journey for each cent."""
        return int(self.pourcent_par_euro * 100)

    @property
    def address(self) -> str:
        """The link without its scheme: a page names no address of the network."""
        return self.lien.partition("://")[2]


_SQL = statements(__file__)


def assumed(
    connection: duckdb.DuckDBPyConnection, number: int, elasticity: Elasticity
) -> list[dict[str, Any]]:
    """By month, the journeys of a variant of `told` (figures) without and with the assumption.

    Cents of incentives and of fees with VAT are what they would ask of the pot.
    """
    key = {"variant": number, "points": elasticity.points}
    return list(connection.execute(_SQL["behaviour"], key).pl().to_dicts())


def within_pot(
    campaign: Campaign, months: Sequence[Mapping[str, Any]], drawn_cents: int
) -> Iterator[dict[str, Any]]:
    """Months of the assumption with `cents`, incentives and fees with VAT, as far as the pot gives.

    `drawn_cents`: what the pot has given before. Estimates: the pot is asked month by month, not journey by
    journey.
    """
    is_fee_in_pot = "commission_ttc" in campaign.budget.couvre
    for month in months:
        at = datetime.combine(month["month_on"], datetime.min.time(), campaign.zone)
        limit = campaign.budget.limit(at, campaign.zone)
        asked = month["incentive_cents"] + (month["fee_cents"] if is_fee_in_pot else 0)
        given = asked
        if limit is not None:
            given = min(asked, max(limit - drawn_cents, 0))
        drawn_cents += given
        beside = 0 if is_fee_in_pot else month["fee_cents"]
        yield {**month, "cents": given + beside, "is_cut": given < asked}
