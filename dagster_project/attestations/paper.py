"""An attestation as values and as a PDF: what is printed is what is signed, and no more.

The PDF carries the signed values as a file and as a code to scan: the same text, which anybody verifies with
the registry's public key and nothing else (tools/verify_call.py). Why: D-210, D-212.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import segno

from dagster_project.attestations.request import first_kept
from dagster_project.catalogue.registry import RegistryOperator
from dagster_project.contracts.attestations import USAGES
from dagster_project.proof.checkpoint import canonical
from dagster_project.proof.signing import Signer
from dagster_project.reports.shared.attestation import ATTACHMENT, code
from dagster_project.reports.shared.french import french_day, french_number
from dagster_project.reports.shared.letter import (
    Block,
    Column,
    Facts,
    File,
    Grid,
    Letter,
    Notes,
    Seal,
    set_letter,
)
from dagster_project.reports.shared.registry_folder import CHECKER, FOLDER

PURPOSE = "attestation de covoiturage"
SEAL = "Code de vérification"
_HIDDEN = "••"
_MOST_SCANNED = 2_300  # bytes of a code that a telephone still reads from paper; of a dozen rows, 1 200
_COLUMNS = ("Opérateur", "Rôle", "Classe de preuve", "Jours", "Trajets", "Distance (km)")
_FACTS = {
    "personne": "Personne",
    "demandee_par": "Demandée par l’opérateur",
    "usage": "Pour",
    "du": "Trajets du",
    "au": "au",
    "delivree_le": "Comptés le",
    "jours": "Jours de covoiturage",
    "trajets": "Trajets",
    "km": "Distance (km)",
}
_COUNTED = (
    "Sont comptés les trajets que des opérateurs ont transmis au registre et qu’il tient pour valides le {}. "
    "Un jour compte une fois au total, quels que soient les rôles ; un conducteur compte un trajet par "
    "voiture, quel que soit le nombre de passagers. Un trajet peut être ajouté, corrigé, annulé ou refusé "
    "plus tard : le registre dit sur demande si ce compte tient encore."
)
_HELD = (
    "Le registre ne connaît ni domicile ni lieu de travail : que ces trajets les relient, la personne le "
    "déclare sur l’honneur. Il garde les trajets douze mois et n’atteste rien d’avant le {}."
)
_VERIFIED = (
    f"Vérifier sans le registre : python {CHECKER} CE_FICHIER.pdf --key cle_publique.pem (le fichier, ou le "
    f"texte du carré). Ce programme et cette clé sont dans le dossier « {FOLDER} » de la page publique du "
    "registre, qui les envoie aussi sur demande : {0}. Le cachet électronique se lit dans tout lecteur de "
    "PDF. À partir des valeurs imprimées et du code, le registre vérifie sur demande, à la même adresse."
)

Values = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """What operators are called on paper, by id."""

    operators: dict[str, str]

    def of(self, operator_id: str) -> str:
        """The operator's name; of one that has left the catalogue, its id."""
        return self.operators.get(operator_id, operator_id)


def contents(detail: pl.DataFrame, days: int, names: Names) -> Values:
    """What is counted, as it is printed: rows of `counting.Counted.detail`, and their totals."""
    rows = detail.to_dicts()
    return {
        "jours": days,
        "trajets": sum(row["journeys"] for row in rows),
        "km": _km(sum(row["hectometres"] for row in rows)),
        "detail": [
            [
                names.of(row["operator_id"]), row["role"], row["operator_class"],
                row["days"], row["journeys"], _km(row["hectometres"]),
            ]
            for row in rows
        ],
    }  # fmt: skip


def digest(counted: Values) -> str:
    """What tells the same counts from others."""
    return hashlib.sha256(canonical(counted)).hexdigest()


def values(asked: dict[str, Any], operator_name: str, counted: Values, issued_on: date) -> Values:
    """All that an attestation says; `asked` is a row of `request.Request.asked`."""
    return {
        "document": PURPOSE,
        "personne": _person(asked, operator_name),
        "demandee_par": operator_name,
        "usage": USAGES[asked["usage"]],
        "du": french_day(asked["first_on"]),
        "au": french_day(asked["last_on"]),
        "delivree_le": french_day(issued_on),
        **counted,
    }


def pdf(said: Values, issued_on: date, key: bytes, signer: Signer, registry: RegistryOperator) -> bytes:
    """The PDF of the values of an attestation, not sealed yet. The same values give the same bytes.

    `registry` is who keeps the registry on the day of issue.
    """
    own_code = code(said, key)
    signature = signer.sign(PURPOSE, canonical(said))
    text = canonical({"valeurs": said, "code": own_code, "signature": signature}).decode()
    is_scanned = len(text.encode()) <= _MOST_SCANNED
    picture = (
        segno.make_qr(text, error="l").svg_inline(border=2, omitsize=True, lineclass=None)
        if is_scanned
        else ""
    )
    scan = "Le carré à scanner porte ces mêmes valeurs, signées. " if is_scanned else ""
    columns = tuple(Column(name, at > 2, at == 0) for at, name in enumerate(_COLUMNS))
    blocks: tuple[Block, ...] = (
        Facts("Le registre de preuve de covoiturage atteste", tuple(facts(said))),
        Grid("Détail", columns, tuple(grid(said))),
        Notes((_COUNTED.format(french_day(issued_on)), _HELD.format(french_day(first_kept(issued_on))))),
        Seal(SEAL, own_code, picture),
        Notes((scan + _VERIFIED.format(registry.email),)),
    )
    return set_letter(
        Letter(
            title="Attestation de covoiturage",
            number="",
            subtitle=said["usage"],
            period=f"du {said['du']} au {said['au']}",
            sender_label="Registre de preuve de covoiturage",
            sender=(registry.service, registry.body),
            recipient_label="Personne",
            recipient=(said["personne"],),
            footer=f"Attestation de covoiturage {own_code}",
            issued_on=issued_on,
            blocks=blocks,
            files=(File(ATTACHMENT, "application/json", "Valeurs attestées, code et signature", text),),
        )
    )


def facts(said: Values) -> list[tuple[str, str]]:
    """Names and values, as the page shows them."""
    return [(label, _shown(said[name])) for name, label in _FACTS.items()]


def grid(said: Values) -> list[tuple[str, ...]]:
    """The rows of the table, as the page shows them."""
    return [tuple(map(_shown, row)) for row in said["detail"]]


def pdf_name(own_code: str) -> str:
    """What the PDF is called in the operator's feedback/."""
    return f"attestation_{own_code}.pdf"


def _person(asked: dict[str, Any], operator_name: str) -> str:
    """The phone without its last two digits: enough for whoever knows the person."""
    cut = asked["phone_trunc"] or asked["phone"][:-2]
    spaced = " ".join(["0" + cut[3], *(cut[at : at + 2] for at in range(4, len(cut), 2))])
    shown = f"téléphone {spaced if cut.startswith('+33') else cut} {_HIDDEN}"
    return f"{shown}, identifiant {asked['user_id']} chez {operator_name}" if asked["user_id"] else shown


def _shown(value: str | int) -> str:
    return french_number(value) if isinstance(value, int) else value


def _km(hectometres: int) -> str:
    whole, tenth = divmod(hectometres, 10)
    return f"{french_number(whole)},{tenth}"
