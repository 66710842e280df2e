"""The night answers operators' requests: a PDF a person in feedback/, a line for each line of the request.

What is given is written down before it is laid, so that an erasure finds it; the answer comes last and ends
a request. Killed before that, the next night finds the request still in incoming/ and gives the same bytes
for the same counts. Not here: what is counted (counting), what a PDF looks like (paper). Why: D-214.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dagster_project.attestations import paper
from dagster_project.attestations.counting import Counted, count
from dagster_project.attestations.request import MOST_BYTES, Request, RequestFileError, read_request
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.dossier import ADMITTED
from dagster_project.catalogue.parties import Operator
from dagster_project.contracts.attestations import ATTESTATIONS, MOST_REQUESTS, REFUSALS, REQUEST_RULES
from dagster_project.contracts.documents import GUIDE
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.drops.answers.feedback import write_known
from dagster_project.drops.answers.folder import answer_name, as_json, deliver, keep, kept, lines_name
from dagster_project.drops.claim import Offer, claim, put_away
from dagster_project.drops.taken import Drop, taken
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import csv_bytes
from dagster_project.lake.store import Lake
from dagster_project.reports.shared.attestation import code
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.settings import settings

_RULES = RULES | {rule.code: rule for rule in (*REQUEST_RULES, *REFUSALS)}
_AT_ONCE = 100  # PDFs in memory, 75 kB each
_MANY = (f"more than {MOST_REQUESTS} requests for attestations wait", "none: the next nights take the rest")
_KEY = ("person_digest", "usage", "first_on", "last_on", "content_digest")


@dataclass(frozen=True)
class Answered:
    """What became of a request: attestations given, lines refused by code; whether it was answered before."""

    attestations: int
    refused: Mapping[str, int]
    is_known: bool = False


@dataclass(frozen=True)
class _Attestation:
    line: int
    code: str
    values: paper.Values
    row: dict[str, Any]  # of ATTESTATIONS, but for its PDF


@dataclass(frozen=True)
class Desk:
    """Who answers: the night's lake and cache, the operators as the registry knows them."""

    lake: Lake
    connection: duckdb.DuckDBPyConnection
    business_date: date
    operators: Mapping[str, Operator]
    troubles: Troubles

    def answer_all(self) -> Iterator[tuple[Offer, Answered | Exception]]:
        """Each waiting request with what became of it, or with what hindered it and nobody else."""
        taken_of: Counter[str] = Counter()
        for offer in claim(self.lake.drops, self.troubles, settings().settle_s, requests=True):
            taken_of[offer.operator_id] += 1
            if taken_of[offer.operator_id] > MOST_REQUESTS:
                self.troubles.tell(offer.operator_id, "incoming/", *_MANY)
                continue
            try:
                yield offer, self.answer(offer)
            except Exception as error:
                yield offer, error

    def answer(self, offer: Offer) -> Answered:
        """Answer a request and put it away. Raises ChangedDropError, and what hindered it."""
        with taken(offer, self.lake.drops, self.lake.scratch, MOST_BYTES, self.troubles) as (drop, copy):
            try:
                request = self._read(drop, copy)
                counted = count(self.lake, self.connection, drop.operator_id, request.asked)
                given = self._given(drop, request, counted)
                lines = _lines(request, counted, given)
                summary = self._summary(drop, lines)
            except RequestFileError as refusal:
                given, lines, summary = [], None, self._summary(drop, None, refusal)
        before = [row for row in kept(self.lake, drop.drop_id) if "deja_recu" not in row["answer"]]
        same = [
            row for row in before if _without_name_and_day(row["answer"]) == _without_name_and_day(summary)
        ]
        if same:
            write_known(drop, same[0], self.lake, self.business_date, self.troubles)
        else:
            self._lay(drop, given, lines, summary)
        put_away(self.lake.drops, offer.path, self.business_date, drop.sha256, self.troubles, offer.is_same)
        refused = (
            lines.filter(pl.col("code").is_not_null())["code"].value_counts() if lines is not None else None
        )
        codes = {summary["refus"]["code"]: 1} if refused is None else dict(refused.sort("code").iter_rows())
        return Answered(len(given), codes, bool(same))

    def _read(self, drop: Drop, copy: Path) -> Request:
        operator = self.operators.get(drop.operator_id)
        if not operator:
            raise RequestFileError("operator_unknown")
        if operator.state(self.business_date) not in ADMITTED[settings().environment]:
            raise RequestFileError("operator_not_in_production", operator.closed_words(self.business_date))
        if drop.size_bytes > MOST_BYTES:
            raise RequestFileError("request_too_large")
        return read_request(copy, self.business_date)

    def _given(self, drop: Drop, request: Request, counted: Counted) -> list[_Attestation]:
        """What may be attested; the same counts as before bear the day on which they were first given."""
        secret, names = (
            self.lake.secret("attestation"),
            paper.Names({id_: op.name for id_, op in self.operators.items()}),
        )
        known = self.lake.read(ATTESTATIONS).filter(operator_id=drop.operator_id)
        issued = {
            tuple(key): day for *key, day in known.sort("issued_on").select(*_KEY, "issued_on").iter_rows()
        }
        details = counted.detail.partition_by("line", as_dict=True)
        asked = {row["line"]: row for row in request.asked.to_dicts()}
        given = []
        for line, days, last_ended_on in counted.totals.select("line", "days", "last_ended_on").iter_rows():
            contents = paper.contents(details[(line,)], days, names)
            key = {name: asked[line][name] for name in ("usage", "first_on", "last_on")} | {
                "person_digest": counted.digests[line],
                "content_digest": paper.digest(contents),
            }
            issued_on = issued.get(tuple(key[name] for name in _KEY), self.business_date)
            said = paper.values(asked[line], names.of(drop.operator_id), contents, issued_on)
            row = key | {
                "code": code(said, secret),
                "operator_id": drop.operator_id,
                "drop_id": drop.drop_id,
                "issued_on": issued_on,
                "delivered_on": self.business_date,
                "last_ended_on": last_ended_on,
            }
            given.append(_Attestation(line, row["code"], said, row))
        return given

    def _lay(
        self, drop: Drop, given: list[_Attestation], lines: pl.DataFrame | None, summary: dict[str, Any]
    ) -> None:
        signatory, secret = Signatory(self.lake), self.lake.secret("attestation")
        registry = catalogue.registry(settings().catalogue)
        schema = ATTESTATIONS.empty.schema
        by_code = {attestation.code: attestation for attestation in given}  # somebody asked for twice: once
        each = list(by_code.values())
        for some in (each[first : first + _AT_ONCE] for first in range(0, len(each), _AT_ONCE)):
            files: dict[str, bytes | Path | None] = {}
            rows = []
            for attestation in some:
                on = attestation.row["issued_on"]
                drawn = paper.pdf(attestation.values, on, secret, signatory.signer, registry.on(on))
                sealed = signatory.sealed(drawn, on)
                files[paper.pdf_name(attestation.code)] = sealed
                rows.append(attestation.row | {"pdf_sha256": hashlib.sha256(sealed).hexdigest()})
            part = hashlib.sha256("".join(files).encode()).hexdigest()[:16]
            self.lake.write(ATTESTATIONS, pl.DataFrame(rows, schema=schema), f"{drop.drop_id}-{part}")
            deliver(self.lake, drop.operator_id, files, self.troubles)
        name = answer_name(drop)
        answer: dict[str, bytes | Path | None] = {name: as_json(summary), lines_name(name): None}
        if lines is not None:
            answer[lines_name(name)] = csv_bytes(lines)
        deliver(self.lake, drop.operator_id, answer, self.troubles)
        keep(self.lake, drop, self.business_date, summary)

    def _summary(
        self, drop: Drop, lines: pl.DataFrame | None, refusal: RequestFileError | None = None
    ) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "fichier": drop.shown_name,
            "empreinte_sha256": drop.sha256,
            "date_de_traitement": self.business_date.isoformat(),
            "format": "demande d'attestation",
        }
        if refusal:
            return answer | {"refus": {"code": refusal.code, **_texts(refusal.code, refusal.detail)}}
        assert lines is not None
        refused = lines.filter(pl.col("code").is_not_null())
        counts = refused.group_by("colonne", "code", "motif", "remede").len("lignes")
        return answer | {
            "lignes_lues": lines["ligne_du_fichier"].n_unique(),
            "attestations": lines["fichier"].drop_nulls().n_unique(),
            "motifs": counts.sort("lignes", "code", "colonne", descending=[True, False, False]).to_dicts(),
            "lignes_sha256": hashlib.sha256(csv_bytes(lines)).hexdigest(),
        }


