"""What an authority has signed, and what its finance department asks of invoices, by day.

An invoice bears what was in force when it went out (code of the service) or at the end of the period that it
invoices (engagement, market, lot). Nothing counts before its first day: what was sent without it never gets
it. Not here: who the authority is (parties), what the platform takes (contracts). Why: D-252.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dagster_project.catalogue.letterhead import Service
from dagster_project.catalogue.pieces import (
    Document,
    Entry,
    History,
    Text,
    at_most,
    first_received,
    one_or_several,
)
from dagster_project.contracts.public_invoices import SERVICE_CODE
from dagster_project.contracts.signed_files import Slug

NOTICE_DAYS = 15  # from the day a letter of termination is sent to its effect (CONVENTION article 16)


def _code(text: str) -> str:
    if not SERVICE_CODE.fullmatch(text):
        raise ValueError(
            "n'a que des lettres sans accent, des chiffres, `-` et `_` (BR-FR-24) ; le recopier de "
            "l'annuaire de la facturation électronique"
        )
    return text


class Dated(Entry):
    """What counts from a day on; without it, always."""

    since: Annotated[date, Field(alias="from")] = date.min


class ServiceCode(Dated):
    """The code of the service that invoices go to, and the address that the directory gives it."""

    code: Annotated[Text, AfterValidator(_code), at_most("BR-FR-26")]
    address: Annotated[Text, at_most("BR-FR-25")] | None = None


class Order(Dated):
    """What invoices under a convention refer to: engagement (BT-13), market (BT-12), lot (BT-17)."""

    engagement: Annotated[Text, at_most("BR-FR-CPRO-15")] | None = None
    market: Annotated[Text, at_most("BR-FR-CPRO-14")] | None = None
    lot: Annotated[Text, at_most("BR-FR-CPRO-14")] | None = None


_Dated = TypeVar("_Dated", bound=Dated)


def _by_day(entries: list[_Dated]) -> list[_Dated]:
    if len({entry.since for entry in entries}) < len(entries):
        raise ValueError("deux entrées du même jour (`from`) ; n'en garder qu'une")
    return sorted(entries, key=lambda entry: entry.since)


def _codes(given: Any) -> Any:
    return [{"code": given}] if isinstance(given, str) and given else given or []


Orders = Annotated[list[Order], BeforeValidator(one_or_several), AfterValidator(_by_day)]


def on_day(entries: list[_Dated], day: date) -> _Dated | None:
    """The last that counts on a day; none before the first."""
    return next((entry for entry in reversed(entries) if entry.since <= day), None)


class PayerService(Service):
    """The service that follows payments (CONVENTION annexe 1), and what it demands of invoices.

    `code`: one, or several with the day from which each counts. `demands`: what the directory says that an
    invoice must bear (BR-FR-CPRO-11 to 13).
    """

    code: Annotated[list[ServiceCode], BeforeValidator(_codes), AfterValidator(_by_day)] = []
    demands: list[Literal["code", "engagement"]] = []


class Selection(Entry):
    """An operator that an authority has chosen, since that day."""

    operator: Slug
    since: Annotated[date, Field(alias="from")]


class FraudControl(Document):
    """CONVENTION annexe 5: how the operator proves journeys and identities, finds fraud and excludes it."""

    description: Text


class Convention(Entry):
    """The convention that an authority and an operator signed, on file since that day.

    `ended_on` is the first day without it. Where it is terminated by letter, `notice_sent_on` is the day on
    which that was sent: it takes effect fifteen days later, or later where the letter says so (CONVENTION
    article 16). `fraud_control` is its annexe 5, each version with the day it came. `orders`: what its
    invoices refer to, by day.
    """

    operator: Slug
    reference: Annotated[Text, at_most("BR-FR-CPRO-14")]
    signed_on: date
    notice_sent_on: date | None = None
    ended_on: date | None = None
    fraud_control: History[FraudControl] = []
    orders: Orders = []

    @property
    def end_on(self) -> date | None:
        """The first day without it, if there is one."""
        if self.ended_on or not self.notice_sent_on:
            return self.ended_on
        return self.notice_sent_on + timedelta(days=NOTICE_DAYS)

    @model_validator(mode="after")
    def _in_order(self) -> "Convention":
        if self.end_on and self.end_on <= self.signed_on:
            raise ValueError("la convention finit avant d'être signée ; corriger l'une des deux dates")
        notice = self.notice_sent_on and self.notice_sent_on + timedelta(days=NOTICE_DAYS)
        if self.ended_on and notice and self.ended_on < notice:
            raise ValueError(
                f"`ended_on` précède la fin du préavis de {NOTICE_DAYS} jours (CONVENTION article 16) ; "
                "corriger l'une des deux dates, ou retirer `ended_on`"
            )
        return self

    def asked(self) -> Iterator[tuple[str, date | None]]:
        """Its annexe 5, which the operator brings (CONVENTION article 9)."""
        what = f"annexe 5 de la convention {self.reference}, dispositif anti-fraude"
        yield what, first_received(self.fraud_control)


def lacking(service: PayerService, convention: Convention | None, sent_on: date, period_end: date) -> str:
    """What an authority demands of an invoice and its file does not say; empty where nothing lacks."""
    faults = list[str]()
    if "code" in service.demands and not on_day(service.code, sent_on):
        faults.append(
            f"code du service absent au {sent_on} (BR-FR-CPRO-11) ; l'inscrire dans `service.code`, fiche de "
            "l'autorité"
        )
    order = on_day(convention.orders, period_end) if convention else None
    if "engagement" in service.demands and not (order and order.engagement):
        faults.append(
            f"numéro d'engagement absent au {period_end} (BR-FR-CPRO-12) ; l'inscrire dans `orders` de la "
            "convention, fiche de l'autorité"
        )
    return " ; ".join(faults)
