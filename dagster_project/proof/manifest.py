"""Signed manifests: what a folder holds, file by file, under the registry's signature."""

import json
from pathlib import Path
from typing import Any

from dagster_project.files.disk import replacing
from dagster_project.lake.store import Lake
from dagster_project.proof.checkpoint import canonical
from dagster_project.proof.signing import Signer

NAME = "manifest.json"
_PURPOSE = "manifeste"
POINT = "point_de_controle"

Content = dict[str, Any]


class ManifestError(Exception):
    """A manifest that the registry did not sign as it is; the message says which folder's, and the remedy."""


def written(content: Content, folder: str, signer: Signer) -> str:
    """The manifest of a folder (`<authority>/<folder>`) as text, with its signature."""
    named = content | {"folder": folder}
    signature = signer.sign(_PURPOSE, canonical(named))
    return json.dumps(named | {"signature": signature}, indent=2, ensure_ascii=False) + "\n"


def read(folder: Path, signer: Signer) -> Content | None:
    """What the folder's manifest says, or None where there is none. Raises ManifestError."""
    file, name = folder / NAME, f"{folder.parent.name}/{folder.name}"
    if not file.exists():
        return None
    content = _content(file)
    signature = content.pop("signature", None)
    if content.get("folder") != name or not signer.holds(_PURPOSE, canonical(content), signature):
        raise ManifestError(
            f"exports/{name}/{NAME} is not as the registry signed it: it, or what it lists, was exchanged. "
            "Restore the folder from a copy; or take it away, and all of it is drawn again from the ledger."
        )
    return content


def adopt(lake: Lake, signer: Signer) -> None:
    """Sign the manifests that an older version left unsigned, as they are."""
    for file in sorted(lake.exports.glob(f"*/*/{NAME}")):
        content = _content(file)
        if content and "signature" not in content:
            text = written(content, f"{file.parent.parent.name}/{file.parent.name}", signer)
            with replacing(file, durable=True) as beside:
                beside.write_text(text, "utf-8")


def names_a_checkpoint(lake: Lake) -> bool:
    """Whether a manifest rests on a checkpoint: then there must be one."""
    return any(_content(file).get(POINT) for file in lake.exports.glob(f"*/*/{NAME}"))


def _content(file: Path) -> Content:
    """What a manifest says, signed or not; nothing where it cannot be read."""
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except (ValueError, TypeError):
        return {}
