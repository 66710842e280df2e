"""What the registry hands to everybody to check it by: its checkpoints, its public key, its certificates.

`exports/<authority>/registre/`, and `registre_…` beside each operator's answers. Whoever keeps a copy sees
later whether closed money was moved. Not here: what a checkpoint is (proof).
"""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from dagster_project.files.disk import replacing
from dagster_project.lake.store import Lake
from dagster_project.reports.shared.signatory import Signatory

FOLDER = "registre"


def write_registry_folders(lake: Lake, signatory: Signatory) -> None:
    """Write them for every authority that has a folder."""
    for authority in sorted(lake.exports.glob("*/")):
        write_registry_files(authority / FOLDER, signatory)


def write_registry_files(folder: Path, signatory: Signatory) -> None:
    """Write them into a folder of ours."""
    for name, content in registry_files(signatory).items():
        with replacing(folder / name) as beside:
            beside.write_bytes(content)


def registry_files(signatory: Signatory) -> dict[str, bytes]:
    """Their names and bytes; nothing before the first checkpoint."""
    if not signatory.points:
        return {}
    return {
        "points_de_controle.jsonl": "".join(f"{point.line}\n" for point in signatory.points).encode(),
        "cle_publique.pem": signatory.signer.pem,
        "cachet.pem": b"".join(
            certificate.public_bytes(Encoding.PEM) for certificate in signatory.seal.certificates
        ),
    }
