"""What a campaign can ask of a journey: one composable condition, for tests, tables, adjustments and caps.

Several keys of one condition must all hold; `sauf`, `toutes` and `une_de` compose. Not here: what becomes
of it in SQL (clauses).
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from dagster_project.contracts.moments import PARIS, TICK, first_instant, last_instant
from dagster_project.contracts.signed_files import CLOCK, Moment, Part, Slug

Metres = Annotated[int, Field(ge=0, le=1_000_000)]
Article = Annotated[str | None, Field(default=None, description="Article de la convention.")]
Level = Literal["commune", "ville", "epci", "aom", "departement", "region", "pays"]
Day = Literal["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
_Clock = Annotated[
    str,
    StringConstraints(pattern=CLOCK),
    Field(description="Heure locale, à cinq minutes près : 07:30."),
]


class Dated(Part):
    """Anything that can be limited to a period: from `du`, through `au` or before `avant`."""

    du: Moment | None = None
    au: Moment | None = None
    avant: Annotated[Moment | None, Field(description="Fin exclue ; remplace `au`.")] = None

    @model_validator(mode="after")
    def _one_end(self) -> "Dated":
        if self.au is not None and self.avant is not None:
            raise ValueError("`au` et `avant` disent deux fins ; n'en garder qu'une")
        start, end = self.instants(PARIS)
        if start and end and end < start:
            raise ValueError("la fin précède `du` ; inverser les deux dates")
        return self

    def instants(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """First and last instant, both included; None where it is open."""
        end = last_instant(self.au, zone) if self.au is not None else None
        if self.avant is not None:
            end = first_instant(self.avant, zone) - TICK
        return first_instant(self.du, zone) if self.du is not None else None, end


class Distance(Part):
    """Declared distance in [min_m, max_m)."""

    min_m: Metres = 0
    max_m: Metres | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> "Distance":
        if self.max_m is not None and self.max_m <= self.min_m:
            raise ValueError("`max_m` doit dépasser `min_m` : aucun trajet ne passerait")
        return self


class Cents(Part):
    """An amount in cents, bounds included."""

    min_centimes: Annotated[int, Field(ge=0)] = 0
    max_centimes: Annotated[int | None, Field(ge=0)] = None

    @model_validator(mode="after")
    def _in_order(self) -> "Cents":
        if self.max_centimes is not None and self.max_centimes < self.min_centimes:
            raise ValueError("`max_centimes` est sous `min_centimes` : aucun trajet ne passerait")
        return self


class Seats(Part):
    """Seats booked, bounds included."""

    min: Annotated[int, Field(ge=1)] = 1
    max: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def _in_order(self) -> "Seats":
        if self.max is not None and self.max < self.min:
            raise ValueError("`max` est sous `min` : aucun trajet ne passerait")
        return self


class SameCode(Part):
    """Both ends have the same code at a level, other than those of `sauf`."""

    niveau: Level
    sauf: list[str] = []


class Hours(Part):
    """Local times from `de` to, not including, `a`."""

    de: _Clock
    a: _Clock

    @model_validator(mode="after")
    def _in_order(self) -> "Hours":
        if self.a <= self.de:
            raise ValueError(
                "`a` doit suivre `de` ; une nuit s'écrit en deux plages (22:00-24:00, 00:00-05:00)"
            )
        return self


class Days(Part):
    """Local dates, both included."""

    du: date
    au: date

    @model_validator(mode="after")
    def _in_order(self) -> "Days":
        if self.au < self.du:
            raise ValueError("`au` précède `du` ; inverser les deux dates")
        return self


class Condition(Dated):
    """What a journey must be; every key that is written must hold."""

    origine: Slug | None = None
    destination: Slug | None = None
    origine_et_destination: Slug | None = None
    origine_ou_destination: Slug | None = None
    meme_zone_de: Annotated[
        Slug | None, Field(description="Les deux extrémités dans la même zone du territoire.")
    ] = None
    meme_code: SameCode | None = None
    operateurs: list[Slug] | None = None
    classes: list[Literal["A", "B", "C"]] | None = None
    distance: Distance | None = None
    sieges: Seats | None = None
    passager_majeur: Annotated[
        Literal["non_mineur", "majeur_declare"] | None,
        Field(description="non_mineur : un âge inconnu est admis."),
    ] = None
    contribution: Cents | None = None
    jours: list[Day] | None = None
    heures: list[Hours] | None = None
    mois: list[Annotated[int, Field(ge=1, le=12)]] | None = None
    dates: list[date | Days] | None = None
    sauf: "Condition | None" = None
    toutes: list["Condition"] | None = None
    une_de: list["Condition"] | None = None

    @model_validator(mode="after")
    def _no_empty_list(self) -> "Condition":
        if empty := [name for name, value in self.conditions if value == []]:
            raise ValueError(f"`{empty[0]}` est une liste vide ; la remplir ou retirer la clé")
        return self

    @property
    def conditions(self) -> list[tuple[str, Any]]:
        """The keys that are set, in the order of this class."""
        return [
            (name, value)
            for name in Condition.model_fields
            if name not in Dated.model_fields and (value := getattr(self, name)) is not None
        ]

    def named_territories(self) -> list[str]:
        """Every territory that is named, at any depth."""
        territories = [
            value
            for name, value in self.conditions
            if name in ("origine", "destination", "origine_et_destination", "origine_ou_destination")
            or name == "meme_zone_de"
        ]
        for inner in self.inner():
            territories += inner.named_territories()
        return territories

    def inner(self) -> list["Condition"]:
        """The conditions that it is composed of."""
        return [*([self.sauf] if self.sauf else []), *(self.toutes or []), *(self.une_de or [])]
