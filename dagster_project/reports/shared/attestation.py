"""The registry's attestation of a fund call: values, their verification code, and how both are verified.

The code is a keyed digest of the values, so only the registry can make it and any changed value breaks it.
It needs nothing but the values and the key: those printed, or those embedded in the PDF. CONVENTION annex 2.
Why: D-150.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdfium2 import PdfiumError

from dagster_project.files.pdf_text import shown_texts
from dagster_project.reports.shared.counts import UNIT, step_label
from dagster_project.reports.shared.french import french_day, french_euros, french_number, group_siret
from dagster_project.reports.shared.letter import Block, Facts, File, NewPage, Notes, Seal, Signature
from dagster_project.reports.shared.registry_folder import how_to_check

ATTACHMENT = "attestation.json"
_CODE_LETTERS = 20  # of five bits: 100 bits
_MISREAD = str.maketrans("018", "OIB")  # base32 has no such digits

Values = dict[str, str | int]


class AttestationError(Exception):
    """A file that holds no attestation."""


@dataclass(frozen=True)
class Attestation:
    """What the registry attests of one fund call.

    Counts are passenger journeys (counts.STEPS).
    `journeys_sha256` is of the file of journeys as sent; `closing_number` and `closing_hash`
    are those of the ledger's closing that froze the call, `checkpoint_hash` that of its checkpoint. Amounts
    are cents, adjustments included. `issuer` is the service that keeps the registry on the day of issue.
    """

    campaign_id: str
    convention_reference: str
    operator_name: str
    operator_siret: str
    operator_id: str
    call_number: int
    period_start: date
    period_end: date
    issued_on: date
    received: int
    valid: int
    concerned: int
    eligible: int
    paid: int
    incentive_cents: int
    fee_ex_vat_cents: int
    vat_cents: int
    total_cents: int
    journeys_file: str
    journeys_sha256: str
    closing_number: int
    closing_hash: str
    checkpoint_hash: str
    issuer: str
    issuer_address: str
    issuer_email: str

    @property
    def values(self) -> Values:
        """The attested values by their French names, in the order of `_PRINTED`."""
        return {
            name: french_day(value) if isinstance(value, date) else value
            for name, value in zip(_PRINTED, vars(self).values(), strict=True)
        }


class _Printed(NamedTuple):
    """How the page names and shows a value, and the type it is signed in."""

    label: str
    show: Callable[[Any], str] = str
    kind: type = str


def _hash(text: str) -> str:
    """Sixteen digits a group, so that a line may break."""
    return " ".join(text[start : start + 16] for start in range(0, len(text), 16))


# By the name it is signed under; in the order of Attestation's fields.
_PRINTED = {
    "campagne": _Printed("Campagne"),
    "convention": _Printed("Convention"),
    "operateur": _Printed("Bénéficiaire"),
    "siret": _Printed("SIRET", group_siret),
    "identifiant": _Printed("Identifiant au registre"),
    "appel": _Printed("Appel de fonds n°", str, int),
    "du": _Printed("Période, du"),
    "au": _Printed("au"),
    "emis_le": _Printed("Émis le"),
    "trajets_recus": _Printed(step_label("received"), french_number, int),
    "trajets_valides": _Printed(step_label("valid"), french_number, int),
    "trajets_concernes": _Printed(step_label("concerned"), french_number, int),
    "trajets_eligibles": _Printed(step_label("eligible"), french_number, int),
    "trajets_payes": _Printed(step_label("paid"), french_number, int),
    "indemnite_centimes": _Printed("Indemnité de l’Opération", french_euros, int),
    "commission_ht_centimes": _Printed("Commission Plateforme HT", french_euros, int),
    "tva_centimes": _Printed("TVA Commission Plateforme", french_euros, int),
    "total_centimes": _Printed("Total de l’appel de fonds", french_euros, int),
    "fichier_trajets": _Printed("Fichier des trajets"),
    "fichier_sha256": _Printed("SHA-256 de ce fichier", _hash),
    "cloture": _Printed("Clôture du grand livre n°", str, int),
    "cloture_empreinte": _Printed("Empreinte de la clôture", _hash),
    "point_empreinte": _Printed("Empreinte de son point de contrôle", _hash),
    "emetteur": _Printed("Service émetteur"),
    "emetteur_adresse": _Printed("Adresse"),
    "emetteur_courriel": _Printed("Courriel"),
}
_ISSUER = "Émise par le registre de preuve de covoiturage"
_SECTIONS = {"Appel de fonds attesté": 9, UNIT: 5, "Montants": 4, "Preuves": 5, _ISSUER: 3}
# What the first attestations that went out did not say, or said in another word.
_ADDED = {"trajets_concernes", "identifiant", "point_empreinte"}
_ADDED |= {"emetteur", "emetteur_adresse", "emetteur_courriel"}
_FORMER_WORDS = {UNIT: "Trajets"}
_SEAL = "Code de vérification"
_REMEDY = "donner le PDF tel que reçu"


def code(values: Mapping[str, Any], key: bytes) -> str:
    """The verification code of the values: HMAC-SHA256 over their JSON with sorted names, 100 bits of it."""
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hmac.digest(key, b"attestation\0" + canonical.encode(), "sha256")
    letters = base64.b32encode(digest).decode()[:_CODE_LETTERS]
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LETTERS, 4))


def attestation_blocks(
    attestation: Attestation, signatory: str, proof: dict[str, Any], key: bytes
) -> tuple[tuple[Block, ...], File]:
    """The pages of the attestation, and the file to embed, which carries the proof of the call's lines.

    `signatory` is who signs for the issuer, by office.
    """
    values = attestation.values
    lines = iter([(printed.label, printed.show(values[name])) for name, printed in _PRINTED.items()])
    facts = [Facts(heading, tuple(islice(lines, count))) for heading, count in _SECTIONS.items()]
    seal = code(values, key)
    opening = (
        "Le registre de preuve de covoiturage atteste que les trajets et les montants de l’appel de fonds "
        "désigné ci-dessous sont ceux de ses données, clos et inscrits à son grand livre (annexe 2)."
    )
    page = NewPage("Attestation", "Registre de preuve de covoiturage")
    sealed_on = f"Cachet électronique du registre, apposé le {french_day(attestation.issued_on)}"
    signature = Signature("Pour le service émetteur", (signatory, sealed_on))
    check = Facts("Vérifier cette attestation", how_to_check(attestation.issuer_email))
    blocks: tuple[Block, ...] = (page, Notes((opening,)), *facts, Seal(_SEAL, seal), check, signature)
    text = json.dumps({"valeurs": values, "code": seal, "preuve": proof}, ensure_ascii=False, indent=2)
    return blocks, File(ATTACHMENT, "application/json", "Valeurs attestées et code", text)


def is_code(given: str, values: Mapping[str, Any], key: bytes) -> bool:
    """Whether a code, as somebody may have read it off the paper, is that of the values."""
    letters = given.upper().translate(_MISREAD)
    return hmac.compare_digest(plain(letters).encode(), plain(code(values, key)).encode())


def verify(file: Path, key: bytes, given_code: str | None = None, journeys: Path | None = None) -> list[str]:
    """What is wrong with an attestation, in French; nothing when it is authentic.

    `file` is the PDF, or a JSON file with the values as printed. `given_code` replaces the file's own;
    `journeys` is the file of journeys to hold against its SHA-256. Raises AttestationError.
    """
    values, own_code, page, _ = _read(file)
    messages = []
    if not is_code(given_code or own_code, values, key):
        messages.append("le code n’est pas celui de ces valeurs : une valeur, le code ou la clé a changé")
    if page is not None:
        messages += _unprinted(values, own_code, page)
    if journeys and hashlib.sha256(journeys.read_bytes()).hexdigest() != values["fichier_sha256"]:
        messages.append(f"{journeys.name} n’est pas le fichier des trajets attesté : son SHA-256 diffère")
    return messages


def _unprinted(values: Values, own_code: str, page: str) -> Iterator[str]:
    """What the pages print otherwise than the embedded values. Each line is held with what follows it."""
    lines: list[tuple[str, str]] = []
    names = iter(_PRINTED)
    for heading, count in _SECTIONS.items():
        is_former = heading in _FORMER_WORDS and "trajets_concernes" not in values
        if there := [name for name in islice(names, count) if name in values]:
            lines.append((_FORMER_WORDS[heading] if is_former else heading, ""))
            lines += [(_PRINTED[name].label, _PRINTED[name].show(values[name])) for name in there]
    lines.append((_SEAL, own_code))
    for (label, shown), (following, _) in zip(lines, [*lines[1:], ("", "")], strict=True):
        if plain(label + shown + following) not in page:
            yield f"« {label} » : la page n’imprime pas la valeur que le document porte ({shown})"


def attested(file: Path) -> tuple[Values, Any]:
    """The attested values that a file carries, and the proof of the call's lines. Raises AttestationError."""
    values, _, _, proof = _read(file)
    return values, proof


