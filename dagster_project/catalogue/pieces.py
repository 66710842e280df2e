"""What a party sends: a document, contacts; each version of a piece with the day it came.

A piece has a history: one that is renewed is one more dated entry. Contacts are persons: no message, log,
table or export shows them. Not here: which pieces are asked, and what they open (dossier).
"""

import re
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field
from pydantic.functional_validators import AfterValidator, BeforeValidator

from dagster_project.contracts.public_invoices import too_long
from dagster_project.contracts.signed_files import EMAIL, Part

_PHONE = r"^[0-9+][0-9 .]{7,}$"


class Entry(Part):
    """Any part of a party's file; a key that Python keeps for itself has another name inside."""

    model_config = ConfigDict(populate_by_name=True)


Text = Annotated[str, Field(min_length=1)]


def at_most(rule: str) -> AfterValidator:
    """A text that the platform of public buyers takes whole."""

    def check(text: str) -> str:
        if fault := too_long(rule, text):
            raise ValueError(fault)
        return text

    return AfterValidator(check)


def _email(text: str) -> str:
    if not re.fullmatch(EMAIL, text):
        raise ValueError("n'est pas une adresse électronique ; la corriger")  # the value is a person's
    return text


def _phone(text: str) -> str:
    if not re.fullmatch(_PHONE, text):
        raise ValueError("n'est pas un numéro de téléphone ; le corriger")
    return text


class Contact(Entry):
    """A person in charge. REJOINDRE asks for a name and an e-mail address."""

    last_name: Annotated[Text, Field(repr=False)]
    first_name: Annotated[Text, Field(repr=False)]
    email: Annotated[str, AfterValidator(_email), Field(repr=False)]


class TechnicalContact(Contact):
    """The person in charge of the technique, who can be called."""

    phone: Annotated[str, AfterValidator(_phone), Field(repr=False)]


class Piece(Entry):
    """What a party has sent, and the day it came."""

    received_on: date


class Contacts(Piece):
    """The three persons that REJOINDRE étape 2 asks for."""

    dpo: Contact | None = None
    controller: Contact | None = None
    technical: TechnicalContact | None = None


class Document(Piece):
    """A document received; the document itself is kept elsewhere."""

    document: Text


_Piece = TypeVar("_Piece", bound=Piece)


def one_or_several(given: Any) -> Any:
    """A list of dated parts; one alone needs no list."""
    return [given] if isinstance(given, dict) else given or []


def _in_order(pieces: list[_Piece]) -> list[_Piece]:
    days = [piece.received_on for piece in pieces]
    if len(set(days)) < len(days):
        raise ValueError("deux versions reçues le même jour ; n'en garder qu'une")
    return sorted(pieces, key=lambda piece: piece.received_on)


# Every version of a piece, by the day it came; one alone needs no list.
History = Annotated[list[_Piece], BeforeValidator(one_or_several), AfterValidator(_in_order)]


def first_received(pieces: list[_Piece]) -> date | None:
    """The day since when there is one; what renews it changes nothing."""
    return min((piece.received_on for piece in pieces), default=None)


def in_force(pieces: list[_Piece], day: date) -> _Piece | None:
    """The last one that had come by that day; before the first, the first."""
    return next(
        (piece for piece in reversed(pieces) if piece.received_on <= day), pieces[0] if pieces else None
    )
