"""What documents that went out say, read back from their files: workbooks, PDFs, manifests."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from pypdf import PdfReader

from dagster_project.files.pdf_text import shown_texts
from dagster_project.lake.store import Lake
from dagster_project.reports.shared import attestation
from dagster_project.reports.shared.counts import STEPS, step_label


def files_of(lake: Lake) -> dict[tuple[str, str], dict[str, Path]]:
    """Each document's files by their ending, by campaign and document."""
    found: dict[tuple[str, str], dict[str, Path]] = {}
    for manifest in lake.exports.glob("*/*_*/manifest.json"):  # not the authority's own `trajets`
        told = json.loads(manifest.read_text("utf-8"))
        assert told["held_back"] == []
        for entry in told["files"]:
            file = manifest.with_name(entry["file"])
            assert sha256(file.read_bytes()).hexdigest() == entry["sha256"]
            found.setdefault((told["campaign_id"], entry["document"]), {})[file.suffix] = file
    return found


def figures_of(file: Path) -> dict[str, dict[str, Any]]:
    """The last figure of each line by its first text, sheet by sheet; the journeys apart."""
    book = openpyxl.load_workbook(file, data_only=True, read_only=True)
    sheets = {}
    for sheet in (one for one in book.worksheets if one.title not in ("Trajets", "Légende")):
        rows = sheet.iter_rows(values_only=True)
        figures = {
            str(row[0]): [cell for cell in row if isinstance(cell, int | float)] for row in rows if row
        }
        sheets[sheet.title] = {name: values[-1] for name, values in figures.items() if values}
    book.close()
    return sheets


def counts_of(call: dict[str, Path]) -> dict[str, list[int]]:
    """Every place of a closed call that counts journeys, by what it counts."""
    shown, pdf = figures_of(call[".xlsx"]), call[".pdf"]
    values = json.loads(PdfReader(pdf).attachments[attestation.ATTACHMENT][0])["valeurs"]
    text, told = text_of(pdf), {}
    named = dict(zip(("concerned", "paid"), map(int, pdf.stem.split("_")[-3:-1]), strict=True))
    signed = ("trajets_recus", "trajets_valides", "trajets_concernes", "trajets_eligibles", "trajets_payes")
    for name, (step, words) in zip(signed, STEPS.items(), strict=True):
        label = step_label(step)
        on_paper = re.findall("".join(label.split()) + r"([0-9]+)", text)
        assert len(on_paper) == 2, label  # the recap, and the attestation
        told[step] = [*map(int, on_paper), values[name], shown["Appel de fonds"][label]]
        told[step] += [int(count) for count in _line(call[".xlsx"], "Rapprochement", words)]
        told[step] += [named[step]] if step in named else []
    told["paid"] += [
        int(count) for count in _line(call[".xlsx"], "Rapprochement", "indemnisés dans ce document")
    ]
    return told


def _line(file: Path, sheet: str, name: str) -> list[float]:
    """The first figure of the line of that name."""
    book = openpyxl.load_workbook(file, data_only=True, read_only=True)
    rows = [row for row in book[sheet].iter_rows(values_only=True) if row and row[0] == name]
    book.close()
    return [next(cell for cell in row if isinstance(cell, int | float)) for row in rows]


def text_of(pdf: Path) -> str:
    """All that its pages show, without a space."""
    pages = "".join(shown_texts(pdf.read_bytes()))
    return "".join(pages.split())


def recap_of(file: Path) -> dict[str, int]:
    """The counts of the recap's bands, by their letter."""
    book = openpyxl.load_workbook(file, data_only=True, read_only=True)
    rows = book["Récapitulatif"].iter_rows(max_col=4, values_only=True)
    told = {row[2]: row[3] for row in rows if row[2] in tuple("ABD")}
    book.close()
    return told
