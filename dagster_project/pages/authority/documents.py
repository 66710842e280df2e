"""What an authority has to do: its documents as the signed manifests list them, what each asks for, until when.

The registry does not know what was paid: a term that has passed is told as such, and nothing more (D-264).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dagster_project.pages.page import Column, Link, Row, Table
from dagster_project.reports.shared.french import french_period

_LATEST_DAYS = 92  # what is to be read is news for a quarter
_FORMS = {".pdf": "PDF", ".xlsx": "Excel", ".csv": "CSV", ".parquet": "Parquet"}


@dataclass(frozen=True)
class Paper:
    """A document that went out; cents above 0 the authority pays by `due_on`, below 0 the operator returns."""

    words: str
    operator: str
    issued_on: date
    links: tuple[Link, ...]
    is_final: bool
    cents: int | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class Todo:
    """The tables of the section, and what is held back: a document's name and the reason."""

    to_pay: Table
    to_read: Table
    others: Table
    held: tuple[tuple[str, str], ...]
    due_cents: int


def todo(
    manifests: Mapping[str, Mapping[str, Any]],
    sums: Mapping[str, Mapping[str, tuple[int, str]]],
    days: Mapping[str, int],
    names: Mapping[str, str],
    today: date,
) -> Todo:
    """Sort documents by what they ask for. `sums`: cents and words of each document id, by campaign."""
    papers = [
        _paper(campaign_id, document, files, sums[campaign_id], days[campaign_id], names)
        for campaign_id, manifest in sorted(manifests.items())
        for document, files in _by_document(manifest).items()
    ]
    papers.sort(key=lambda paper: (paper.issued_on, paper.words, paper.operator), reverse=True)
    to_pay = sorted(
        (paper for paper in papers if paper.cents and paper.cents > 0 and paper.due_on and paper.due_on >= today),
        key=lambda paper: (paper.due_on, paper.operator, paper.words),
    )
    rest = [paper for paper in papers if paper not in to_pay]
    news = [paper for paper in rest if not paper.cents and paper.issued_on > today - timedelta(days=_LATEST_DAYS)]
    due = sum(paper.cents or 0 for paper in to_pay)
    return Todo(
        to_pay=_table("a_payer", "À payer", to_pay, due),
        to_read=_table("a_lire", "À lire : trois derniers mois", news),
        others=_table("autres_documents", "Échéance passée, et documents plus anciens", [p for p in rest if p not in news]),
        held=tuple(
            (entry["document"], entry["reason"])
            for manifest in manifests.values()
            for entry in manifest.get("held_back", [])
        ),
        due_cents=due,
    )


def _by_document(manifest: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    files: dict[str, list[Mapping[str, Any]]] = {}
    for entry in manifest.get("files", []):
        files.setdefault(entry["document"], []).append(entry)
    return files


def _paper(
    campaign_id: str,
    document: str,
    files: list[Mapping[str, Any]],
    sums: Mapping[str, tuple[int, str]],
    days: int,
    names: Mapping[str, str],
) -> Paper:
    kind, *rest = document.split("/")
    operator_id = rest[0] if len(rest) > 1 else ""
    issued_on, is_final = date.fromisoformat(files[0]["issued_on"]), files[0]["is_final"]
    cents, words = sums.get(document, (None, "")) if is_final else (None, "")
    links = tuple(
        Link(f"{campaign_id}/{entry['file']}", next(form for end, form in _FORMS.items() if entry["file"].endswith(end)))
        for entry in files
        if not entry["file"].endswith(".lignes.csv")
    )
    return Paper(
        words=words or _words(kind, rest, is_final=is_final),
        operator=names.get(operator_id, operator_id),
        issued_on=issued_on,
        links=links,
        is_final=is_final,
        cents=cents,
        due_on=issued_on + timedelta(days=days) if cents and cents > 0 else None,
    )


def _words(kind: str, rest: list[str], *, is_final: bool) -> str:
    names = {
        "appel": "Appel de fonds",
        "facture": "Facture de la commission",
        "acompte": "État d’acompte",
        "alerte": "Alerte d’acompte",
        "bilan": "Bilan semestriel",
        "bilan_intermediaire": "Bilan intermédiaire de l’enveloppe",
        "situation": "Situation provisoire de la campagne",
    }
    on = date.fromisoformat(rest[-1]) if rest and rest[-1].count("-") == 2 else None  # noqa: PLR2004
    since = f", période qui commence en {french_period(on, on)}" if on else ""
    return names.get(kind, kind) + since + ("" if is_final or kind == "situation" else " (provisoire)")


def _table(id_: str, caption: str, papers: list[Paper], total: int | None = None) -> Table:
    rows = [
        Row((paper.words, paper.operator, paper.issued_on, paper.due_on, paper.cents, paper.links)) for paper in papers
    ]
    if total and len(papers) > 1:
        rows.append(Row(("Total", "", None, None, total, ()), is_total=True))
    return Table(
        id_,
        caption,
        (
            *(Column("Document"), Column("Opérateur"), Column("Émis le", "day"), Column("À payer au plus tard le", "day")),
            *(Column("Montant", "euros"), Column("Fichiers", "link")),
        ),
        rows,
        empty="Rien.",
    )
