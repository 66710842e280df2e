"""data/rules/juridique.yml: the figures that the law sets, dated, and the rule rows they become.

Not here: what is computed from them (dbt/models/compliance).
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, field_validator

from dagster_project.contracts.moments import first_instant
from dagster_project.contracts.signed_files import Part


class PowerClass(Part):
    """Cars of one fiscal power: how many drive, and what one kilometre of them costs."""

    puissance: str
    vehicules: Annotated[int, Field(ge=0)]
    euros_par_km: Annotated[Decimal, Field(gt=0, lt=10, decimal_places=3)]


class MileageScale(Part):
    """The fiscal scale in force from a day on, weighted by the fleet (JURIDIQUE étape 6)."""

    du: date
    source: str
    classes: Annotated[list[PowerClass], Field(min_length=1)]

    @field_validator("classes")
    @classmethod
    def _some_cars(cls, classes: list[PowerClass]) -> list[PowerClass]:
        if not sum(power_class.vehicules for power_class in classes):
            raise ValueError("aucun véhicule ; recopier le parc, qui pondère le barème")
        return classes


class Threshold(Part):
    """Above it, what an authority pays an operator in one year needs a convention."""

    du: date
    euros_par_an: Annotated[int, Field(gt=0)]
    source: str


class RefinancingRate(Part):
    """The central bank's rate on its main refinancing operations, from a day on.

    `au`: through which day the last one is known.
    """

    du: date
    au: date = date.max
    pour_cent: Annotated[Decimal, Field(ge=0, lt=100, decimal_places=2)]
    source: str


class LatePayment(Part):
    """What a late payment of a price costs a public payer (code de la commande publique), from a day on."""

    du: date
    points: Annotated[Decimal, Field(ge=0, lt=100, decimal_places=2)]
    indemnite_euros: Annotated[int, Field(ge=0)]
    source: str


class Law(Part):
    """Every dated figure of the law."""

    bareme_kilometrique: Annotated[list[MileageScale], Field(min_length=1)]
    seuil_de_convention: Annotated[list[Threshold], Field(min_length=1)]
    taux_bce: Annotated[list[RefinancingRate], Field(min_length=1)]
    retards_de_paiement: Annotated[list[LatePayment], Field(min_length=1)]

    @field_validator("bareme_kilometrique", "seuil_de_convention", "taux_bce", "retards_de_paiement")
    @classmethod
    def _one_a_day(cls, lines: list[Any]) -> list[Any]:
        if len({line.du for line in lines}) < len(lines):
            raise ValueError("deux lignes de même date `du` ; en garder une")
        return lines


def law_rows(law: Law) -> dict[str, list[dict[str, Any]]]:
    """One row per scale and power class; one per threshold, rate and rule of late payments."""
    return {
        "mileage_scale": [
            {
                "from_at": first_instant(scale.du),
                "power_class": power_class.puissance,
                "vehicles": power_class.vehicules,
                "thousandths_per_km": int(power_class.euros_par_km * 1000),
            }
            for scale in law.bareme_kilometrique
            for power_class in scale.classes
        ],
        "convention_thresholds": [
            {"from_on": threshold.du, "threshold_cents": threshold.euros_par_an * 100}
            for threshold in law.seuil_de_convention
        ],
        "refinancing_rates": [
            {"from_on": rate.du, "to_on": rate.au, "rate_basis_points": int(rate.pour_cent * 100)}
            for rate in law.taux_bce
        ],
        "late_payment_rules": [
            {
                "from_on": rule.du,
                "added_basis_points": int(rule.points * 100),
                "indemnity_cents": rule.indemnite_euros * 100,
            }
            for rule in law.retards_de_paiement
        ],
    }
