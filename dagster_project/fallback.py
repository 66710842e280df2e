"""While the registry is down: one file held against the contract on one's own machine (CONVENTION article 5).

It is answered as by a night, and annexe 3's files are made of it, by the night's own code and models. No home
and no key of the registry is needed. Not here: how rows are read and judged (drops), which journeys an
authority sees and how precisely (dbt/models). Why: D-203.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import duckdb
import polars as pl

from dagster_project.catalogue import catalogue, rows
from dagster_project.catalogue.dossier import ADMITTED, Dossier, State
from dagster_project.catalogue.parties import Authority
from dagster_project.contracts.documents import GUIDE
from dagster_project.contracts.lake_tables import FINDINGS, INSTANT, TABLES
from dagster_project.drops.alone import read_alone
from dagster_project.drops.answers import feedback
from dagster_project.drops.answers.completion import completions
from dagster_project.drops.answers.folder import answer_name, as_json, lines_name
from dagster_project.drops.known import known_of
from dagster_project.drops.outcome import Outcome
from dagster_project.files.disk import replacing
from dagster_project.reports.authority.export import FOLDER, extracts_of, forms_of, write_month
from dagster_project.reports.authority.files import legend
from dagster_project.settings import PROJECT, settings
from dagster_project.warehouse import cache

# What one file cannot tell, in French: it stands on each answer and in each legend.
NOT_KNOWN = (
    "Les trajets des autres opérateurs et des autres fichiers : doublons, corrections, annulations, trajets "
    "trop proches ou trop nombreux ne se voient qu’à l’intérieur de ce fichier.",
    "Les signalements de fraude : un trajet montré ici peut être écarté par le registre.",
    "Les indemnités des campagnes et leur enveloppe : seuls sont montrés les trajets du territoire, avec les "
    "incitations que déclare l’opérateur.",
    "Les identifiants que le registre donne aux personnes et aux trajets : ceux de l’annexe 3 sont propres à "
    "cette exécution et ne se rapprochent d’aucune autre.",
    "Les droits exercés auprès du registre : un trajet limité ou supprimé chez lui peut paraître ici.",
    "Les pièces des dossiers, que le registre détient : les dates d’accès des fiches valent telles quelles.",
    "Le jour où le registre recevra ces trajets : un délai d’envoi se compte ici à la date du fichier.",
)
LEGEND = (
    "Fait en secours (convention, article 5), sur un seul fichier et sans le registre. N’y sont pas connus :"
)
# Journeys as accepted, what became of rows, what authorities see; and what these read of other models, empty.
_MODELS = (
    *("+journey_notices", "+drop_accounts"),
    *("journeys", "int_authority_selections", "authority_views", "authority_extracts"),
)
_KEY = {"operator_id": pl.String, "operator_journey_id": pl.String}
_EMPTY: Mapping[str, Mapping[str, pl.DataFrame]] = {
    "fraud": {
        "fraud_labels": pl.DataFrame(
            schema=_KEY
            | {"rule_code": pl.String, "is_excluding": pl.Boolean, "is_across_operators": pl.Boolean}
        )
    },
    "campaigns": {
        "campaign_incentives": pl.DataFrame(
            schema=_KEY | {"campaign_id": pl.String, "is_eligible": pl.Boolean, "start_at": INSTANT}
        )
    },
}
_Party = TypeVar("_Party", bound=Dossier)


class FallbackError(Exception):
    """Nothing was checked; the message says in French why and what to do."""


@dataclass(frozen=True)
class Result:
    """What became of a file: the answer, as a night gives it, and the file that it was written to."""

    answer: dict[str, Any]
    file: Path

    @property
    def is_good(self) -> bool:
        """No row went back, nor the file, and the authority got its journeys."""
        return not (self.answer["lignes_rejetees"] or {"refus", "acces_ferme"} & self.answer.keys())


def check_file(
    file: Path, operator_id: str, authority_id: str | None, business_date: date | None, out: Path
) -> Result:
    """Read a file as a night of that date would, and write answer and annexe 3 into `out`, new or empty.

    Without a date: the day on which the file was written, in Paris. Raises FallbackError, CatalogueError,
    BuildError, ExportError.
    """
    root = settings().catalogue
    operators = [_as_dated(operator) for operator in catalogue.operators(root)]
    authorities = {authority.id: _as_dated(authority) for authority in catalogue.authorities(root)}
    _check_known("d’opérateur", operator_id, {operator.id for operator in operators})
    if authority_id:
        _check_known("d’autorité", authority_id, set(authorities))
    known = known_of(operators, secrets.token_bytes(32))
    try:
        _check_paths(file, out)
        with TemporaryDirectory(prefix="entrepot-") as scratch:
            outcome, read = read_alone(file, operator_id, known, business_date, Path(scratch))
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        what = f"{error.filename or file} : {error.strerror}"
        raise FallbackError(f"{what} ; vérifier les droits et la place") from None
    if outcome.refused:
        return _answered(out, outcome, read[FINDINGS.name], {})
    given = {
        **_EMPTY,
        "lake": {name: table.empty for name, table in TABLES.items()} | read,
        "catalogue": rows.read(root, operators=operators),
    }
    with cache.evaluated(given, _MODELS) as connection:
        added = completions(connection, date.min)[outcome.drop.drop_id]
        if authority_id:
            added |= _for_authority(out, authorities[authority_id], connection, outcome.business_date)
    return _answered(out, outcome, read[FINDINGS.name], added)


def _for_authority(
    out: Path, authority: Authority, connection: duckdb.DuckDBPyConnection, business_date: date
) -> dict[str, Any]:
    """Write annexe 3's files, as the night's export does; returns what the answer says of them."""
    if authority.state(business_date) not in ADMITTED[settings().environment]:
        return {"autorite": authority.id, "acces_ferme": authority.closed_words(business_date)}
    journeys, key = 0, secrets.token_bytes(32)
    for extract in extracts_of(connection):
        if extract.authority_id == authority.id:
            text = "\n".join([legend(authority.name, None, extract.month_on), LEGEND, *NOT_KNOWN])
            forms = forms_of(extract, business_date)
            list(write_month(out / authority.id / FOLDER, extract, text, connection, key, forms))
            journeys += extract.rows
    return {"autorite": authority.id, "trajets_du_territoire": journeys}


def _answered(out: Path, outcome: Outcome, findings: pl.DataFrame, added: dict[str, Any]) -> Result:
    """Write the answer that a night would lay into feedback/, with what is not known."""
    file = out / answer_name(outcome.drop)
    answer = feedback.summary(outcome) | added | {"ce_que_le_secours_ne_connait_pas": list(NOT_KNOWN)}
    with replacing(file) as beside:
        beside.write_bytes(as_json(answer))
    with replacing(out / GUIDE) as beside:  # each motive's `documentation` leads there
        beside.write_bytes((PROJECT / "docs" / GUIDE).read_bytes())
    if findings.height:
        with replacing(out / lines_name(file.name)) as beside, beside.open("wb") as target:
            feedback.write_lines([findings], outcome.layout, target)
    return Result(answer, file)


def _as_dated(party: _Party) -> _Party:
    """A party in the states that its file dates: its private pieces lie at the registry (D-203)."""
    dated: dict[State, date | None] = {"staging": party.staging_on, "production": party.production_on}
    return party.remembering({state: day for state, day in dated.items() if day})


def _check_known(kind: str, given: str, known: set[str]) -> None:
    if given not in known:
        raise FallbackError(f"identifiant {kind} inconnu : `{given}` ; connus : {', '.join(sorted(known))}")


def _check_paths(file: Path, out: Path) -> None:
    if not file.exists():
        raise FallbackError(f"{file} n’existe pas ; vérifier le chemin")
    if not file.is_file():
        raise FallbackError(f"{file} n’est pas un fichier ; donner un fichier CSV")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FallbackError(f"{out} n’est pas un dossier vide ; en donner un autre par --out")
