"""Secret keys: where each comes from, how one is made, and which key a zone or a name was made with.

A key is 64 hex digits in a setting or in a 0600 file. Not here: what is encrypted with it (encryption,
store), how persons are named with it (identity). Why: D-138 to D-140.
"""

import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from dagster_project.files.disk import OpenToOthersError, only_ours, sync

ZONES = ("active", "archive")  # encrypted, each under a key of its own
NAMES = ("identity", "pseudonyms", "ledger", "attestation")  # of the keys that name things; they never change
_MARK = "KEY"


class KeyFileError(Exception):
    """A key that is missing or damaged; the message names it and says what to do."""


def secret(keys: Path, name: str, given: SecretStr | None) -> bytes:
    """The secret `name`: as given by the settings, else from its 0600 file, made where there is none.

    Where keys come as credentials none is made: systemd passes over one that was forgotten. Raises
    KeyFileError.
    """
    if given:
        return bytes.fromhex(given.get_secret_value())
    file = keys / f"{name}.key"
    if not file.exists():
        if os.environ.get("CREDENTIALS_DIRECTORY") and not name.endswith(".next"):
            raise KeyFileError(
                f"Keys come as credentials here, and entrepot_{setting(name)} is not among them. Remedy: "
                f"give it, or the file keys/{name}.key."
            )
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = keys / f".{name}.{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                handle.write(secrets.token_hex(32))
                handle.flush()
                os.fsync(handle.fileno())
            with suppress(FileExistsError):  # two first runs at once agree on one key
                os.link(beside, file)
        finally:
            beside.unlink(missing_ok=True)
        sync(keys, keys.parent)
    return _read(file)


def naming_key(
    beside: Path, keys: Path, name: str, given: SecretStr | None, *, is_in_use: bool, make: bool = True
) -> bytes:
    """The key `name`, whose fingerprint stands in the folder `beside` since it was used first.

    It is made where nothing was made with it yet, unless `make` forbids it. Raises KeyFileError where it is
    missing, or is another one: persons, journeys, documents would get other names, and nobody would be found.
    """
    at_hand, mark = known(name, keys, given, None), f"{_MARK}.{name}"
    if wanted := marks(beside, mark):
        for key in at_hand:
            if fingerprint(key) == wanted[0]:
                return key
        raise KeyFileError(
            f"What is kept here was made with the {name} key {wanted[0]}, and neither {_named(name)} is that "
            "key. Remedy: give it back, or restore its file from a copy; no other key can take its place."
        )
    if not at_hand and (is_in_use or not make):
        raise KeyFileError(
            f"{name}.key is not in the keys folder, nor is ENTREPOT_{setting(name).upper()} set; no "
            "other can take its place. Remedy: give it back, restore its file from a copy, or run this "
            "where it is."
        )
    key = at_hand[0] if at_hand else secret(keys, name, given)
    if make:
        put_under(beside, fingerprint(key), mark=mark)
    return key


def zone_key(zone: Path, keys: Path, given: SecretStr | None, following: SecretStr | None) -> bytes:
    """The key that all files of a zone's folder are under; made with the zone.

    While a rotation is under way there are two keys (`following`): the zone's mark tells which one counts.
    Raises KeyFileError where the key is not there, or the files are an older version's, not encrypted.
    """
    if wanted := marks(zone):
        if len(wanted) > 1:
            raise KeyFileError(
                f"lake/{zone.name} is changing its key. Remedy: end it by entrepot keys rotate {zone.name}"
            )
        for key in known(zone.name, keys, given, following):
            if fingerprint(key) == wanted[0]:
                return key
        raise KeyFileError(
            f"lake/{zone.name} is under the key {wanted[0]}, and neither {_named(zone.name)} is that key. "
            "Remedy: give it back, or restore its file from a copy; without it these files cannot be read."
        )
    if any(zone.rglob("*.parquet")):
        raise KeyFileError(
            f"lake/{zone.name} holds files of an older version, not encrypted. "
            f"Remedy: entrepot keys rotate {zone.name}"
        )
    key = secret(keys, zone.name, given)
    put_under(zone, fingerprint(key))
    return key


def marks(folder: Path, mark: str = _MARK) -> list[str]:
    """The fingerprint of the key that a zone is under; while it changes, the former and the new one."""
    file = folder / mark
    return file.read_text().split() if file.exists() else []


def put_under(folder: Path, *fingerprints: str, mark: str = _MARK) -> None:
    """Say which key a zone's files are under, or which two while they change."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{secrets.token_hex(8)}.writing"
    beside.write_text(" ".join(fingerprints))
    sync(beside)  # which key opens the files must outlast a power cut
    os.replace(beside, folder / mark)
    sync(folder)


def is_encrypted(zone: Path) -> bool:
    """Whether the zone is there and under a key."""
    return bool(marks(zone))


def known(zone: str, keys: Path, given: SecretStr | None, following: SecretStr | None) -> list[bytes]:
    """The keys at hand for a zone: the settings' and the files', today's before the following one."""
    settings = [bytes.fromhex(key.get_secret_value()) for key in (given, following) if key]
    files = [file for name in (zone, f"{zone}.next") if (file := keys / f"{name}.key").exists()]
    return settings + [_read(file) for file in files]


def setting(name: str) -> str:
    """The setting that may give a key."""
    return f"{name.removesuffix('s')}_key"


def fingerprint(key: bytes) -> str:
    """What names a key without telling it."""
    return hmac.digest(key, b"fingerprint", "sha256").hex()[:16]


def _named(name: str) -> str:
    return f"ENTREPOT_{setting(name).upper()} nor keys/{name}.key"


def _read(file: Path) -> bytes:
    try:
        only_ours(file)
    except OpenToOthersError as error:
        raise KeyFileError(str(error)) from None
    text = file.read_text()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise KeyFileError(
            f"{file.name} in the keys folder is damaged: 64 hex digits expected. Restore it from a copy; "
            "with another key, pseudonyms and codes would change, and encrypted files could not be read."
        )
    return bytes.fromhex(text)
