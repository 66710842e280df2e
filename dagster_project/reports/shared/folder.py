"""A campaign's folder of documents: written whole beside the old one, whose place it takes.

A final document is written once: what went out is carried over byte for byte while its hash is the one that
the manifest says, whatever has changed since in the warehouse or in the parties' files; it is drawn again
only where it is missing or was altered. Not here: what a document says. Why: D-097, D-145.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dagster_project import errors
from dagster_project.contracts.documents import READ_ME, Paper, read_me
from dagster_project.files.disk import replacing_folder
from dagster_project.lake.register import digest_of
from dagster_project.lake.seen import DIGEST, Seen
from dagster_project.proof.manifest import NAME, Content, ManifestError
from dagster_project.reports.shared.signatory import Signatory


@dataclass(frozen=True)
class Document:
    """Something to publish: `draw` writes its files into a folder and says the rows of each.

    `id` names it for good ("appel/karavane/2021-01-01"). A final one bears the day on which it first went
    out: that of its closing (`issued_on`), or of the later night that sent it, from which its term of payment
    counts. Another bears the night on which its `content` last changed, which `content` digests. `draw`
    raises DocumentError where it cannot be: the document is held back, others go out.
    `stays`: it remains when nothing makes it any more. Not `is_redrawn`: what it was made from is no longer
    whole, so one that was altered is told, and restored by hand. `held`: why it may not go out, in French.
    A draft is drawn once a month, and where it is missing; `is_nightly`: also when it says something else.
    """

    id: str
    draw: Callable[[Path, date], dict[str, int]]
    is_final: bool = False
    issued_on: date | None = None
    content: Callable[[], str] = str
    stays: bool = False
    is_redrawn: bool = True
    held: str = ""
    is_nightly: bool = False


@dataclass(frozen=True)
class Export:
    """One file that went out: its document, rows and hash, and the digest of what it was made from."""

    file: str
    document: str
    rows: int
    sha256: str
    content: str
    issued_on: str
    is_final: bool
    stays: bool


def read_me_document(
    place: str, first: str, papers: Mapping[str, Paper], reader: str = "authority"
) -> Document:
    """A folder's LISEZ-MOI: in its manifest as all that lies there."""
    text = read_me(place, first, papers, reader)

    def draw(folder: Path, issued_on: date) -> dict[str, int]:
        (folder / READ_ME).write_text(text, "utf-8")
        return {READ_ME: 0}

    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(id="lisez-moi", draw=draw, content=lambda: digest, is_nightly=True)


@dataclass
class Publication:
    """What became of documents: files, those held back with their reason, issued files found altered.

    `issued`: documents that this night has issued, by id, once a campaign. `forged`: folders that were left
    as they are, because the registry did not sign their manifest.
    """

    exports: list[Export] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    altered: list[str] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)

    def add(self, other: "Publication") -> None:
        """Take in what another folder's publication says."""
        self.exports += other.exports
        self.held |= other.held
        self.altered += other.altered
        self.forged += other.forged


