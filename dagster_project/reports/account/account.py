"""The statement of account: every demand of one operator to one authority, what was paid of it, what is left.

An accountant reads it downwards: what was asked, what was paid, what is late and what that costs. Amounts are
those of payments.demand_accounts; only sums are made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.contracts.invoice_statuses import STATUSES
from dagster_project.contracts.payments import DEMAND_VERDICTS
from dagster_project.reports.shared.french import french_day, french_euros, french_percent, french_period

KINDS = {"advance": "Acompte", "call": "Appel de fonds", "invoice": "Commission TTC"}


@dataclass(frozen=True)
class Demand:
    """One demand as it stands tonight, in cents; `interest_cents` is null where the rate is not known yet."""

    reference: str
    kind: str
    period_start_on: date
    period_end_on: date
    sent_on: date | None
    due_on: date | None
    asked_cents: int
    carried_cents: int
    paid_cents: int
    rest_cents: int
    surplus_cents: int
    days_late: int
    rate_basis_points: int | None
    interest_cents: int | None
    indemnity_cents: int
    status: str
    invoice_status: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Demand":
        """From a row of payments.demand_accounts, whatever else it says."""
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    @property
    def title(self) -> str:
        """Commission TTC, mars 2021."""
        return f"{KINDS[self.kind]}, {french_period(self.period_start_on, self.period_end_on)}"

    @property
    def due(self) -> str:
        """When it is due; what is to be given back is so at first demand."""
        return french_day(self.due_on) if self.due_on else "–"

    @property
    def state(self) -> str:
        """Its state in words, with the days that it is late, and what platforms say of an invoice."""
        words = DEMAND_VERDICTS[self.status].title
        late = f", {self.days_late} j de retard" if self.days_late else ""
        invoice_words = f" ; {STATUSES[self.invoice_status].title.lower()}" if self.invoice_status else ""
        return words + late + invoice_words


@dataclass(frozen=True)
class Line:
    """One line of the bank that names a demand, or comes from the authority."""

    booked_on: date
    amount_cents: int
    named: str
    unmatched_cents: int
    title: str


@dataclass(frozen=True)
class Account:
    """One operator's account with one authority on one night."""

    operator: Operator
    authority: Authority
    campaigns: tuple[str, ...]
    as_of: date
    seen_on: date | None
    demands: tuple[Demand, ...]
    payments: tuple[Line, ...]

    @property
    def sums(self) -> dict[str, int]:
        """Cents over all demands that have gone out."""
        sent = [demand for demand in self.demands if demand.status != "held"]
        return {
            "asked": sum(demand.asked_cents for demand in sent),
            "carried": sum(demand.carried_cents for demand in sent),
            "paid": sum(demand.paid_cents for demand in sent),
            "rest": sum(demand.rest_cents for demand in sent),
            "surplus": sum(demand.surplus_cents for demand in sent),
            "late": sum(demand.rest_cents for demand in sent if demand.days_late and demand.rest_cents > 0),
            "interest": sum(demand.interest_cents or 0 for demand in sent),
            "indemnity": sum(demand.indemnity_cents for demand in sent),
            "unmatched": sum(line.unmatched_cents for line in self.payments),
        }

    @property
    def outcome(self) -> tuple[str, str]:
        """The one sentence and its figure: what is left to pay, and beside it what is to be given back.

        One is set off against the other by the parties alone, in writing.
        """
        rests = [demand.rest_cents for demand in self.demands if demand.status != "held"]
        owed = sum(rest for rest in rests if rest > 0)
        back = self.sums["surplus"] - sum(rest for rest in rests if rest < 0)
        if not owed:
            return "En faveur de l’autorité, à rendre" if back else "Compte soldé", french_euros(back)
        late = self.sums["late"]
        words = f"Reste à payer, dont échu {french_euros(late)}" if late else "Reste à payer, rien d’échu"
        also = f" ; à rendre par ailleurs {french_euros(back)}" if back else ""
        return words + also, french_euros(owed)

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """Names and values for the head of the document."""
        read = f"jusqu’au {french_day(self.seen_on)}" if self.seen_on else "aucun : on ne sait pas ce "
        "qui est payé"
        return (
            ("Campagnes", ", ".join(self.campaigns)),
            ("Arrêté au", french_day(self.as_of)),
            ("Relevés bancaires lus", read),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """How to read the figures, with the articles that they rest on."""
        rates = sorted({demand.rate_basis_points for demand in self.demands if demand.rate_basis_points})
        shown = ", ".join(french_percent(Decimal(rate) / 100) for rate in rates)
        notes = [
            "Payé : ce que montrent les relevés bancaires déposés par le bénéficiaire, au jour de "
            "l’opération. "
            "Repris : ce qu’un état d’acompte suivant a déjà compté en plus ou en moins. Reste = "
            "demandé + repris "
            "− payé + trop-perçu. Après le dernier jour relevé, rien n’est compté en retard.",
            "Intérêts moratoires et indemnité forfaitaire de 40 € ne courent que sur la commission, "
            "prix d’une "
            "prestation (CONVENTION, article 6.3 ; code de la commande publique, articles L. 2192-12, "
            "L. 2192-13, "
            "R. 2192-31 et D. 2192-35)"
            + (f" ; taux appliqué : {shown}" if shown else "")
            + ". Impayé × jours × taux / 365, arrondi au centime par facture. L’indemnité des "
            "conducteurs est une "
            "subvention reversée : son retard est montré, sans intérêts.",
        ]
        if any(demand.interest_cents is None for demand in self.demands):
            notes.append(
                "Le taux de la Banque centrale européenne d’un semestre n’est pas encore inscrit : "
                "les intérêts des "
                "factures concernées ne sont pas chiffrés."
            )
        if self.sums["unmatched"]:
            notes.append(
                f"Paiements reçus et non rapprochés : {french_euros(self.sums['unmatched'])} ; ils ne "
                f"diminuent "
                "aucun reste."
            )
        return tuple(notes)
