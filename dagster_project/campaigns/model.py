"""The shape of a campaign file: one signed convention, in French keys a lawyer can read.

The meaning of each key, to the cent, is docs/campagnes.md. Money is integer cents, distances
integer metres, dates local to the campaign's time zone.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
Metres = Annotated[int, Field(ge=0, le=1_000_000)]
Article = Annotated[str | None, Field(default=None, description="Article de la convention.")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Period(_Part):
    """When journeys count: local dates, both inclusive."""

    du: date
    au: date
    jusqu_a_epuisement: bool = Field(
        default=False, description="La campagne continue après `au` tant qu'il reste du budget."
    )
    article: Article

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.au < self.du:
            raise ValueError("`au` précède `du` ; inverser les deux dates")
        return self


class Operators(_Part):
    """The full list of operators in force from a day on."""

    du: date
    liste: list[Slug]


class Selector(_Part):
    """A territory: a position is in it when any code matches."""

    commune: list[str] = []
    ville: list[str] = []
    epci: list[str] = []
    departement: list[str] = []
    region: list[str] = []
    pays: list[str] = []

    @model_validator(mode="after")
    def _not_empty(self) -> "Selector":
        if not any(codes for _, codes in self):
            raise ValueError("aucun code ; lister au moins une commune, un EPCI, un département…")
        return self


class Perimeter(_Part):
    """The journeys that are the campaign's matter: origin or destination in the territory."""

    territoire: Slug
    article: Article


class Distance(_Part):
    """Declared distance in [min_m, max_m)."""

    min_m: Metres = 0
    max_m: Metres | None = None


class Test(_Part):
    """One condition of eligibility; exactly one kind per test."""

    nom: Slug
    origine_ou_destination: Slug | None = None
    origine_et_destination: Slug | None = None
    origine: Slug | None = None
    destination: Slug | None = None
    classes: list[Literal["A", "B", "C"]] | None = None
    distance: Distance | None = None
    article: Article

    @model_validator(mode="after")
    def _one_kind(self) -> "Test":
        if len(self.kinds) != 1:
            raise ValueError(f"{len(self.kinds)} conditions dans un test ; en écrire exactement une")
        return self

    @property
    def kinds(self) -> list[str]:
        """The conditions that are set."""
        return [
            name for name in type(self).model_fields if name not in ("nom", "article") and getattr(self, name)
        ]


class Band(_Part):
    """What a journey of [de_m, a_m) metres earns: cents, or tenths of cents per kilometre."""

    de_m: Metres
    a_m: Metres | None = None
    centimes: Annotated[int | None, Field(ge=0)] = None
    centimes_par_km: Annotated[Decimal | None, Field(ge=0, decimal_places=1)] = None

    @model_validator(mode="after")
    def _one_amount(self) -> "Band":
        if (self.centimes is None) == (self.centimes_par_km is None):
            raise ValueError("écrire soit `centimes`, soit `centimes_par_km`")
        if self.a_m is not None and self.a_m <= self.de_m:
            raise ValueError("`a_m` doit dépasser `de_m` : la tranche ne s'appliquerait jamais")
        return self


class BilledDistance(_Part):
    """The distance that is paid: declared metres rounded half up to `arrondi_m`."""

    arrondi_m: Annotated[int, Field(ge=1, le=10_000)] = 1


class Tariff(_Part):
    """The bands, per journey or per seat."""

    par: Literal["trajet", "siege"]
    distance_facturee: BilledDistance = BilledDistance()
    tranches: Annotated[list[Band], Field(min_length=1)]
    article: Article

    @model_validator(mode="after")
    def _disjoint(self) -> "Tariff":
        for before, after in zip(self.tranches, self.tranches[1:], strict=False):
            if before.a_m is None or after.de_m < before.a_m:
                raise ValueError(f"la tranche dès {after.de_m} m chevauche la précédente")
        return self


class Fee(_Part):
    """The operator's fee, on journeys that pass all tests but `sans_test`."""

    par: Literal["trajet", "siege"]
    centimes_ht: Annotated[int, Field(ge=0)]
    tva_pourcent: Annotated[int, Field(ge=0, le=100)]
    sans_test: list[Slug] = []
    article: Article


class Budget(_Part):
    """One pot for all operators."""

    euros: Annotated[int, Field(gt=0)]
    couvre: list[Literal["incitation", "commission_ttc"]] = ["incitation"]
    article: Article


class Calls(_Part):
    """How often the authority is called for funds, and within how many days it pays."""

    rythme: Literal["mensuel", "trimestriel"]
    paiement_jours: Annotated[int, Field(ge=1, le=365)] = 30
    article: Article


class Campaign(_Part):
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
    commission: Fee | None = None
    budget: Budget
    appels_de_fonds: Calls

    @field_validator("fuseau")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("fuseau horaire inconnu ; par exemple Europe/Paris")
        return name

    @model_validator(mode="after")
    def _names_resolve(self) -> "Campaign":
        if self.perimetre and self.perimetre.territoire not in self.territoires:
            raise ValueError(f"perimetre : territoire `{self.perimetre.territoire}` absent de `territoires`")
        for test in self.eligibilite:
            for kind in test.kinds:
                name = getattr(test, kind)
                if isinstance(name, str) and name not in self.territoires:
                    raise ValueError(f"test `{test.nom}` : territoire `{name}` absent de `territoires`")
        names = {test.nom for test in self.eligibilite}
        if self.commission and (unknown := set(self.commission.sans_test) - names):
            raise ValueError(f"commission.sans_test : test inconnu {', '.join(sorted(unknown))}")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The campaign's time zone."""
        return ZoneInfo(self.fuseau)
