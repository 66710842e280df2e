"""The registry as it signs what goes out: manifests, sealed PDFs, the checkpoints that both name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster_project.lake.store import Lake
from dagster_project.proof import checkpoint, manifest
from dagster_project.proof.checkpoint import Checkpoint
from dagster_project.proof.manifest import POINT, Content, ManifestError
from dagster_project.proof.signing import SealKey, Signer, seal_key, signer
from dagster_project.reports.shared.seal import sealed


@dataclass(frozen=True, repr=False)
class Signatory:
    """What signing takes; keys are read where first needed. Raises KeyFileError then."""

    lake: Lake

    @cached_property
    def signer(self) -> Signer:
        """Who signs manifests."""
        return signer(self.lake)

    @cached_property
    def seal(self) -> SealKey:
        """What PDFs are sealed with."""
        return seal_key(self.lake)

    @cached_property
    def points(self) -> tuple[Checkpoint, ...]:
        """The ledger's checkpoints."""
        return checkpoint.held(self.lake)

    def sealed(self, pdf: bytes, issued_on: date) -> bytes:
        """The PDF under the seal, which names the last checkpoint of its day of issue."""
        known = [point for point in self.points if point.closed_on <= issued_on]
        reason = f"Point de contrôle n° {known[-1].number}, {known[-1].sha256}" if known else "Émission"
        return sealed(pdf, self.seal, issued_on, reason)

    def manifest(self, content: Mapping[str, Any], folder: Path) -> str:
        """The manifest of `folder` as text, with the last checkpoint and the registry's signature."""
        head = self.points[-1].reference if self.points else None
        completed = dict(content) | {POINT: head}
        return manifest.written(completed, f"{folder.parent.name}/{folder.name}", self.signer)

    def read_manifest(self, folder: Path) -> Content:
        """What the folder's manifest says; nothing where there is none. Raises ManifestError.

        It is also wrong where it rests on a checkpoint that the ledger does not hold.
        """
        content = manifest.read(folder, self.signer)
        if (
            content
            and (head := content.get(POINT))
            and head not in [point.reference for point in self.points]
        ):
            raise ManifestError(
                f"exports/{folder.parent.name}/{folder.name} was published upon checkpoint {head['numero']}, "
                "which the ledger does not hold: closings were removed or rewritten. Restore lake/warehouse."
            )
        return content or {}