def publish_folder(
    folder: Path,
    campaign_id: str,
    documents: Iterable[Document],
    business_date: date,
    signatory: Signatory,
    *,
    draws_drafts: bool = False,
    went_out_on: Mapping[str, date] | None = None,
) -> Publication:
    """Write a campaign's documents and its signed manifest in place of what was there.

    `went_out_on`: the day of each final document that has gone out, whatever became of its file. Drafts are
    drawn in the first night of a calendar month, or where `draws_drafts` asks for them (D-188).
    Nothing is carried on, and nothing written, where what was there is not as the registry signed it.
    """
    try:
        previous = signatory.read_manifest(folder)
    except ManifestError as error:
        return Publication(forged=[str(error)])
    known, gone_out = _known(previous), went_out_on or {}
    drawn_on = previous.get("drafts_drawn_on", "")
    is_draft_day = draws_drafts or drawn_on[:7] != f"{business_date:%Y-%m}"
    publication, seen = Publication(), Seen(signatory.lake, folder, DIGEST, business_date)
    with replacing_folder(folder) as beside:
        for document in documents:
            issued = [
                entry for entry in known.pop(document.id, []) if not document.is_final or entry.is_final
            ]
            if document.is_final and issued:
                altered = [entry.file for entry in issued if not _is_intact(folder, entry, seen)]
                publication.altered += altered
                if not altered or not document.is_redrawn:
                    _carry(issued, folder, beside)
                    publication.exports += issued
                    continue
            elif document.held:
                publication.held[f"{campaign_id}/{document.id}"] = document.held
                continue
            elif (
                not (document.is_final or is_draft_day)
                and issued
                and (not document.is_nightly or _is_the_same(document, issued))
                and all(_is_intact(folder, entry, seen) for entry in issued)
            ):
                publication.exports += _carry(issued, folder, beside)
                continue
            try:
                first_on = gone_out.get(document.id)
                drawn = _drawn(document, issued, beside, business_date, first_on, signatory)
            except ValueError as error:
                publication.held[f"{campaign_id}/{document.id}"] = errors.safe_message(error)
                continue
            publication.exports += drawn
            for entry in drawn:
                seen.tell(entry.file, entry.sha256, beside / entry.file)
        for entries in known.values():
            publication.exports += _carry([entry for entry in entries if entry.stays], folder, beside)
        manifest = {
            "campaign_id": campaign_id,
            "drafts_drawn_on": business_date.isoformat() if is_draft_day else drawn_on,
            "files": [asdict(entry) for entry in publication.exports],
            "held_back": [{"document": name, "reason": reason} for name, reason in publication.held.items()],
        }
        (beside / NAME).write_text(signatory.manifest(manifest, folder), "utf-8")
    seen.keep()
    return publication


def _drawn(
    document: Document,
    issued: list[Export],
    folder: Path,
    business_date: date,
    first_on: date | None,
    signatory: Signatory,
) -> list[Export]:
    """The document's files, all of them or none; the PDF of a final one is sealed."""
    content = made_from(document)
    same = [entry.issued_on for entry in issued if document.is_final or entry.content == content]
    issued_on = first_on or max(document.issued_on or business_date, business_date)
    if same:
        issued_on = date.fromisoformat(same[0])
    with TemporaryDirectory(dir=folder) as apart:
        drawn = document.draw(Path(apart), issued_on)
        for name in drawn:
            if document.is_final and name.endswith(".pdf"):
                pdf = Path(apart) / name
                pdf.write_bytes(signatory.sealed(pdf.read_bytes(), issued_on))
            os.replace(Path(apart) / name, folder / name)
    return [
        Export(
            file=name,
            document=document.id,
            rows=rows,
            sha256=digest_of(folder / name),
            content=content,
            issued_on=issued_on.isoformat(),
            is_final=document.is_final,
            stays=document.stays,
        )
        for name, rows in drawn.items()
    ]


def _carry(entries: list[Export], folder: Path, beside: Path) -> list[Export]:
    """Take what went out along, as it went out; returns what is still there."""
    there = [entry for entry in entries if (folder / entry.file).exists()]
    for entry in there:
        try:
            os.link(folder / entry.file, beside / entry.file)
        except OSError:  # a file system without second names
            shutil.copyfile(folder / entry.file, beside / entry.file)
    return there


def _is_the_same(document: Document, issued: list[Export]) -> bool:
    """Whether it says what it said; of one that has no digest nobody knows."""
    content = made_from(document)
    return bool(content) and all(entry.content == content for entry in issued)


def made_from(document: Document) -> str:
    """What it was made from; of one that is compared each night, also the code that draws it."""
    content = document.content()
    return f"{content} {_code()}" if content and document.is_nightly else content


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.*")):
        if file.suffix in (".py", ".sql", ".typ", ".jinja"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _is_intact(folder: Path, entry: Export, seen: Seen) -> bool:
    return (folder / entry.file).exists() and seen.of(entry.file, digest_of) == entry.sha256


def _known(manifest: Content) -> dict[str, list[Export]]:
    """What the manifest says went out, by document."""
    known: dict[str, list[Export]] = {}
    for entry in manifest.get("files", []):
        if "document" in entry:
            known.setdefault(entry["document"], []).append(Export(**entry))
    return known
