"""Who stands on a document: operators and authorities, as their files in data/ describe them.

Addresses, VAT numbers and bank details are read here and printed by the reports; the warehouse's tables
hold no bank details. Not here: the pieces and the states of joining (dossier).
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic.functional_validators import AfterValidator
from stdnum import bic, iban
from stdnum.fr import siret, tva

from dagster_project.catalogue.conventions import Convention, Selection, Service, at_most
from dagster_project.catalogue.dossier import (
    Document,
    Dossier,
    Entry,
    History,
    Piece,
    Text,
    first_received,
    in_force,
    local_day,
)
from dagster_project.contracts.public_invoices import MOST
from dagster_project.contracts.signed_files import POSTCODE, Moment

SHOWN_DIGITS = 4  # of an IBAN, on a fund call
NUMBER_DIGITS = 5  # of an invoice number, after the operator's id
MAX_ID = MOST["BR-FR-CPRO-02"] - NUMBER_DIGITS - 1


def _siret(text: str) -> str:
    if not siret.is_valid(text):
        raise ValueError(
            "n'est pas un SIRET (14 chiffres, clés de contrôle justes) ; le recopier de l'extrait Sirene"
        )
    return siret.compact(text)


def _iban(text: str) -> str:
    compact = iban.compact(text)
    if not iban.is_valid(compact):
        raise ValueError("n'est pas un IBAN (longueur ou clé de contrôle fausse) ; le recopier du RIB")
    return compact


def _bic(text: str) -> str:
    if not bic.is_valid(text):
        raise ValueError("n'est pas un BIC (8 ou 11 lettres et chiffres) ; le recopier du RIB")
    return bic.compact(text)


Siret = Annotated[str, AfterValidator(_siret)]


class Address(Entry):
    """A French postal address."""

    street: Annotated[Text, at_most("BR-FR-CPRO-32")]
    postcode: Annotated[str, Field(pattern=POSTCODE)]
    city: Annotated[Text, at_most("BR-FR-CPRO-33")]

    @property
    def text(self) -> str:
        """Two lines, as on an envelope."""
        return f"{self.street}\n{self.postcode} {self.city}"


class Bank(Piece):
    """The account that payments go to (CONVENTION 8.4)."""

    holder: Text
    name: Text
    iban: Annotated[str, AfterValidator(_iban), at_most("BR-FR-CPRO-39"), Field(repr=False)]
    bic: Annotated[str, AfterValidator(_bic)]

    @property
    def masked(self) -> str:
        """The holder and the IBAN's last four digits, a dot for each other character."""
        hidden = "•" * (len(self.iban) - SHOWN_DIGITS)
        groups = [hidden[start : start + 4] for start in range(0, len(hidden), 4)]
        return f"{self.holder}, IBAN\u00a0" + "\u00a0".join([*groups, self.iban[-SHOWN_DIGITS:]])


class Grant(Entry):
    """The proof class an operator may declare, from a day on (local date, Europe/Paris)."""

    since: Annotated[Moment, Field(alias="from")]
    proof_class: Annotated[Literal["A", "B", "C"], Field(alias="class")]


class Operator(Dossier):
    """A carpooling platform that may send drops; the beneficiary of conventions."""

    name: Annotated[Text, at_most("BR-FR-CPRO-43")]
    siret: Siret
    # Without one: franchise en base, no VAT (article 293 B du CGI). One that came later has its day.
    vat_number: Text | None = None
    vat_from: date | None = None
    legal_form: Text  # form, capital and trade register, as an invoice must say them
    address: Address
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

    @property
    def siren(self) -> str:
        """The first nine digits of the SIRET."""
        return self.siret[:9]

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


class Authority(Dossier):
    """Who pays: a mobility authority, as the EPCIs it is made of, and what it has signed."""

    name: Annotated[Text, at_most("BR-FR-CPRO-44")]
    name_genitive: Text  # as documents read: « Participation financière … »
    region: Text  # CONVENTION 8.3: the invoice names it
    siret: Siret
    address: Address
    service: Service
    epci: list[Annotated[Member, BeforeValidator(_member)]]
    conventions: list[Convention] = []
    incentive_policy: History[Document] = []
    selected_operators: list[Selection] = []

    @property
    def siren(self) -> str:
        """The first nine digits of the SIRET."""
        return self.siret[:9]

    @model_validator(mode="after")
    def _own_addresses(self) -> "Authority":
        if any(one.address and not one.address.startswith(self.siren) for one in self.service.code):
            raise ValueError(
                "une adresse électronique du service ne commence pas par le SIREN de l'autorité (BR-FR-21) ; "
                "la recopier de l'annuaire de la facturation électronique"
            )
        return self

    def convention_with(self, operator_id: str, day: date) -> Convention | None:
        """The last that it had signed with an operator by a day, even where that one has ended since."""
        signed = [one for one in self.conventions if one.operator == operator_id and one.signed_on <= day]
        return max(signed, key=lambda one: one.signed_on, default=None)

    def asked(self) -> Iterator[tuple[str, date | None]]:
        """What it demands of invoices itself (BR-FR-CPRO-11 to 13): each has to be in its file."""
        if "code" in self.service.demands:
            yield (
                "code du service (`service.code`)",
                min((one.since for one in self.service.code), default=None),
            )
        for convention in self.conventions if "engagement" in self.service.demands else []:
            if convention.ended_on is None:
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
