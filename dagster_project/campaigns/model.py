"""The shape of a campaign file: one signed convention, in French keys a lawyer can read.

The meaning of each key, to the cent, is docs/campagnes.md. Money is integer cents, distances
integer metres, dates local to the campaign's time zone.
"""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from dagster_project.campaigns.conditions import (
    Article,
    Condition,
    Dated,
    Moment,
    Part,
    Slug,
    first_instant,
    last_instant,
)
from dagster_project.campaigns.tariff import Tariff

MAX_CAPS = 8  # dbt generates one pass per position (var `cap_positions`)


class Period(Part):
    """When journeys count: local dates, both inclusive, or instants."""

    du: Moment
    au: Moment
    jusqu_a_epuisement: bool = Field(
        default=False, description="La campagne continue après `au` tant qu'il reste du budget."
    )
    article: Article

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        paris = ZoneInfo("Europe/Paris")
        if last_instant(self.au, paris) < first_instant(self.du, paris):
            raise ValueError("`au` précède `du` ; inverser les deux dates")
        return self


class Operators(Part):
    """The full list of operators in force from a day on."""

    du: Moment
    liste: list[Slug]


class Circle(Part):
    """All that lies within `rayon_m` of a point."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    rayon_m: Annotated[int, Field(ge=1, le=1_000_000)]


Position = Annotated[list[float], Field(min_length=2, max_length=3)]
Ring = Annotated[list[Position], Field(min_length=4)]


class Polygon(Part):
    """A GeoJSON polygon or multipolygon, longitude first; its border counts as inside."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Any]

    @property
    def polygons(self) -> list[list[list[list[float]]]]:
        """The rings of each polygon."""
        return [self.coordinates] if self.type == "Polygon" else self.coordinates

    @model_validator(mode="after")
    def _closed_rings(self) -> "Polygon":
        try:
            rings = [ring for polygon in self.polygons for ring in polygon]
            well = rings and all(len(r) >= 4 and r[0] == r[-1] and len(r[0]) in (2, 3) for r in rings)
            well = well and all(isinstance(x, int | float) for r in rings for p in r for x in p)
        except TypeError:
            well = False
        if not well:
            raise ValueError("`coordinates` n'est pas une liste d'anneaux fermés d'au moins quatre points")
        return self


LEVELS = ("commune", "ville", "epci", "aom", "departement", "region", "pays")


class Selector(Part):
    """A territory: a position is in it when any code matches, or when it lies in the polygon or circle."""

    commune: list[str] = []
    ville: list[str] = []
    epci: list[str] = []
    aom: list[str] = []
    departement: list[str] = []
    region: list[str] = []
    pays: list[str] = []
    polygone: Polygon | None = None
    cercle: Circle | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> "Selector":
        if not (self.codes or self.polygone or self.cercle):
            raise ValueError("aucun code ; lister au moins une commune, un EPCI, un département…")
        return self

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Every level and code."""
        return [(level, code) for level in LEVELS for code in getattr(self, level)]


class Perimeter(Part):
    """The journeys that are the campaign's matter: origin or destination in the territory."""

    territoire: Slug
    article: Article


class Test(Condition):
    """A named condition of eligibility; limited to a period, it only counts within it."""

    nom: Slug
    article: Article

    @model_validator(mode="after")
    def _says_something(self) -> "Test":
        if not self.conditions:
            raise ValueError("0 condition dans un test ; écrire par exemple `classes: [B, C]`")
        return self


class Cap(Dated):
    """What a window may hold at most; caps apply in the order of the file."""

    nom: Slug
    compte: Literal["trajets", "sieges", "centimes"]
    par: Literal["conducteur", "passager", "trajet_conducteur", "campagne"]
    fenetre: Literal["jour", "semaine", "mois", "trimestre", "annee", "campagne"]
    maximum: Annotated[int, Field(ge=0)]
    fuseau: Annotated[str | None, Field(description="Par défaut celui de la campagne.")] = None
    quand: Condition = Condition()
    article: Article

    @field_validator("fuseau")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        return _zone(name) if name else None


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


class Advance(Part):
    """Money paid ahead: the first forecast and how often it is revised."""

    euros: Annotated[int, Field(ge=0)]
    revision: Literal["mensuelle", "trimestrielle", "aucune"] = "trimestrielle"
    article: Article


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


class Campaign(Part):
    """One convention's incentive rules."""

    id: Slug
    nom: str
    autorite: Slug
    convention: str
    fuseau: str = "Europe/Paris"
    beneficiaire: Literal["conducteur", "passager"]
    periode: Period
    operateurs: Annotated[list[Operators], Field(min_length=1)]
    territoires: dict[Slug, Selector] = {}
    perimetre: Perimeter | None = None
    eligibilite: list[Test] = []
    tarif: Tariff
    plafonds: Annotated[list[Cap], Field(max_length=MAX_CAPS)] = []
    commission: Fee | None = None
    budget: Budget
    acompte: Advance | None = None
    appels_de_fonds: Calls

    @field_validator("fuseau")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        return _zone(name)

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Campaign":
        names = [test.nom for test in self.eligibilite] + [cap.nom for cap in self.plafonds]
        if twice := [name for name, times in Counter([*names, *RESERVED]).items() if times > 1]:
            raise ValueError(f"le nom `{twice[0]}` sert deux fois ; en changer un")
        return self

    @model_validator(mode="after")
    def _invoices_fit_calls(self) -> "Campaign":
        if self.commission and self.commission.months > self.appels_de_fonds.months:
            raise ValueError(
                "une facture de commission couvre plus qu'un appel de fonds ; facturer `mensuelle`"
            )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The campaign's time zone."""
        return ZoneInfo(self.fuseau)


# Reasons that the engine gives itself.
RESERVED = ("periode", "perimetre", "operateur", "budget", "tarif_ambigu")


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("fuseau horaire inconnu ; par exemple Europe/Paris")
    return name
