"""Who stands on a document: operators and authorities, as their files in data/ describe them.

Not here: their addresses, accounts and services (identity), the pieces and the states of joining (dossier).
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from stdnum.fr import tva

from dagster_project.catalogue.conventions import Convention, PayerService, Selection
from dagster_project.catalogue.dossier import Dossier, local_day
from dagster_project.catalogue.letterhead import Bank, Former, Iban, Identity
from dagster_project.catalogue.pieces import Document, Entry, History, Text, at_most, first_received, in_force
from dagster_project.contracts.documents import PUBLIC
from dagster_project.contracts.public_invoices import MOST
from dagster_project.contracts.signed_files import Moment

NUMBER_DIGITS = 5  # of an invoice number, after the operator's id
MAX_ID = MOST["BR-FR-CPRO-02"] - NUMBER_DIGITS - 1


class Grant(Entry):
    """The proof class an operator may declare, from a day on (local date, Europe/Paris)."""

    since: Annotated[Moment, Field(alias="from")]
    proof_class: Annotated[Literal["A", "B", "C"], Field(alias="class")]


class FormerOperator(Former):
    """What an operator was called before."""

    legal_form: Text | None = None
    vat_number: Text | None = None


class Operator(Dossier, Identity):
    """A carpooling platform that may send drops; the beneficiary of conventions."""

    name: Annotated[Text, at_most("BR-FR-CPRO-43")]
    formerly: list[FormerOperator] = []
    # Without one: franchise en base, no VAT (article 293 B du CGI). One that came later has its day.
    vat_number: Text | None = None
    vat_from: date | None = None
    legal_form: Text  # form, capital and trade register, as an invoice must say them
    bank: History[Bank] = []
    technical_file: History[Document] = []
    consent_clause: History[Document] = []
    proof_classes: list[Grant] = []

    @field_validator("vat_number")
    @classmethod
    def _is_its_own(cls, number: str | None, info: ValidationInfo) -> str | None:
        if number is None:
            return None
        siren = info.data.get("siret", number[4:])[:9]  # a wrong SIRET is told by itself
        if not tva.is_valid(number) or number[4:] != siren:
            raise ValueError(
                "n'est pas le numéro de TVA de ce SIRET (FR, clé, SIREN) ; le recopier de l'extrait Sirene"
            )
        return number

    @field_validator("vat_from")
    @classmethod
    def _starts_a_month(cls, day: date | None, info: ValidationInfo) -> date | None:
        if day and (day.day != 1 or not info.data.get("vat_number")):
            raise ValueError(
                "dit depuis quel mois l'opérateur, d'abord en franchise, facture la TVA : un premier jour de "
                "mois, avec `vat_number`"
            )
        return day

    def bears_vat(self, day: date) -> bool:
        """Whether what it does on a day bears VAT."""
        return self.vat_number is not None and (self.vat_from is None or self.vat_from <= day)

    def account(self, day: date) -> Bank:
        """Where a document of that day has payments go. Raises ValueError where no bank details ever came."""
        if not (bank := in_force(self.bank, day)):
            raise ValueError(f"l'opérateur {self.id} n'a pas de RIB ; compléter sa fiche (`bank`)")
        return bank

    def pieces(self) -> Iterator[tuple[str, date | None]]:
        """An operator's own: the technical file, the class it earns, the bank details."""
        yield from super().pieces()
        yield "dossier technique", first_received(self.technical_file)
        granted = min((local_day(grant.since) for grant in self.proof_classes), default=None)
        yield "classe de preuve accordée au vu du dossier technique", granted
        yield "RIB", first_received(self.bank)

    def asked(self) -> Iterator[tuple[str, date | None]]:
        """Consent is the operator's to gather, in its own terms (JURIDIQUE étapes 1 and 2)."""
        yield "clause de consentement de ses conditions générales", first_received(self.consent_clause)
        yield "service qui suit les paiements (annexe 1)", date.min if self.service else None
        if len(self.id) > MAX_ID:
            yield (
                f"identifiant d'au plus {MAX_ID} caractères : au-delà, ses numéros de facture en dépassent "
                f"{MOST['BR-FR-CPRO-02']} (BR-FR-CPRO-02) et ses factures sont retenues",
                None,
            )


class Member(Entry):
    """An EPCI, while it is a member: days, both included."""

    code: Text
    since: Annotated[date, Field(alias="from")] = date.min
    through: Annotated[date, Field(alias="to")] = date.max

    @model_validator(mode="after")
    def _in_order(self) -> "Member":
        if self.through < self.since:
            raise ValueError("`to` précède `from` ; inverser les deux dates")
        return self


def _member(given: Any) -> Any:
    return {"code": given} if isinstance(given, str) else given


class FormerAuthority(Former):
    """What an authority was called before."""

    name_genitive: Text | None = None
    region: Text | None = None
    service: PayerService | None = None


class Authority(Dossier, Identity):
    """Who pays: a mobility authority, as the EPCIs it is made of, and what it has signed."""

    name: Annotated[Text, at_most("BR-FR-CPRO-44")]
    formerly: list[FormerAuthority] = []
    name_genitive: Text  # as documents read: « Participation financière … »
    region: Text  # CONVENTION 8.3: the invoice names it
    service: PayerService
    epci: list[Annotated[Member, BeforeValidator(_member)]]
    conventions: list[Convention] = []
    incentive_policy: History[Document] = []
    selected_operators: list[Selection] = []
    # Accounts that it pays from, its public accountant's: a transfer names who pays by SIREN or by account.
    payment_accounts: Annotated[list[Iban], Field(repr=False)] = []

    @field_validator("id")
    @classmethod
    def _is_no_folder_of_ours(cls, given: str) -> str:
        if given == PUBLIC:
            raise ValueError(
                f"`{PUBLIC}` est le dossier de l'observatoire public ; choisir un autre identifiant"
            )
        return given

    @model_validator(mode="after")
    def _own_addresses(self) -> "Authority":
        if any(code.address and not code.address.startswith(self.siren) for code in self.service.code):
            raise ValueError(
                "une adresse électronique du service ne commence pas par le SIREN de l'autorité (BR-FR-21) ; "
                "la recopier de l'annuaire de la facturation électronique"
            )
        return self

    def convention_with(self, operator_id: str, day: date) -> Convention | None:
        """The last that it had signed with an operator by a day, even where that one has ended since."""
        signed = [
            convention
            for convention in self.conventions
            if convention.operator == operator_id and convention.signed_on <= day
        ]
        return max(signed, key=lambda convention: convention.signed_on, default=None)

    def asked(self) -> Iterator[tuple[str, date | None]]:
        """What it demands of invoices itself (BR-FR-CPRO-11 to 13): each has to be in its file."""
        if "code" in self.service.demands:
            yield (
                "code du service (`service.code`)",
                min((code.since for code in self.service.code), default=None),
            )
        for convention in self.conventions if "engagement" in self.service.demands else []:
            if convention.end_on is None:
                days = [order.since for order in convention.orders if order.engagement]
                name = f"numéro d'engagement de la convention avec {convention.operator} (`orders`)"
                yield name, min(days, default=None)

    def pieces(self) -> Iterator[tuple[str, date | None]]:
        """An authority's own: its incentive policy and the operators it has chosen."""
        yield from super().pieces()
        yield "politique incitative", first_received(self.incentive_policy)
        yield (
            "sélection des opérateurs",
            min((chosen.since for chosen in self.selected_operators), default=None),
        )
