"""Documents on paper: a letterhead and a few blocks, set in PDF/A-3 by typst (letter.typ).

What belongs here serves any PDF: every text comes ready to print, typst only places it. What one document
says stands in its own module. The same letter gives the same bytes: fonts are typst's own, and the only
date is the day of issue.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.files.typesetting import set_pdf
from dagster_project.reports.shared.french import group_siret, typographic

_TEMPLATE = Path(__file__).with_name("letter.typ")


@dataclass(frozen=True)
class Facts:
    """Names and values, one a line."""

    heading: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Column:
    """One column of a grid: numbers stand at the right, a wide column takes the room that is left."""

    title: str
    is_number: bool = True
    is_wide: bool = False


@dataclass(frozen=True)
class Grid:
    """A table; `totals` are its last rows, in bold."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Notes:
    """Sentences in small print."""

    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What the reader has to do, with its amount."""

    text: str
    amount: str


@dataclass(frozen=True)
class Seal:
    """A code in large letters, and beside it the same to scan: an SVG, or nothing."""

    label: str
    code: str
    picture: str = ""


@dataclass(frozen=True)
class Signature:
    """A box to sign in."""

    label: str


@dataclass(frozen=True)
class NewPage:
    """A page with a title of its own."""

    title: str
    subtitle: str


Block = Facts | Grid | Notes | Outcome | Seal | Signature | NewPage


@dataclass(frozen=True)
class File:
    """A text embedded in the PDF."""

    name: str
    mime: str
    description: str
    text: str


@dataclass(frozen=True)
class Letter:
    """A document: from whom, to whom, about what, and its blocks in reading order."""

    title: str
    number: str
    subtitle: str
    period: str
    sender_label: str
    sender: tuple[str, ...]
    recipient_label: str
    recipient: tuple[str, ...]
    footer: str
    issued_on: date
    blocks: tuple[Block, ...]
    files: tuple[File, ...] = ()


def address_lines(party: Operator | Authority, *extra_lines: str) -> tuple[str, ...]:
    """Name, `extra_lines`, address and SIRET, as a letterhead says them."""
    return (party.name, *extra_lines, *party.address.text.split("\n"), f"SIRET {group_siret(party.siret)}")


def set_letter(letter: Letter) -> bytes:
    """The letter as a PDF; a sign that its fonts lack is written by its code, and said."""
    shown = asdict(replace(letter, files=())) | {
        "issued_on": "",
        "blocks": [{"kind": type(block).__name__.lower(), **asdict(block)} for block in letter.blocks],
    }
    content = json.loads(typographic(json.dumps(shown, ensure_ascii=False)))
    files = {"files": [asdict(file) for file in letter.files]}
    return set_pdf(_TEMPLATE, "letter", content, datetime.combine(letter.issued_on, time(), UTC), files)
