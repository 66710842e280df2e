"""Identity keys and pseudonyms: HMAC-SHA256 under a secret that no reader holds.

An identity key is the same person's across operators when the full phone is known, and one
operator's alone otherwise. It never leaves the warehouse; an authority gets its own pseudonym.
"""

import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

import polars as pl
from pydantic import SecretStr

_HEX_DIGITS = 32  # 128 bits: no collision among all the people of a country


class KeyFileError(Exception):
    """A key file that holds no key."""


def secret(keys: Path, name: str, given: SecretStr | None, *, make: bool = True) -> bytes:
    """The secret `name`: as given by the settings, else from its 0600 file, made on first use.

    Without `make`, raises KeyFileError where there is none: what a new key verifies is never authentic.
    """
    if given:
        return bytes.fromhex(given.get_secret_value())
    file = keys / f"{name}.key"
    if not file.exists() and not make:
        raise KeyFileError(f"{file.name} is not in the keys folder; run this where the document was made")
    if not file.exists():
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = keys / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_hex(32))
            handle.flush()
            os.fsync(handle.fileno())
        with suppress(FileExistsError):  # two first runs at once agree on one key
            os.link(beside, file)
        beside.unlink()
    text = file.read_text()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise KeyFileError(
            f"{file.name} in the keys folder is damaged: 64 hex digits expected. "
            "Restore it from a copy; with another key, pseudonyms and codes would change."
        )
    return bytes.fromhex(text)


def identity_keys(persons: pl.Series, key: bytes) -> pl.Series:
    """The identity key of each person description (see `person`); null stays null."""
    return _digests(persons, key, b"identity\0")


def pseudonyms(identity_keys: pl.Series, authority_id: str, key: bytes) -> pl.Series:
    """What one authority sees in place of an identity key: stable for it, unlinkable to another's."""
    return _digests(identity_keys, key, b"authority\0" + authority_id.encode() + b"\0")


def person(operator_id: str, phone: pl.Expr, phone_trunc: pl.Expr, user_id: pl.Expr) -> pl.Expr:
    """What identifies a person: the full phone, else operator, truncated phone and user id."""
    return (
        pl.when(phone.is_not_null())
        .then(pl.concat_str(pl.lit("phone\0"), phone))
        .when(phone_trunc.is_not_null() & user_id.is_not_null())
        .then(pl.concat_str(pl.lit(f"user\0{operator_id}\0"), phone_trunc, pl.lit("\0"), user_id))
    )


def _digests(values: pl.Series, key: bytes, purpose: bytes) -> pl.Series:
    distinct = values.drop_nulls().unique()
    digests = [
        hmac.digest(key, purpose + value.encode(), "sha256").hex()[:_HEX_DIGITS]
        for value in distinct.to_list()
    ]
    return values.replace_strict(distinct, pl.Series(digests, dtype=pl.String), default=None)
