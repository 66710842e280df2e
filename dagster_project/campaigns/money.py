"""What a convention says of its money: fee, budget, advance, fund calls. Not here: the tariff (tariff)."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator

from dagster_project.campaigns.conditions import Article, Part, Slug


class Fee(Part):
    """The operator's fee, on journeys that pass all tests but `sans_test`."""

    par: Literal["trajet", "siege"]
    centimes_ht: Annotated[int, Field(ge=0)]
    tva_pourcent: Annotated[int, Field(ge=0, le=100)]
    sans_test: list[Slug] = []
    facturation: Literal["mensuelle", "trimestrielle"] = "mensuelle"
    article: Article

    @property
    def months(self) -> int:
        """Months that one invoice covers."""
        return {"mensuelle": 1, "trimestrielle": 3}[self.facturation]


class Budget(Part):
    """One pot for all operators."""

    euros: Annotated[Decimal, Field(gt=0, decimal_places=2)]
    couvre: list[Literal["incitation", "commission_ttc"]] = ["incitation"]
    bilan_intermediaire: Annotated[
        date | None, Field(description="Jour du bilan intermédiaire des consommations.")
    ] = None
    article: Article


class Grace(Part):
    """More time than the registry's deadline, for all journeys of the campaign's operators in its period."""

    heures: Annotated[int, Field(ge=0)] | Literal["sans_limite"]
    article: Article


class Forecast(Part):
    """What was agreed with each operator for the period that a day lies in."""

    du: date
    euros: Annotated[dict[Slug, Annotated[int, Field(ge=0)]], Field(min_length=1)]


class Advance(Part):
    """Money paid ahead: the forecasts agreed with each operator, the first of which is paid at the start."""

    previsions: Annotated[list[Forecast], Field(min_length=1)]
    revision: Literal["trimestrielle", "aucune"] = "trimestrielle"
    article: Article

    @property
    def first_euros(self) -> int:
        """What all operators are paid at the start."""
        first: dict[str, int] = {}
        for forecast in self.previsions:
            for operator_id, euros in forecast.euros.items():
                first.setdefault(operator_id, euros)
        return sum(first.values())

    @field_validator("previsions")
    @classmethod
    def _in_order(cls, given: list[Forecast]) -> list[Forecast]:
        if any(after.du <= before.du for before, after in pairwise(given)):
            raise ValueError(
                "les dates `du` des prévisions ne se suivent pas ; les ranger de la plus ancienne"
            )
        return given


class Calls(Part):
    """How often the authority is called for funds, and within how many days it pays."""

    rythme: Literal["mensuel", "trimestriel"]
    paiement_jours: Annotated[int, Field(ge=1, le=365)] = 30
    cloture_jours: Annotated[
        int,
        Field(ge=1, le=60, description="Jours entre la fin d'une période (appel, facture) et sa clôture."),
    ] = 5
    article: Article

    @property
    def months(self) -> int:
        """Months that one fund call covers."""
        return {"mensuel": 1, "trimestriel": 3}[self.rythme]
