"""The shape of a campaign file: one signed convention, in French keys a lawyer can read.

The meaning of each key, to the cent, is docs/campagnes.md. Money is integer cents, distances
integer metres, dates local to the campaign's time zone.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from dagster_project.campaigns.language.conditions import Article, Condition, Dated
from dagster_project.campaigns.language.money import NO_POT, Advance, Budget, Calls, Fee, Grace
from dagster_project.campaigns.language.payees import Payee, one_word_or_list, payees
from dagster_project.campaigns.language.tariff import Tariff
from dagster_project.campaigns.language.territories import Selector, Territory
from dagster_project.contracts.moments import PARIS, first_instant, last_instant
from dagster_project.contracts.signed_files import Moment, Part, Slug

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
        if last_instant(self.au, PARIS) < first_instant(self.du, PARIS):
            raise ValueError("`au` précède `du` ; inverser les deux dates")
        return self


def _kind(given: Any) -> str:
    return "un mot" if isinstance(given, str) else "une liste"


ANY = "tous"


class Operators(Part):
    """The full list of operators in force from a day on, or any operator."""

    du: Moment
    liste: Annotated[
        Annotated[list[Slug], Tag("une liste")] | Annotated[Literal["tous"], Tag("un mot")],
        Discriminator(_kind),
    ]

    @property
    def named(self) -> list[str]:
        """The operators that are named; none where all are meant."""
        return [] if self.liste == ANY else list(self.liste)


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
    fuseau: Annotated[
        str | None, Field(description="Par défaut `fuseau_des_plafonds`, sinon celui de la campagne.")
    ] = None
    quand: Condition = Condition()
    article: Article

    @field_validator("fuseau")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        return _zone(name) if name else None


def _or(word: str) -> Callable[[dict[str, Any]], None]:
    """In the published schema: a word in place of the whole value."""

    def extended(schema: dict[str, Any]) -> None:
        rest = {name: schema.pop(name) for name in list(schema) if name not in ("title", "description")}
        schema["anyOf"] = [{"const": word}, rest]

    return extended


def _budget(given: Any) -> Any:
    return {"euros": NO_POT} if given == NO_POT else given


class Campaign(Part):
    """One convention's incentive rules."""

    id: Slug
    nom: str
    autorite: Slug
    convention: str
    fuseau: str = "Europe/Paris"
    fuseau_des_plafonds: Annotated[
        str | None, Field(description="De toutes les fenêtres ; par défaut celui de la campagne.")
    ] = None
    beneficiaire: Annotated[
        list[Payee],
        BeforeValidator(payees),
        Field(
            min_length=1,
            description="`conducteur`, `passager`, ou une liste : le premier dont la condition est vraie.",
            json_schema_extra=one_word_or_list,
        ),
    ]
    periode: Period
    operateurs: Annotated[list[Operators], Field(min_length=1, json_schema_extra=_or(ANY))]
    territoires: dict[Slug, Territory] = {}
    perimetre: Perimeter | None = None
    eligibilite: list[Test] = []
    tarif: Tariff
    plafonds: Annotated[list[Cap], Field(max_length=MAX_CAPS)] = []
    commission: Fee | None = None
    budget: Annotated[Budget, BeforeValidator(_budget), Field(json_schema_extra=_or(NO_POT))]
    delai_d_envoi: Grace | None = None
    acompte: Advance | None = None
    appels_de_fonds: Calls

    @model_validator(mode="before")
    @classmethod
    def _any_operator(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("operateurs") != ANY:
            return given
        period = given.get("periode")
        start = period.get("du") if isinstance(period, dict) else None
        return given | {"operateurs": [{"du": start or date(1970, 1, 1), "liste": ANY}]}

    @field_validator("fuseau", "fuseau_des_plafonds")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        return _zone(name) if name else None

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
        if given[-1].conditions or given[-1].instants(PARIS) != (None, None):
            raise ValueError(
                "le dernier de la liste vaut pour tous les autres trajets ; l'écrire sans condition"
            )
        return given

    @property
    def zone(self) -> ZoneInfo:
        """The campaign's time zone."""
        return ZoneInfo(self.fuseau)

    @property
    def year(self) -> int:
        """The year in which it starts: what its codes speak of, where nothing else is said."""
        return first_instant(self.periode.du, self.zone).astimezone(self.zone).year

    def cap_zone(self, cap: Cap) -> str:
        """The time zone of a cap's windows."""
        return cap.fuseau or self.fuseau_des_plafonds or self.fuseau

    def versions(self, territory: str) -> list[tuple[datetime | None, Selector, int]]:
        """What a territory is, from which instant on (None: from the start), and the year of its codes."""
        given = self.territoires[territory]
        if isinstance(given, Selector):
            return [(None, given, given.millesime or self.year)]
        starts = [None if version.du is None else first_instant(version.du, self.zone) for version in given]
        return [
            (start, version, version.millesime or (start.astimezone(self.zone).year if start else self.year))
            for start, version in zip(starts, given, strict=True)
        ]

    def selector(self, territory: str, at: datetime) -> Selector:
        """What a territory is at an instant."""
        versions = self.versions(territory)
        return [selector for start, selector, _ in versions if start is None or start <= at][-1]


# Reasons that the engine gives itself.
RESERVED = ("periode", "perimetre", "operateur", "budget", "tarif_ambigu")


_zones = cache(available_timezones)  # looked up on the disk


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("fuseau horaire inconnu ; par exemple Europe/Paris")
    return name
