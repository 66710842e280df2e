"""What a document says of a party: its name, address and SIRET, its service, its account; as of its day.

CONVENTION annexe 1 and article 8.4. Accounts are read here and printed by the documents that ask for a
payment; the warehouse's tables hold none. Not here: what a party signed or sent (parties, dossier).
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import Field
from pydantic.functional_validators import AfterValidator
from stdnum import bic, iban
from stdnum.fr import siret

from dagster_project.catalogue.pieces import Entry, Piece, Text, at_most
from dagster_project.contracts.signed_files import EMAIL, POSTCODE

_OF_RIB = ("FR", "MC")  # whose IBAN is made of a RIB: bank, branch, account, key


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
Iban = Annotated[str, AfterValidator(_iban)]


class Address(Entry):
    """A French postal address."""

    street: Annotated[Text, at_most("BR-FR-CPRO-32")]
    postcode: Annotated[str, Field(pattern=POSTCODE)]
    city: Annotated[Text, at_most("BR-FR-CPRO-33")]

    @property
    def text(self) -> str:
        """Two lines, as on an envelope."""
        return f"{self.street}\n{self.postcode} {self.city}"

    @property
    def line(self) -> str:
        """The same in one."""
        return self.text.replace("\n", ", ")


class Bank(Piece):
    """The account that payments go to (CONVENTION 8.4). Only what asks for a payment shows it, whole."""

    holder: Text
    name: Text  # of the bank, and where it is
    iban: Annotated[Iban, at_most("BR-FR-CPRO-39"), Field(repr=False)]
    bic: Annotated[str, AfterValidator(_bic)]

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Article 8.4's fields by their names, then the BIC; no RIB where the account has none."""
        grouped = "\u00a0".join(self.iban[start : start + 4] for start in range(0, len(self.iban), 4))
        bank, branch, account, key = self.iban[4:9], self.iban[9:14], self.iban[14:25], self.iban[25:]
        rib = (
            ("Code établissement", bank),
            ("Code guichet", branch),
            ("Numéro de compte", account),
            ("Clé RIB", key),
        )
        return (
            ("Titulaire du compte", self.holder),
            ("Nom de la banque et localisation", self.name),
            *(rib if self.iban.startswith(_OF_RIB) else ()),
            ("IBAN", grouped),
            ("BIC", self.bic),
        )


class Service(Entry):
    """The service that follows payments, and where bills go if not to the seat (CONVENTION annexe 1)."""

    name: Text
    phone: Text
    email: Annotated[str, Field(pattern=EMAIL)]
    address: Address | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """As a letterhead says it."""
        billing = (f"Facturation : {self.address.line}",) if self.address else ()
        return (f"{self.name} · {self.phone}", self.email, *billing)


class Former(Entry):
    """What a party was through a day, that one included; what is left out was as it is since."""

    through: Annotated[date, Field(alias="to")]
    name: Text | None = None
    siret: Siret | None = None
    address: Address | None = None
    service: Service | None = None


class Identity(Entry):
    """A party as documents name it. What changes keeps its days: a merger, a move, another service."""

    name: Text
    siret: Siret
    address: Address
    service: Service | None = None
    formerly: Sequence[Former] = ()

    @property
    def siren(self) -> str:
        """The first nine digits of the SIRET."""
        return self.siret[:9]

    @property
    def first_siren(self) -> str:
        """The SIREN that it had first: campaigns' territories name it by that one, for all time."""
        return self.on(date.min).siren

    def on(self, day: date) -> Self:
        """The party as a document of that day names it."""
        then = self
        for former in sorted(self.formerly, key=lambda former: former.through, reverse=True):
            if day <= former.through:
                given = former.model_fields_set - {"through"}
                then = then.model_copy(update={name: getattr(former, name) for name in given})
        return then
