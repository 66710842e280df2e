"""The shape of a campaign file: one signed convention, in French keys a lawyer can read.

The meaning of each key, to the cent, is docs/campagnes.md. Money is integer cents, distances
integer metres, dates local to the campaign's time zone.
"""

from collections import Counter
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, field_validator, model_validator

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
from dagster_project.campaigns.money import Advance, Budget, Calls, Fee, Grace
from dagster_project.campaigns.tariff import Tariff
from dagster_project.campaigns.territories import Selector

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


class Payee(Condition):
    """Who receives the incentive of the journeys that the condition describes."""

    qui: Literal["conducteur", "passager"]
    article: Article


def _payees(given: Any) -> Any:
    return [{"qui": given}] if isinstance(given, str) else given


def _one_word_or_list(schema: dict[str, Any]) -> None:
    whole = {name: schema.pop(name) for name in ("items", "minItems", "type")}
    schema["anyOf"] = [{"enum": ["conducteur", "passager"]}, whole]


class Campaign(Part):
    """One convention's incentive rules."""

    id: Slug
    nom: str
    autorite: Slug
    convention: str
    fuseau: str = "Europe/Paris"
    beneficiaire: Annotated[
        list[Payee],
        BeforeValidator(_payees),
        Field(
            min_length=1,
            description="`conducteur`, `passager`, ou une liste : le premier dont la condition est vraie.",
            json_schema_extra=_one_word_or_list,
        ),
    ]
    periode: Period
    operateurs: Annotated[list[Operators], Field(min_length=1)]
    territoires: dict[Slug, Selector] = {}
    perimetre: Perimeter | None = None
    eligibilite: list[Test] = []
    tarif: Tariff
    plafonds: Annotated[list[Cap], Field(max_length=MAX_CAPS)] = []
    commission: Fee | None = None
    budget: Budget
    delai_d_envoi: Grace | None = None
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

    @field_validator("beneficiaire")
    @classmethod
    def _one_for_every_journey(cls, given: list[Payee]) -> list[Payee]:
        if Payee(qui=given[-1].qui, article=given[-1].article) != given[-1]:
            raise ValueError(
                "le dernier de la liste vaut pour tous les autres trajets ; l'écrire sans condition"
            )
        return given

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
