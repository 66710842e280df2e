"""Documents on paper: a letterhead and a few blocks, set in PDF/A-3 by typst (letter.typ).

What belongs here serves any PDF: every text comes ready to print, typst only places it. What one document
says stands in its own module. The same letter gives the same bytes: fonts are typst's own, and the only
date is the day of issue.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.files.typesetting import set_pdf
from dagster_project.reports.shared.french import group_siret, typographic

_TEMPLATE = Path(__file__).with_name("letter.typ")


@dataclass(frozen=True)
class Facts:
    """Names and values, one a line, or two where they are short."""

    heading: str
    rows: tuple[tuple[str, str], ...]
    is_paired: bool = False


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
    """A box to sign in; with `lines`, who has signed by the seal of the file."""

    label: str
    lines: tuple[str, ...] = ()


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
class Logo:
    """A party's logo, as PNG (CONVENTION article 11), and whose it is."""

    name: str
    picture: bytes = field(repr=False)


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
    logos: tuple[Logo, ...] = ()


def address_lines(party: Operator | Authority, *extra_lines: str) -> tuple[str, ...]:
    """A letterhead: name, `extra_lines`, address, SIRET, the service that follows payments (annexe 1)."""
    head = (party.name, *extra_lines, *party.address.text.split("\n"), f"SIRET {group_siret(party.siret)}")
    return (*head, *(party.service.lines if party.service else ()))


def logos(*parties: Operator | Authority, on: date) -> tuple[Logo, ...]:
    """The logos of the parties to a document of that day; who has none shows none."""
    return tuple(Logo(party.name, picture) for party in parties if (picture := party.picture(on)))


def set_letter(letter: Letter) -> bytes:
    """The letter as a PDF; a sign that its fonts lack is written by its code, and said."""
    shown = asdict(replace(letter, files=(), logos=())) | {
        "issued_on": "",
        "blocks": [{"kind": type(block).__name__.lower(), **asdict(block)} for block in letter.blocks],
    }
    content = json.loads(typographic(json.dumps(shown, ensure_ascii=False)))
    exact = {
        "files": [asdict(file) for file in letter.files],
        "logos": [{"name": logo.name, "picture": list(logo.picture)} for logo in letter.logos],
    }
    return set_pdf(_TEMPLATE, "letter", content, datetime.combine(letter.issued_on, time(), UTC), exact)
