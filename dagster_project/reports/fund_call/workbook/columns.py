"""The columns of the sheet "Trajets": order, names, how a cell is written, article.

The first 22 are annex 3's, under its names; the others explain the amounts. A new column of the sheet is
one line here, and one of the contract (contracts/exports): widths, legend and formulas follow.
"""

from dataclasses import dataclass

from dagster_project.contracts.authority import CENTS, UTC
from dagster_project.contracts.exports import CALL_JOURNEYS, METRES
from dagster_project.reports.shared.counts import DEFINITIONS

ANNEX, TARIFF, FEE, BUDGET, NONE = "data", "tariff", "fee", "budget", ""
LOCAL, DECLARED = "Horaires (heure de Paris)", "Données financières du trajet"
CLAIMED = "Montants de l’appel de fonds"
_UNITS = {CENTS: "€", METRES: "km", UTC: "heure de Paris"}


@dataclass(frozen=True)
class Column:
    """One column. `name`: in the frame; `technical`: in the Parquet, whose contract says title and meaning.

    `kind`: how a cell is written. `article`: a field of `Articles`.
    """

    name: str
    technical: str
    group: str
    kind: str
    shown_as: str = ""
    article: str = ANNEX

    @property
    def header(self) -> str:
        """Its title, with the unit of an amount or a distance."""
        unit = f" ({self.unit})" if self.unit in ("€", "km") else ""
        return f"{CALL_JOURNEYS.columns[self.technical].title}{unit}"

    @property
    def unit(self) -> str:
        """What the sheet's cells count: it shows euros, kilometres and local times."""
        unit = CALL_JOURNEYS.columns[self.technical].metadata["unit"]
        return self.shown_as or _UNITS.get(unit, unit)

    @property
    def meaning(self) -> str:
        """What the contract says of it."""
        return str(CALL_JOURNEYS.columns[self.technical].description)


def _place(end: str, group: str) -> tuple[Column, ...]:
    """The five columns of one end of the journey."""
    return (
        Column(f"{end}_commune_code", f"{end}.insee", group, "text", "code"),
        Column(f"{end}_postcodes", f"{end}.postcode", group, "codes", "code"),
        Column(f"{end}_commune_name", f"{end}.town", group, "text", "texte"),
        Column(f"{end}_lat", f"{end}.lat", group, "degrees"),
        Column(f"{end}_lon", f"{end}.lon", group, "degrees"),
    )


COLUMNS: tuple[Column, ...] = (
    Column("journey_id", "journey_id", "Trajet", "text", "identifiant"),
    Column("operator_trip_id", "operator_journey_id", "Trajet", "text", "identifiant"),
    Column("driver_id", "driver.id", "Trajet", "text", "pseudonyme"),
    Column("passenger_id", "passenger.id", "Trajet", "text", "pseudonyme"),
    Column("operator_class", "operator_class", "Trajet", "code", "A, B ou C"),
    Column("start_slot_at", "start.datetime", LOCAL, "instant"),
    Column("end_slot_at", "end.datetime", LOCAL, "instant"),
    *_place("start", "Départ"),
    *_place("end", "Arrivée"),
    Column("seats", "passenger.seats", DECLARED, "places", "places"),
    Column("passenger_contribution_cents", "passenger.contribution", DECLARED, "euros"),
    Column("driver_revenue_cents", "driver.revenue", DECLARED, "euros"),
    Column("operator_name", "operator", DECLARED, "text", "texte"),
    Column("declared_incentives", "incentives", DECLARED, "incentives", "texte"),
    Column("billed_m", "billed_m", CLAIMED, "tenths", article=TARIFF),
    Column("band", "band", CLAIMED, "places", "numéro", TARIFF),
    Column("tariff_cents", "tariff_cents", CLAIMED, "euros", article=TARIFF),
    Column("capped_cents", "capped_cents", CLAIMED, "euros", article=TARIFF),
    Column("incentive_cents", "incentive_cents", CLAIMED, "euros", article=BUDGET),
    Column("payee", "payee", CLAIMED, "text", "texte", TARIFF),
    Column("fee_ex_vat_cents", "fee_ex_vat_cents", CLAIMED, "euros", article=FEE),
    Column("vat_cents", "vat_cents", CLAIMED, "euros", article=FEE),
    Column("nature", "is_adjustment", CLAIMED, "text", "texte", NONE),
    Column("status", "reason", CLAIMED, "text", "texte", NONE),
)


def technical_names() -> dict[str, str]:
    """The Parquet's names of the frame's columns; nature and status are made of two that it has already."""
    return {column.name: column.technical for column in COLUMNS if column.name not in ("nature", "status")}


RULES: tuple[str, ...] = (
    "Une ligne de la feuille « Trajets » réunit un conducteur et un passager, avec ses places.",
    *DEFINITIONS,
    "Le nom technique est celui de la colonne du fichier Parquet : il donne les montants en centimes, les "
    "distances en mètres, les heures en temps universel (UTC).",
    "Les heures sont ramenées au début du quart d’heure, à l’heure de Paris.",
    "Les coordonnées sont tronquées à trois décimales dans les communes de plus de 40 habitants au km², "
    "à deux décimales ailleurs.",
    "Les identifiants des personnes sont des pseudonymes propres à l’autorité destinataire : ils ne "
    "permettent ni d’identifier une personne, ni de rapprocher les données de deux autorités.",
    "Les montants de la première feuille et de la feuille « Récapitulatif » sont calculés par des formules "
    "sur la feuille « Trajets », arrondis au centime.",
)


def letter(name: str) -> str:
    """The sheet's column letter of a frame column: "seats" → "R". Raises ValueError on an unknown name."""
    index = [column.name for column in COLUMNS].index(name)
    return chr(65 + index) if index < 26 else f"A{chr(65 + index - 26)}"
