"""What was issued, held against manifests, checkpoints and ledger: every file, every call, every folder."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dagster_project.contracts.documents import PUBLIC, READ_ME
from dagster_project.lake.store import Lake
from dagster_project.proof.manifest import NAME, ManifestError
from dagster_project.reports.shared import attestation, call_proof, seal
from dagster_project.reports.shared.attestation import AttestationError
from dagster_project.reports.shared.registry_folder import FOLDER, registry_files
from dagster_project.reports.shared.signatory import Signatory

# An authority's, or the public's: it shows what was issued, is drawn anew and is not signed.
PAGE = "index.html"


def problems(lake: Lake) -> Iterator[str]:
    """One sentence per folder, file or call that is not as issued, or that the ledger does not bear out."""
    signatory = Signatory(lake)
    for folder in sorted(lake.exports.glob("*/*")):
        is_page = folder.name in (PAGE, READ_ME) or (
            folder.parent.name == PUBLIC and folder.suffix == ".html"
        )
        if folder.name.startswith(".") or (is_page and folder.is_file()):
            continue
        if folder.name == FOLDER:
            yield from _handed_out(lake, folder, signatory)
            continue
        try:
            entries = signatory.read_manifest(folder).get("files", [])
        except ManifestError as error:
            yield str(error)
            continue
        listed = {folder / entry["file"] for entry in entries} | {folder / NAME}
        yield from _unlisted(lake, folder, listed)
        for entry in entries:
            file = folder / entry["file"]
            named = _named(lake, file)
            if not file.exists():
                yield f"{named} is missing; its manifest lists it"
            elif hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
                yield f"{named} is not the file that was issued"
            elif entry.get("document", "").startswith("appel/") and file.suffix == ".pdf":
                yield from (f"{named}: {problem}" for problem in call_problems(file, signatory))


def _unlisted(lake: Lake, folder: Path, listed: set[Path]) -> Iterator[str]:
    """Files that no signed manifest lists: whoever deletes a manifest makes all of its folder such."""
    files = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
    for file in files:
        if not file.is_dir() and file not in listed:
            yield f"{_named(lake, file)} is in no manifest that the registry signed: it did not issue it so"


def _handed_out(lake: Lake, folder: Path, signatory: Signatory) -> Iterator[str]:
    """What checks documents, held against the ledger: more than the ledger has, or other, is told."""
    files = registry_files(signatory)
    yield from _unlisted(lake, folder, {folder / name for name in files})
    for name, content in files.items():
        if not (folder / name).exists() or (folder / name).read_bytes() != content:
            yield f"{_named(lake, folder / name)} is not what the registry hands out; a night writes it anew"


def _named(lake: Lake, file: Path) -> str:
    return f"exports/{file.relative_to(lake.exports)}"


def call_problems(file: Path, signatory: Signatory) -> Iterator[str]:
    """What is wrong with an issued call, beside its code: its seal, and its lines in the ledger. In French.

    Of values typed off the paper, only that the ledger holds their closing.
    """
    is_pdf = file.suffix.lower() == ".pdf"
    if is_pdf:
        yield from seal.broken(file.read_bytes(), signatory.seal.certificates)
    try:
        values, proof = attestation.attested(file)
    except AttestationError as error:
        yield str(error)
        return
    if not call_proof.is_held(values, signatory):
        yield f"le grand livre ne tient plus la clôture n° {values['cloture']} dont cet appel est tiré"
    elif is_pdf:
        yield from call_proof.problems(values, proof, signatory)
