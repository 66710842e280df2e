"""What a document asks for: one figure and one sentence, the same wherever it is said (CONVENTION 8.1, 8.4).

Whoever pays reads how much, by when, to which account and for what; whoever has nothing to pay reads that.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from dagster_project.catalogue.letterhead import Bank
from dagster_project.contracts.payments import advance_reference, call_reference
from dagster_project.reports.shared.french import french_day, french_euros, french_period
from dagster_project.reports.shared.source import Parties, article_words


@dataclass(frozen=True)
class Payment:
    """What a document moves, in cents: above 0 the authority pays, below 0 the operator returns.

    `purpose` is what it is for ("complément d’acompte, état d’acompte n° 2"), `term` when it is to be paid in
    the convention's words, `why_nothing` what stands in the place of a payment of 0. `statement` names the
    one that draws the call from an advance: it alone asks, once (D-238). `reference` is what the transfer has
    to name.
    """

    cents: int
    account: Bank
    purpose: str
    sent_on: date
    term: str
    why_nothing: str
    statement: str = ""
    days: int = 0
    reference: str = ""

    @property
    def due_on(self) -> date:
        """The day by which it is paid, `days` after it was sent."""
        return self.sent_on + timedelta(days=self.days)

    @property
    def amount(self) -> str:
        """The figure, without a sign: the sentence says who pays."""
        return french_euros(abs(self.cents))

    @property
    def sentence(self) -> str:
        """What is to be done."""
        if self.statement and self.cents > 0:
            return (
                f"À ne pas payer sur cet appel : l’{self.statement} demande cette somme, une seule fois, au "
                f"plus tard le {french_day(self.due_on)} ({self.term}), pour : {self.purpose}"
            )
        if self.statement and self.cents < 0:
            return (
                "Rien à payer par l’autorité. Le bénéficiaire rend cette somme une seule fois, à première "
                f"demande, sur l’{self.statement} : {self.purpose}"
            )
        if self.cents > 0:
            return (
                f"À payer par l’autorité au plus tard le {french_day(self.due_on)} ({self.term}), "
                f"sur le compte de {self.account.holder} indiqué plus bas, pour : "
                f"{self.purpose}{self._recalled}"
            )
        if self.cents < 0:
            return (
                "Rien à payer par l’autorité. À rembourser par le bénéficiaire, à première demande : "
                f"{self.purpose}{self._recalled}"
            )
        return f"Rien à payer : {self.why_nothing}"

    @property
    def _recalled(self) -> str:
        return f" ; référence à rappeler sur le virement : {self.reference}" if self.reference else ""

    @property
    def account_fields(self) -> tuple[tuple[str, str], ...]:
        """The account, whole, by article 8.4's fields; nothing where the document asks for no payment."""
        return self.account.fields if self.cents > 0 and not self.statement else ()


def step_payment(row: dict[str, Any], parties: Parties, issued_on: date) -> Payment:
    """What a step of an advance decides, as its statement asks for it.

    `row` is one of finance.advance_steps with its campaign's articles and days of payment.
    """
    payment = drawn_payment(row, parties, issued_on)
    named = advance_reference(row["campaign_id"], row["operator_id"], row["statement_number"])
    return replace(payment, statement="", reference=named, purpose=f"{payment.purpose} ({payment.statement})")


def drawn_payment(row: dict[str, Any], parties: Parties, issued_on: date) -> Payment:
    """What the fund call says of the step of an advance that pays it: the figure that the statement asks."""
    statement, moved = f"état d’acompte n° {row['statement_number']}", row["revision_cents"]
    if row["is_final"]:
        what = "solde" if moved > 0 else "trop-perçu d’acompte"
    else:
        what = "complément d’acompte" if moved > 0 else "part de l’acompte qui dépasse la prévision"
    nothing = f"l’indemnité est imputée sur l’acompte déjà versé ({statement})"
    return replace(_payment(row, parties, issued_on, moved, what, nothing), statement=statement)


def call_payment(row: dict[str, Any], parties: Parties, issued_on: date) -> Payment:
    """What a closed call without an advance asks for: its incentives, since invoices claim the fee.

    `row` is one of finance.fund_calls with its campaign's articles and days of payment.
    """
    period, cents = french_period(row["period_start_on"], row["period_end_on"]), row["incentive_cents"]
    purpose = f"indemnité, {period}" if cents > 0 else f"indemnités reprises, {period}"
    payment = _payment(row, parties, issued_on, cents, purpose, "aucune indemnité n’est due pour la période")
    named = call_reference(row["campaign_id"], row["operator_id"], row["call_number"])
    return replace(payment, reference=named)


def _payment(
    row: dict[str, Any], parties: Parties, issued_on: date, cents: int, purpose: str, nothing: str
) -> Payment:
    cited = article_words(row["call_article"])
    return Payment(
        cents=cents,
        account=parties.operators[row["operator_id"]].account(issued_on),
        purpose=purpose,
        sent_on=issued_on,
        days=row["payment_days"],
        term=f"{row['payment_days']} jours après réception" + (f", {cited}" if cited else ""),
        why_nothing=nothing,
    )


ACCOUNT = "Compte à créditer"


@dataclass(frozen=True)
class Pot:
    """The pot of all operators as a closing left it, in cents (CONVENTION 6.1, 8.2, 8.3)."""

    budget_cents: int
    called_cents: int
    invoiced_cents: int
    is_fee_inside: bool
    as_of: date
    articles: str

    @property
    def left_cents(self) -> int:
        """What calls and invoices have left."""
        return self.budget_cents - self.called_cents - (self.invoiced_cents if self.is_fee_inside else 0)

    @property
    def heading(self) -> str:
        """Its name, with the articles that ask for it."""
        cited = f" ({self.articles})" if self.articles else ""
        return f"Enveloppe commune à tous les bénéficiaires, au {french_day(self.as_of)}{cited}"

    @property
    def rows(self) -> tuple[tuple[str, int], ...]:
        """Names and cents; the last is what is left."""
        fee = "Commissions TTC" + ("" if self.is_fee_inside else " (à part)")
        return (
            ("Enveloppe", self.budget_cents),
            ("Appels, celui-ci compris", self.called_cents),
            (fee, self.invoiced_cents),
            ("Reste", self.left_cents),
        )