def _lines(request: Request, counted: Counted, given: list[_Attestation]) -> pl.DataFrame:
    """What became of each line, as its operator reads it: its file, or why there is none."""
    files = {attestation.line: paper.pdf_name(attestation.code) for attestation in given}
    rows: list[tuple[int, str, str | None, str, str | None, str]] = [
        (line, "attestation", files[line], "", None, "") for line in files
    ]
    rows += [
        (line, "refus", None, "", REFUSALS[line in counted.limited].code, "")
        for line in request.asked["line"]
        if line not in files
    ]
    rows += [
        (line, "erreur", None, column, own, detail)
        for line, column, own, detail in request.faults.iter_rows()
    ]
    return pl.DataFrame(
        [
            {"ligne_du_fichier": line, "resultat": result, "fichier": file, "colonne": column, "code": own}
            | (_texts(own, detail) if own else dict.fromkeys(("motif", "remede", "documentation")))
            for line, result, file, column, own, detail in sorted(
                rows, key=lambda row: (row[0], row[3], row[4] or "")
            )
        ],
        schema_overrides=dict.fromkeys(("fichier", "code", "motif", "remede", "documentation"), pl.String),
    )


def _texts(own_code: str, detail: str) -> dict[str, str]:
    rule = _RULES[own_code]
    return {
        "motif": rule.sentence.replace("{detail}", detail),
        "remede": rule.remedy,
        "documentation": f"{GUIDE}#{own_code}",
    }


def _without_name_and_day(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says of a request, whenever and under whatever name it came."""
    return {name: said for name, said in answer.items() if name not in ("fichier", "date_de_traitement")}
