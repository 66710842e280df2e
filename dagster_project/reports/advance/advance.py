"""The statement of an advance: what was paid ahead, consumed, is left, and moves (CONVENTION 8.1).

An advance is an account: it opens with the forecast of the first three months, each fund call draws on it,
each quarter revises it from the journeys really made, and what is left at the end goes back. Every step was
decided on its night and does not move.
"""

from dataclasses import dataclass
from datetime import date

from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.errors import DocumentError
from dagster_project.reports.shared.french import french_day, french_euros, french_period, period_code, slug
from dagster_project.reports.shared.payment import Payment

# What a step between two calls is, after its period's name.
_BETWEEN = {"amendment": "prévision revue", "cut": "réduction au reste de l’enveloppe", "return": "départ"}


@dataclass(frozen=True)
class AdvanceQuarter:
    """One step of an advance, in cents: a quarter's call with its revision, or what came between two calls.

    `opening_cents` is what stands at the operator's disposal before it, `forecast_cents` what the quarter was
    expected to cost, `consumed_cents` what its fund call claims (so far, while it is not over).
    `revision_cents` is the movement that it decides: above zero a complement that the authority pays,
    below zero money that the operator gives back. `kind` is the step's (contracts/advances.py).
    `paid_gap_cents` is what bank statements have shown since the step before, beside what had been asked.
    """

    start: date
    end: date
    forecast_cents: int
    opening_cents: int
    consumed_cents: int
    revision_cents: int
    is_over: bool
    kind: str = "call"
    paid_gap_cents: int = 0

    @property
    def label(self) -> str:
        """1ᵉʳ trimestre 2021."""
        period = french_period(self.start, self.end)
        return period if self.kind == "call" else f"{period}, {_BETWEEN[self.kind]}"

    @property
    def left_cents(self) -> int:
        """Below zero, the operator has paid ahead what the authority owes."""
        return self.opening_cents - self.consumed_cents

    @property
    def closing_cents(self) -> int:
        """What the next quarter opens with."""
        return self.left_cents + self.revision_cents


@dataclass(frozen=True)
class Advance:
    """One operator's advance on one campaign, from its first quarter to the one being told.

    `number` counts statements; `is_final` says that the account closes at zero, for good. `payment` is what
    its last step decides, as the fund call says it, too; `notes` say why, where the pot or a departure did.
    """

    number: int
    issued_on: date
    operator: Operator
    authority: Authority
    campaign_id: str
    campaign_name: str
    convention_reference: str
    article: str
    is_final: bool
    quarters: tuple[AdvanceQuarter, ...]
    payment: Payment
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.quarters:
            raise DocumentError("an advance has a quarter at least")
        for before, after in zip(self.quarters, self.quarters[1:], strict=False):
            opens_with = before.closing_cents + after.paid_gap_cents
            if opens_with != after.opening_cents or not before.is_over:
                raise DocumentError(
                    f"the quarter from {after.start} does not open with what the last one left"
                )
        if not self.last.is_over and self.last.revision_cents:
            raise DocumentError("a quarter that is not over has no revision")
        if self.is_final and self.last.closing_cents:
            raise DocumentError("a final statement closes at zero")
        if self.payment.cents != self.last.revision_cents:
            raise DocumentError("the payment is not the last revision")

    @property
    def last(self) -> AdvanceQuarter:
        """The step being told."""
        return self.quarters[-1]

    @property
    def title(self) -> str:
        """The last statement of an account says so."""
        return "Solde de l’acompte" if self.is_final else "État d’acompte"

    @property
    def rows(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Each quarter's name and its amounts in the order of `COLUMNS`."""
        return tuple(
            (
                quarter.label + ("" if quarter.is_over else " (en cours)"),
                (
                    quarter.forecast_cents,
                    quarter.opening_cents,
                    quarter.consumed_cents,
                    quarter.left_cents,
                    quarter.revision_cents,
                    quarter.closing_cents,
                ),
            )
            for quarter in self.quarters
        )

    @property
    def gaps(self) -> tuple[str, ...]:
        """Why a quarter opens with something else than the last one left: what was really paid."""
        return tuple(
            f"{quarter.label} : les relevés bancaires montrent "
            f"{french_euros(abs(quarter.paid_gap_cents))} de "
            f"{'plus' if quarter.paid_gap_cents > 0 else 'moins'} que ce qui avait été demandé avant ; "
            "l’acompte à l’ouverture en tient compte, et la révision reprend l’écart."
            for quarter in self.quarters
            if quarter.paid_gap_cents
        )

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """Names and values for the head of the document."""
        first = french_euros(self.quarters[0].opening_cents)
        return (
            ("Convention", f"{self.convention_reference} ({self.article})"),
            ("Campagne", f"{self.campaign_name} ({self.campaign_id})"),
            ("Acompte initial", f"{first}, prévision des trois premiers mois"),
            ("Établi le", french_day(self.issued_on)),
        )


COLUMNS = ("Prévision", "Acompte à l’ouverture", "Consommé", "Reste", "Révision", "Acompte à la clôture")
READINGS = (
    "Consommé : indemnité de l’appel de fonds du trimestre, imputée sur l’acompte ; la Commission Plateforme "
    "est facturée à part. Reste : acompte à l’ouverture moins consommé ; négatif, le bénéficiaire a avancé "
    "des fonds.",
    "Révision : ce que l’autorité complète (positif) ou ce que le bénéficiaire rend (négatif), d’après les "
    "trajets réellement réalisés, de sorte que le bénéficiaire n’ait jamais à avancer de fonds.",
    "L’acompte versé est celui que montrent les relevés bancaires enregistrés ; sans relevé, celui qui a été "
    "demandé est tenu pour versé.",
)


def file_stem(advance: Advance) -> str:
    """`ACOMPTE_2021-T2_pmgf_2021_karavane_02_-15000`: quarter, campaign, operator, number, cents moved."""
    period = period_code(advance.last.start, advance.last.end)
    names = f"{slug(advance.campaign_id)}_{slug(advance.operator.id)}"
    return f"ACOMPTE_{period}_{names}_{advance.number:02d}_{advance.last.revision_cents}"
