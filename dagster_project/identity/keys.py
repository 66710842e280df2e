"""Identity keys and pseudonyms: HMAC-SHA256 under a secret that no reader holds.

An identity key is the same person's across operators when the full phone is known, and one
operator's alone otherwise. It never leaves the warehouse; an authority gets its own pseudonym. Why: D-030.
"""

import hmac

import polars as pl

_HEX_DIGITS = 32  # 128 bits: no collision among all the people of a country


def identity_keys(persons: pl.Series, key: bytes) -> pl.Series:
    """The identity key of each person description (see `person`); null stays null."""
    return _digests(persons, key, b"identity\0")


def pseudonyms(identity_keys: pl.Series, authority_id: str, key: bytes) -> pl.Series:
    """What one authority sees in place of an identity key: stable for it, unlinkable to another's."""
    return _digests(identity_keys, key, b"authority\0" + authority_id.encode() + b"\0")


def request_digests(identity_keys: pl.Series, key: bytes) -> pl.Series:
    """What the register of requests names a person by: it finds the person again, and is of no other use."""
    return _digests(identity_keys, key, b"request\0")


def person(operator_id: pl.Expr, phone: pl.Expr, phone_trunc: pl.Expr, user_id: pl.Expr) -> pl.Expr:
    """What identifies a person: the full phone, else operator, truncated phone and user id."""
    return (
        pl.when(phone.is_not_null())
        .then(pl.concat_str(pl.lit("phone\0"), phone))
        .when(phone_trunc.is_not_null() & user_id.is_not_null())
        .then(pl.concat_str(pl.lit("user\0"), operator_id, pl.lit("\0"), phone_trunc, pl.lit("\0"), user_id))
    )


def _digests(values: pl.Series, key: bytes, purpose: bytes) -> pl.Series:
    distinct = values.drop_nulls().unique()
    begun = hmac.new(key, purpose, "sha256")

    def digest(value: str) -> str:
        ended = begun.copy()
        ended.update(value.encode())
        return ended.hexdigest()[:_HEX_DIGITS]

    digests = [digest(value) for value in distinct.to_list()]
    return values.replace_strict(distinct, pl.Series(digests, dtype=pl.String), default=None)
