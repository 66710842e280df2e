"""The tariff of a campaign: tables of bands, each made of parts, then adjustments in file order.

Amounts are cents, rates have tenths of a cent. Not here: when a table applies (conditions).
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dagster_project.campaigns.language.conditions import Article, Condition, Metres
from dagster_project.contracts.signed_files import Part, Slug

Unit = Literal["trajet", "siege"]
Amount = Annotated[int, Field(ge=0, le=1_000_000)]


class Share(Part):
    """A part of a band: an amount, a rate, the least of several parts or their sum; exactly one."""

    centimes: Amount | None = None
    centimes_par_km: Annotated[Decimal | None, Field(ge=0, le=10_000, decimal_places=1)] = None
    km_depuis_m: Metres | None = None
    km_jusqu_a_m: Metres | None = None
    par: Unit | None = None
    minimum_de: list["Share"] | None = None
    somme: list["Share"] | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> "Share":
        written = [
            name
            for name in ("centimes", "centimes_par_km", "minimum_de", "somme")
            if getattr(self, name) is not None
        ]
        if len(written) != 1:
            raise ValueError(
                "écrire exactement un montant : `centimes`, `centimes_par_km`, `minimum_de` ou `somme`"
            )
        if self.centimes_par_km is None and (self.km_depuis_m is not None or self.km_jusqu_a_m is not None):
            raise ValueError("`km_depuis_m` et `km_jusqu_a_m` vont avec `centimes_par_km`")
        return self


class Band(Share):
    """What a journey of [de_m, a_m) metres earns."""

    de_m: Metres
    a_m: Metres | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> "Band":
        if self.a_m is not None and self.a_m <= self.de_m:
            raise ValueError("`a_m` doit dépasser `de_m` : la tranche ne s'appliquerait jamais")
        return self


class Bands(Part):
    """Bands: the one of the distance gives all (`unique`), or every one that is reached adds up (`cumul`)."""

    mode: Annotated[
        Literal["unique", "cumul"] | None, Field(description="À écrire dès qu'il y a plusieurs tranches.")
    ] = None
    tranches: Annotated[list[Band] | None, Field(min_length=1)] = None

    @model_validator(mode="after")
    def _says_how_bands_add_up(self) -> "Bands":
        if self.mode is None and len(self.tranches or []) > 1:
            raise ValueError(
                "plusieurs tranches et pas de `mode` ; écrire `mode: unique` (la tranche de la distance "
                "donne tout) ou `mode: cumul` (chaque tranche atteinte ajoute sa part)"
            )
        return self

    @model_validator(mode="after")
    def _disjoint(self) -> "Bands":
        for before, after in zip(self.tranches or [], (self.tranches or [])[1:], strict=False):
            if self.mode != "cumul" and (before.a_m is None or after.de_m < before.a_m):
                raise ValueError(f"la tranche dès {after.de_m} m chevauche la précédente")
        return self


class TariffTable(Bands, Condition):
    """One table and when it applies (its keys are those of a condition)."""

    nom: Slug
    article: Article


class BilledDistance(Part):
    """The distance that is paid: declared metres rounded half up to `arrondi_m`."""

    arrondi_m: Annotated[int, Field(ge=1, le=10_000)] = 1


class Adjustment(Part):
    """A step after the table; exactly one kind, under a condition or always."""

    plancher_centimes: Amount | None = None
    plafond_centimes: Amount | None = None
    multiplier: Annotated[Decimal | None, Field(gt=0, le=10, decimal_places=2)] = None
    cumulable: bool = Field(default=False, description="S'applique aussi après une autre multiplication.")
    porter_a: Literal["revenu_conducteur"] | None = None
    deduire: Literal["contribution_passager"] | None = None
    par: Unit | None = None
    quand: Condition = Condition()
    nom: Slug | None = None
    article: Article

    @model_validator(mode="after")
    def _one_kind(self) -> "Adjustment":
        if len(self.kinds) != 1:
            raise ValueError(
                f"{len(self.kinds)} ajustements en un ; écrire exactement un de {', '.join(KINDS)}"
            )
        return self

    @property
    def kinds(self) -> list[str]:
        """The kinds that are set."""
        return [name for name in KINDS if getattr(self, name) is not None]


KINDS = ("plancher_centimes", "plafond_centimes", "multiplier", "porter_a", "deduire")
MAX_ADJUSTMENTS = 8


class Tariff(Bands):
    """The tables (or the bands of the only one), then the adjustments in order."""

    par: Unit
    distance_facturee: BilledDistance = BilledDistance()
    tables: Annotated[list[TariffTable] | None, Field(min_length=1)] = None
    ajustements: Annotated[list[Adjustment], Field(max_length=MAX_ADJUSTMENTS)] = []
    article: Article

    @model_validator(mode="after")
    def _tables_or_bands(self) -> "Tariff":
        if (self.tables is None) == (self.tranches is None):
            raise ValueError("écrire soit `tranches`, soit `tables`")
        if any(table.tranches is None for table in self.tables or []):
            raise ValueError("une table n'a pas de `tranches` ; en écrire au moins une")
        if sum(1 for step in self.ajustements if step.cumulable) > 1:
            raise ValueError("au plus une multiplication `cumulable` : au-delà, le calcul n'est plus exact")
        return self

    @property
    def all_tables(self) -> list[TariffTable]:
        """The tables, also where the file writes the bands of the only one."""
        if self.tables is not None:
            return self.tables
        return [TariffTable(nom="tarif", mode=self.mode, tranches=self.tranches, article=self.article)]
