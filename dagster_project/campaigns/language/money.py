"""What a convention says of its money: fee, budget, advance, fund calls. Not here: the tariff (tariff)."""

from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from dagster_project.campaigns.language.conditions import Article
from dagster_project.contracts.signed_files import Part, Slug


class Fee(Part):
    """The operator's fee, on journeys that pass all tests but `sans_test`."""

    par: Literal["trajet", "siege"]
    centimes_ht: Annotated[int, Field(ge=0)]
    tva_pourcent: Annotated[
        Decimal | None, Field(ge=0, le=100, decimal_places=2, description="Par exemple 20, 8.5 outre-mer.")
    ] = None
    tva: Annotated[
        Literal["franchise_en_base", "exoneree", "hors_champ"] | None,
        Field(description="Pourquoi la commission est sans TVA ; remplace `tva_pourcent`."),
    ] = None
    tva_motif: Annotated[
        str | None, Field(min_length=1, description="La disposition qui exonère, comme la facture la cite.")
    ] = None
    sans_test: list[Slug] = []
    facturation: Literal["mensuelle", "trimestrielle"] = "mensuelle"
    article: Article

    @model_validator(mode="after")
    def _one_vat(self) -> "Fee":
        if (self.tva is None) == (self.tva_pourcent is None):
            raise ValueError(
                "la TVA se dit d'une façon : `tva_pourcent: 20`, ou `tva: franchise_en_base`, `exoneree` ou "
                "`hors_champ`"
            )
        if self.tva_pourcent == 0:
            raise ValueError(
                "un taux de 0 ne dit pas pourquoi il n'y a pas de TVA ; écrire `tva: franchise_en_base`, "
                "`exoneree` ou `hors_champ` à la place de `tva_pourcent`"
            )
        if (self.tva == "exoneree") != (self.tva_motif is not None):
            raise ValueError(
                "`tva_motif` va avec `tva: exoneree`, et elle le demande : la disposition que la facture "
                "cite, par exemple « article 261 du CGI »"
            )
        return self

    @property
    def vat_basis_points(self) -> int:
        """The rate in hundredths of a percent: 850 for 8.5 %; 0 without VAT."""
        return int((self.tva_pourcent or 0) * 100)

    @property
    def months(self) -> int:
        """Months that one invoice covers."""
        return {"mensuelle": 1, "trimestrielle": 3}[self.facturation]


def _none(given: Any) -> Any:
    return None if given == NO_POT else given


def _or_no_pot(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [
        choice if choice.get("type") != "null" else {"const": NO_POT} for choice in schema["anyOf"]
    ]


NO_POT = "aucun"
_Euros = Annotated[Decimal, Field(gt=0, decimal_places=2)]


class PotChange(Part):
    """What the whole pot is from a day on: the first of a month, for the ledger is kept by months."""

    du: date
    euros: Annotated[_Euros | None, BeforeValidator(_none), Field(json_schema_extra=_or_no_pot)]
    article: Article

    @field_validator("du")
    @classmethod
    def _starts_a_month(cls, given: date) -> date:
        if given.day != 1:
            raise ValueError(
                "un budget change le premier jour d'un mois, car le grand livre est tenu par mois ; "
                f"écrire {given.replace(day=1)} ou le premier du mois suivant"
            )
        return given


MAX_POTS = 4  # dbt generates one pass per pot (var `pot_positions`)


class Budget(Part):
    """One pot for all operators, or none; amended, each journey draws on the pot of its day."""

    euros: Annotated[
        _Euros | None,
        BeforeValidator(_none),
        Field(description="Le budget entier, ou `aucun`.", json_schema_extra=_or_no_pot),
    ]
    avenants: Annotated[list[PotChange], Field(max_length=MAX_POTS - 1)] = []
    couvre: list[Literal["incitation", "commission_ttc"]] = ["incitation"]
    bilan_intermediaire: Annotated[
        date | None, Field(description="Jour du bilan intermédiaire des consommations.")
    ] = None
    article: Article

    @field_validator("avenants")
    @classmethod
    def _in_order(cls, given: list[PotChange]) -> list[PotChange]:
        if any(after.du <= before.du for before, after in pairwise(given)):
            raise ValueError("les dates `du` des avenants ne se suivent pas ; les ranger du plus ancien")
        return given

    @property
    def pots(self) -> list[tuple[date | None, int | None]]:
        """From which day (None: from the start) the whole pot holds how many cents (None: no limit)."""
        given = [(None, self.euros), *((amendment.du, amendment.euros) for amendment in self.avenants)]
        return [(day, None if euros is None else int(euros * 100)) for day, euros in given]

    def limit(self, at: datetime, zone: ZoneInfo) -> int | None:
        """What the whole pot holds for a journey that starts then, cents."""
        day = at.astimezone(zone).date()
        return [cents for start, cents in self.pots if start is None or start <= day][-1]

    @property
    def cents(self) -> int | None:
        """What the pot holds after its last amendment; None where there is no limit."""
        return self.pots[-1][1]


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
    partage: Annotated[
        Literal["prevision", "parts_egales"],
        Field(
            description="Comment les opérateurs se partagent un reste d'enveloppe qui ne suffit pas à tous."
        ),
    ] = "prevision"
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
