"""What was issued, held against manifests, checkpoints and ledger: every file, every call, every folder."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dagster_project.lake import Lake
from dagster_project.proof.manifest import NAME, ManifestError
from dagster_project.reports import attestation, call_proof, seal
from dagster_project.reports.attestation import AttestationError
from dagster_project.reports.signatory import Signatory
from dagster_project.settings import Settings


def problems(lake: Lake, settings: Settings) -> Iterator[str]:
    """One sentence per folder, file or call that is not as issued, or that the ledger does not bear out."""
    signatory = Signatory(lake, settings)
    for manifest in sorted(lake.exports.glob(f"*/*/{NAME}")):
        folder = manifest.parent
        try:
            entries = signatory.read_manifest(folder).get("files", [])
        except ManifestError as error:
            yield str(error)
            continue
        for entry in entries:
            file = folder / entry["file"]
            named = f"exports/{file.relative_to(lake.exports)}"
            if not file.exists():
                yield f"{named} is missing; its manifest lists it"
            elif hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
                yield f"{named} is not the file that was issued"
            elif entry.get("document", "").startswith("appel/") and file.suffix == ".pdf":
                yield from (f"{named}: {told}" for told in call_problems(file, signatory))


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