def printed(values: Values) -> Iterator[str]:
    """The values as the page prints them, a line each."""
    for name, value in values.items():
        yield f"{_PRINTED[name].label} : {_PRINTED[name].show(value)}"


def _read(file: Path) -> tuple[Values, str, str | None, Any]:
    """The embedded or given values, their code, the text of the PDF's pages, and the proof."""
    content, page = embedded(file)
    given = dict(content["valeurs"])
    malformed = [
        name
        for name, printed in _PRINTED.items()
        if type(given.get(name)) is not printed.kind and (name in given or name not in _ADDED)
    ]
    if malformed:
        what = f"valeurs absentes ou mal formées : {', '.join(malformed)}"
        raise AttestationError(f"{file.name} : {what} ; {_REMEDY}")
    values = {name: given[name] for name in _PRINTED if name in given}
    return values, str(content.get("code", "")), page, content.get("preuve")


def embedded(file: Path) -> tuple[dict[str, Any], str | None]:
    """What a PDF carries, or a text says, with its `valeurs`; and the text of the PDF's pages, `plain`.

    Raises AttestationError.
    """
    page = None
    try:
        if file.suffix.lower() == ".pdf":
            reader = PdfReader(file)
            text = reader.attachments[ATTACHMENT][0].decode()
            page = plain("".join(shown_texts(file.read_bytes())))
        else:
            text = file.read_text("utf-8")
        content = dict(json.loads(text))
        return content | {"valeurs": dict(content["valeurs"])}, page
    except (KeyError, PyPdfError, PdfiumError):
        raise AttestationError(f"{file.name} : aucune attestation ; {_REMEDY}") from None
    except (ValueError, TypeError):
        raise AttestationError(f"{file.name} : attestation illisible ; {_REMEDY}") from None


def plain(text: str) -> str:
    """Without spaces and hyphens, with one apostrophe: what printing or retyping may change."""
    return "".join(text.split()).replace("-", "").replace("'", "’")
