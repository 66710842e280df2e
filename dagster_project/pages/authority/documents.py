"""Demands that an authority has not paid, documents that went out, those held back and why."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from dagster_project.contracts.documents import DOCUMENTS
from dagster_project.pages.page import Column, Link, Row, Table
from dagster_project.reports.account.account import Demand
from dagster_project.reports.shared.french import french_euros, french_period

_FORMS = {".pdf": "PDF", ".xlsx": "Excel", ".csv": "CSV", ".parquet": "Parquet"}


def to_pay(
    demands: Sequence[Mapping[str, Any]], manifests: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]
) -> Table:
    """Each demand with what is left of it, why, and its document; then their sum."""
    files = {folder: _by_document(manifest) for folder, manifest in manifests.items()}
    rows = []
    for row in demands:
        demand, folder = Demand.of(row), row["campaign_id"]
        rows.append(
            Row(
                (
                    *(demand.title, names[row["operator_id"]], demand.sent_on, demand.due_on, demand.state),
                    *(demand.asked_cents, row["left_cents"], _why(row)),
                    _links(folder, files.get(folder, {}).get(row["document_id"], ())),
                )
            )
        )
    if len(rows) > 1:
        asked, left = (sum(row[f"{name}_cents"] for row in demands) for name in ("asked", "left"))
        rows.append(Row(("Total", "", None, None, "", asked, left, "", ()), is_total=True))
    return Table(
        "a_payer",
        "À payer, et à vous rendre (montants négatifs)",
        (
            *(Column("Demande"), Column("Opérateur"), Column("Envoyée le", "day"), Column("Échéance", "day")),
            *(Column("État"), Column("Demandé", "euros"), Column("Reste à payer", "euros")),
            *(Column("Pourquoi ce montant"), Column("Fichiers", "link")),
        ),
        rows,
        stacks=True,
    )


def _why(row: Mapping[str, Any]) -> str:
    """What the demand's amount is made of, as its document has it, and what left less or more of it."""
    moved = [
        f"{words} {french_euros(row[f'{name}_cents'])}"
        for name, words in (
            ("carried", "repris d’un autre état"),
            ("paid", "déjà payé"),
            ("unmatched", "un paiement qui la nomme n’est pas compté (relevé de compte) :"),
        )
        if row[f"{name}_cents"]
    ]
    return " ; ".join([_made_of(row), *moved])


def _made_of(row: Mapping[str, Any]) -> str:
    if row["kind"] == "call":
        return "indemnité de la période (« Enveloppe et appels »)"
    if row["kind"] == "invoice":
        parts = zip((row["fee_ex_vat_cents"], row["vat_cents"]), ("HT", "TVA"), strict=True)
        words = ", ".join(f"{name} {french_euros(cents)}" for cents, name in parts if cents is not None)
        return f"trajets du mois, régularisations comprises : {words}"
    opening, used = row["opening_cents"], row["consumed_cents"]
    if not opening and not used:
        return "acompte initial"
    closing = french_euros(opening - used + row["revision_cents"])
    return f"acompte {french_euros(opening)}, consommé {french_euros(used)}, porté à {closing}"


def papers(manifests: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """Every document of the signed manifests (by folder beside the page), the newest first."""
    dated_papers = [
        (date.fromisoformat(entries[0]["issued_on"]), *_words(document, names), folder, entries)
        for folder, manifest in manifests.items()
        for document, entries in _by_document(manifest).items()
        if document != "lisez-moi"
    ]
    dated_papers.sort(key=lambda paper: (-paper[0].toordinal(), *paper[1:4]))
    return Table(
        "documents",
        "Documents, du plus récent au plus ancien",
        (
            Column("Document"),
            Column("Opérateur"),
            Column("État"),
            Column("Daté du", "day"),
            Column("Fichiers", "link"),
        ),
        [
            Row(
                (
                    words,
                    operator,
                    "définitif" if entries[0]["is_final"] else "provisoire",
                    day,
                    _links(folder, entries),
                )
            )
            for day, words, operator, folder, entries in dated_papers
        ],
        stacks=True,
    )


def held_back(manifests: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """Documents that wait, and the reason of each."""
    held = [entry for manifest in manifests.values() for entry in manifest.get("held_back", [])]
    return Table(
        "retenus",
        "Documents retenus",
        (Column("Document"), Column("Opérateur"), Column("Motif")),
        # Held documents are named below their folder: "pmgf_2021/appel/karavane/2021-01-01".
        [Row((*_words(entry["document"].partition("/")[2], names), entry["reason"])) for entry in held],
        empty="Aucun.",
        stacks=True,
    )


def _by_document(manifest: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    files: dict[str, list[Mapping[str, Any]]] = {}
    for entry in manifest.get("files", []):
        files.setdefault(entry["document"], []).append(entry)
    return files


def _links(folder: str, entries: Sequence[Mapping[str, Any]]) -> tuple[Link, ...]:
    files = [entry["file"] for entry in entries]
    return tuple(Link(f"{folder}/{file}", _FORMS.get(PurePosixPath(file).suffix, file)) for file in files)


def _words(document: str, names: Mapping[str, str]) -> tuple[str, str]:
    """A document's id as words and the operator's name: "appel/karavane/2021-01-01"."""
    kind, *rest = document.split("/")
    words, operator = DOCUMENTS[kind].title if kind in DOCUMENTS else kind.capitalize(), ""
    for part in rest:
        if part in names:
            operator = names[part]
            continue
        try:
            words += f", depuis {french_period(date.fromisoformat(part), date.fromisoformat(part))}"
        except ValueError:
            words += f", {part}"
    return words, operator
