"""The registry's signing keys: Ed25519 for checkpoints and manifests, RSA with a certificate for PDFs.

Where they live is a setting. Development makes its own in the keys folder, as long as nothing rests on them:
once a checkpoint is there, a missing key is told and never made anew. Not here: what is signed.
"""

import hashlib
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from dagster_project.contracts.ledger import CHECKPOINTS
from dagster_project.files.disk import OpenToOthersError, only_ours, replacing
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.store import Lake
from dagster_project.settings import settings

_ANSWER_S = 60  # that a signing command may take
_PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----\n?", re.DOTALL)

Signature = dict[str, str]


@dataclass(frozen=True, repr=False)
class Signer:
    """Who signs: by the key, or by the command that holds it. `public`: the present key, then former ones."""

    public: tuple[Ed25519PublicKey, ...]
    key: Ed25519PrivateKey | None = None
    command: str = ""

    def sign(self, purpose: str, content: bytes) -> Signature:
        """The signature of a content for one purpose, with the key's name. Raises KeyFileError."""
        message = purpose.encode() + b"\0" + content
        signature = {"cle": named(self.public[0]), "valeur": self._signed(message).hex()}
        if not self.holds(purpose, content, signature):
            raise KeyFileError(
                "ENTREPOT_SIGNING_COMMAND gave no signature of the first key in ENTREPOT_SIGNING_PUBLIC. "
                "Remedy: it reads the message on its standard input and writes 64 bytes, nothing else."
            )
        return signature

    def holds(self, purpose: str, content: bytes, signature: Any) -> bool:
        """Whether a signature is that of one of the registry's keys over this content."""
        by = {named(key): key for key in self.public}
        try:
            by[signature["cle"]].verify(
                bytes.fromhex(signature["valeur"]), purpose.encode() + b"\0" + content
            )
        except (InvalidSignature, KeyError, TypeError, ValueError):
            return False
        return True

    @property
    def pem(self) -> bytes:
        """The public keys, to be published."""
        return b"".join(_public_pem(key) for key in self.public)

    def _signed(self, message: bytes) -> bytes:
        if self.key:
            return self.key.sign(message)
        try:
            return subprocess.run(
                shlex.split(self.command), input=message, capture_output=True, check=True, timeout=_ANSWER_S
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise KeyFileError(f"ENTREPOT_SIGNING_COMMAND failed ({type(error).__name__})") from None


def signer(lake: Lake) -> Signer:
    """The signer of checkpoints and manifests. Raises KeyFileError."""
    chosen = settings()
    public = _public(chosen.signing_public) if chosen.signing_public else ()
    if chosen.signing_command:
        if not public:
            raise KeyFileError("ENTREPOT_SIGNING_COMMAND wants ENTREPOT_SIGNING_PUBLIC, the key it signs by")
        return Signer(public, command=chosen.signing_command)
    file = chosen.signing_key or lake.keys / "signing.pem"
    if not file.exists():
        _may_be_made(file, chosen.signing_key, lake)
        key: Any = Ed25519PrivateKey.generate()
        _keep(file, _private_pem(key))
    key = _private(file)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{file.name} is no Ed25519 private key in PEM. Restore it from a copy.")
    own = key.public_key()
    return Signer((own, *(other for other in public if named(other) != named(own))), key)


@dataclass(frozen=True, repr=False)
class SealKey:
    """What PDFs are sealed with: the key, its certificate first, then the chain and former certificates."""

    key: RSAPrivateKey
    certificates: tuple[x509.Certificate, ...]


def seal_key(lake: Lake) -> SealKey:
    """The key of the electronic seal; a self-made certificate in development. Raises KeyFileError."""
    file = settings().seal or lake.keys / "seal.pem"
    if not file.exists():
        _may_be_made(file, settings().seal, lake)
        private = generate_private_key(public_exponent=65537, key_size=3072)
        _keep(file, _private_pem(private) + _self_signed(private).public_bytes(Encoding.PEM))
    key = _private(file)
    blocks = [match for match in _PEM.finditer(file.read_bytes()) if match[1] == b"CERTIFICATE"]
    certificates = tuple(x509.load_pem_x509_certificate(match[0]) for match in blocks)
    if not (
        isinstance(key, RSAPrivateKey) and certificates and certificates[0].public_key() == key.public_key()
    ):
        raise KeyFileError(f"{file.name} holds no RSA key followed by its certificate, in PEM")
    return SealKey(key, certificates)


def check(lake: Lake) -> None:
    """Raise KeyFileError where a key that signed something is missing, damaged or open; makes none."""
    for given, used in ((settings().signing_key, signer), (settings().seal, seal_key)):
        if given or _rests_on_keys(lake):
            used(lake)


def named(key: Ed25519PublicKey) -> str:
    """What names a public key: the beginning of its SHA-256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _may_be_made(file: Path, given: Path | None, lake: Lake) -> None:
    if given or _rests_on_keys(lake):
        raise KeyFileError(f"{file.name} is missing: what is signed rests on it. Restore it from a copy.")


def _rests_on_keys(lake: Lake) -> bool:
    return any(lake.folder(CHECKPOINTS).glob("*.parquet"))


def _keep(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with replacing(file, durable=True) as beside:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)


def _private(file: Path) -> Any:
    try:
        only_ours(file, 0o027)  # a group, or the ACL of a systemd credential, may read it
        return _checked(file.read_bytes())
    except OpenToOthersError as error:
        raise KeyFileError(str(error)) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError(f"{file.name} is no private key in PEM. Restore it from a copy.") from None


@lru_cache(maxsize=4)
def _checked(pem: bytes) -> Any:
    # To check an RSA key takes a tenth of a second, and a night asks for it at each document.
    return load_pem_private_key(pem, None)


def _public(file: Path) -> tuple[Ed25519PublicKey, ...]:
    try:
        keys = [load_pem_public_key(match[0]) for match in _PEM.finditer(file.read_bytes())]
    except (OSError, ValueError, UnsupportedAlgorithm):
        keys = []
    if not keys or not all(isinstance(key, Ed25519PublicKey) for key in keys):
        raise KeyFileError(f"{file.name} (ENTREPOT_SIGNING_PUBLIC) holds no Ed25519 public keys in PEM")
    return tuple(key for key in keys if isinstance(key, Ed25519PublicKey))


def _private_pem(key: Ed25519PrivateKey | RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _self_signed(key: RSAPrivateKey) -> x509.Certificate:
    """A certificate that nobody else vouches for: a reader shows the seal as whole, by somebody unknown."""
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, "Registre de preuve de covoiturage (essai)")]
    )
    usage = dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
            *("encipher_only", "decipher_only"),
        ),
        False,
    )
    return (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2019, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 12, 31, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
