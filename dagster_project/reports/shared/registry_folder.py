"""What the registry hands to everybody to check it by: its checkpoints, its public key, its certificates,
the program that checks and the page that explains it.

`exports/<authority>/registre/`, and `registre_…` beside each operator's answers. Whoever keeps a copy sees
later whether closed money was moved. Not here: what a checkpoint is (proof).
"""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from dagster_project.files.disk import replacing
from dagster_project.lake.store import Lake
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.settings import PROJECT

FOLDER = "registre"
CHECKER = "verifier_un_appel.py"
_CHECK_FILES = {
    CHECKER: PROJECT / "tools" / "verify_call.py",
    "LISEZMOI.md": PROJECT / "docs" / "verifier_un_appel.md",
}


def how_to_check(email: str) -> tuple[tuple[str, str], ...]:
    """What anybody can check an attestation with, and what the registry answers at that address."""
    return (
        (
            "Sans le registre",
            "Quiconque tient le dossier reçu lance, dans le dossier registre qui l’accompagne : "
            f"python {CHECKER} .. --key cle_publique.pem\n"
            "Python et le paquet cryptography suffisent ; LISEZMOI.md, à côté, dit ce qui est contrôlé. Tout "
            "lecteur de PDF montre si le fichier a changé depuis son cachet (certificat : cachet.pem).",
        ),
        (
            "Auprès du registre",
            f"Envoyer ce PDF, ou les valeurs imprimées et le code, à {email} : le registre y répond "
            "(entrepot attest verify). Une seule valeur changée donne un autre code.",
        ),
    )


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
        **{name: file.read_bytes() for name, file in _CHECK_FILES.items()},
    }
