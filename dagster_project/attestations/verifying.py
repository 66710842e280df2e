"""What the registry says of an attestation that somebody holds: authentic, and whether its count stands.

Whoever has the public key needs none of this for the first (tools/verify_call.py); only the base knows the
second.
Of figures nothing more is told than that they differ; of a limitation or an erasure, nothing. Why: D-213.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dagster_project.attestations import paper
from dagster_project.attestations.counting import count
from dagster_project.attestations.request import first_kept
from dagster_project.catalogue import catalogue
from dagster_project.contracts.attestations import ATTESTATIONS, USAGES
from dagster_project.contracts.lake_tables import IDENTITIES
from dagster_project.files.typesetting import drawable
from dagster_project.identity.keys import request_digests
from dagster_project.lake.store import Lake
from dagster_project.proof.checkpoint import canonical
from dagster_project.reports.shared import seal
from dagster_project.reports.shared.attestation import AttestationError, code, embedded, is_code, plain
from dagster_project.reports.shared.french import french_day
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.settings import settings
from dagster_project.warehouse.cache import published_on

_NOTHING_MORE = (
    "le registre ne peut plus dire si ce compte tient : ses trajets ne sont plus tous dans la base"
)


@dataclass(frozen=True)
class Verification:
    """Of an attestation: its values as printed, what is wrong, and what the base says of its count today."""

    printed: tuple[str, ...]
    problems: tuple[str, ...]
    standing: str = ""
    is_superseded: bool = False


def is_carpoolers(file: Path) -> bool:
    """Whether a file carries a carpooler's attestation, and not a fund call's. Raises AttestationError."""
    said = embedded(file)[0].get("valeurs")
    return isinstance(said, dict) and said.get("document") == paper.PURPOSE


def verify(
    lake: Lake, connection: duckdb.DuckDBPyConnection | None, file: Path, given_code: str | None = None
) -> Verification:
    """Hold a PDF, or the text of its code, against code, signature, seal and page; then against the base.

    Values typed off the paper have a code and no signature. Raises AttestationError, KeyFileError.
    """
    content, page = embedded(file)
    said, key, signatory = content["valeurs"], lake.secret("attestation", make=False), Signatory(lake)
    own_code = str(given_code or content.get("code", ""))
    try:
        lines = [f"{label} : {shown}" for label, shown in paper.facts(said)]
        rows = [" ; ".join(row) for row in paper.grid(said)]
    except (KeyError, TypeError, ValueError):
        raise AttestationError(
            f"{file.name} : valeurs absentes ou mal formées ; donner le PDF tel que reçu"
        ) from None
    problems = []
    if not is_code(own_code, said, key):
        problems.append("le code n’est pas celui de ces valeurs : une valeur, le code ou la clé a changé")
    is_signed = signatory.signer.holds(paper.PURPOSE, canonical(said), content.get("signature"))
    if not is_signed and (page is not None or "signature" in content):
        problems.append("la signature n’est pas celle du registre sur ces valeurs")
    if page is not None:
        problems += seal.broken(file.read_bytes(), signatory.seal.certificates)
        parts = (*paper.facts(said), *paper.grid(said), (paper.SEAL, own_code))
        shown, _ = drawable(["".join(part) for part in parts])
        if not all(plain(text) in page for text in shown):
            problems.append("la page n’imprime pas les valeurs que le document porte")
    if problems or connection is None:
        return Verification((*lines, *rows), tuple(problems))
    standing, is_superseded = _standing(lake, connection, code(said, key))
    return Verification((*lines, *rows), (), standing, is_superseded)


def _standing(lake: Lake, connection: duckdb.DuckDBPyConnection, own_code: str) -> tuple[str, bool]:
    """What the base counts today of the same person and period, and whether it is something else."""
    row = next(iter(lake.read(ATTESTATIONS).filter(code=own_code).to_dicts()), None)
    today = published_on(lake)
    if not row or not today or row["first_on"] < first_kept(today):
        return _NOTHING_MORE, False
    asked = _asked(lake, row)
    if asked is None:
        return _NOTHING_MORE, False
    counted = count(lake, connection, row["operator_id"], asked)
    if counted.limited:
        return _NOTHING_MORE, False
    names = paper.Names(
        {operator.id: operator.name for operator in catalogue.operators(settings().catalogue)}
    )
    days = next(iter(counted.totals["days"]), 0)
    if paper.digest(paper.contents(counted.detail, days, names)) == row["content_digest"]:
        return f"le registre compte de même le {french_day(today)}", False
    return (
        "dépassée : des trajets ont été ajoutés, corrigés, annulés ou refusés depuis, le registre ne compte "
        f"plus de même le {french_day(today)} ; demander une nouvelle attestation par l’opérateur",
        True,
    )


def _asked(lake: Lake, row: dict[str, Any]) -> pl.DataFrame | None:
    """The person of an attestation, named as the operator had named them; None: nothing is held any more."""
    held = lake.read(IDENTITIES)
    is_theirs = request_digests(held["identity_key"], lake.secret("identity")) == row["person_digest"]
    theirs = held.filter(is_theirs).sort("drop_id")
    if theirs.is_empty():
        return None
    person = theirs.row(0, named=True)
    by_account = person["phone"] is None
    return pl.DataFrame(
        {
            "line": [1],
            "phone": [person["phone"]],
            "phone_trunc": [person["phone_trunc"] if by_account else None],
            "user_id": [person["operator_user_id"] if by_account else None],
            "first_on": [row["first_on"]],
            "last_on": [row["last_on"]],
            "usage": [next(iter(USAGES))],
        },
        schema_overrides=dict.fromkeys(("phone", "phone_trunc", "user_id"), pl.String),
    )
