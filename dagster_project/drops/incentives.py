"""What the JSON cells of a row hold: declared incentives and payments.

Few texts are distinct: each one is read once, in Python, and joined back.
"""

import json
from functools import lru_cache
from typing import Any

import polars as pl
from stdnum.fr import siret

CODES = ("incentives_unreadable", "siret_invalid", "incentive_out_of_range")
_MOST, _MOST_CENTS = 20, 100_000
_LONGEST = 32_768  # characters; twenty payments, their types of 64 letters all escaped, take two thirds of it
_TOO_LONG = (None, "incentives_unreadable")
_RS = "\x1e"  # never part of valid JSON


def parsed(rows: pl.DataFrame) -> list[pl.Series]:
    """`incentives` (the couple's, one canonical JSON array), `incentives_fault`, `is_payments_readable`."""
    pairs = rows.select(
        pl.concat_str(pl.col("incentives", "driver_incentives").fill_null("[]"), separator=_RS).alias("pair")
    )["pair"]
    distinct = pairs.unique()
    judged = [_judged(pair) if len(pair) < _LONGEST else _TOO_LONG for pair in distinct.to_list()]
    texts = pl.Series([text for text, _ in judged], dtype=pl.String)
    faults = pl.Series([fault for _, fault in judged], dtype=pl.String)
    payments = rows["payments"].fill_null("[]")
    kinds = payments.unique()
    readable = pl.Series(
        [len(text) < _LONGEST and _are_payments(text) for text in kinds.to_list()], dtype=pl.Boolean
    )
    return [
        pairs.replace_strict(distinct, texts, default=None).alias("incentives"),
        pairs.replace_strict(distinct, faults, default=None).alias("incentives_fault"),
        payments.replace_strict(kinds, readable, default=None).alias("is_payments_readable"),
    ]


@lru_cache(maxsize=100_000)
def _judged(pair: str) -> tuple[str | None, str | None]:
    entries = [_entries(text) for text in pair.split(_RS, 1)]
    if None in entries:
        return None, "incentives_unreadable"
    every = [entry for of_cell in entries for entry in of_cell or []]
    if not all(entry.keys() == {"index", "siret", "amount"} and _is_typed(entry) for entry in every):
        return None, "incentives_unreadable"
    if len(every) > _MOST or not all(_is_in_range(entry) for entry in every):
        return None, "incentive_out_of_range"
    if not all(_is_siret(entry["siret"]) for entry in every):
        return None, "siret_invalid"
    return json.dumps(every, separators=(",", ":"), sort_keys=True), None


@lru_cache(maxsize=10_000)  # of few authorities
def _is_siret(text: str) -> bool:
    return text.isdigit() and siret.is_valid(text)


@lru_cache(maxsize=100_000)
def _are_payments(text: str) -> bool:
    entries = _entries(text)
    return (
        entries is not None
        and len(entries) <= _MOST
        and all(entry.keys() == {"index", "siret", "type", "amount"} for entry in entries)
        and all(
            _is_typed(entry) and _is_in_range(entry) and isinstance(entry["type"], str) for entry in entries
        )
    )


def _entries(text: str) -> list[dict[str, Any]] | None:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return None
    return [{name: _integer(value) for name, value in entry.items()} for entry in entries]


def _integer(value: Any) -> Any:
    """1.0 is an integer to JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_typed(entry: dict[str, Any]) -> bool:
    return type(entry["index"]) is int and type(entry["amount"]) is int and isinstance(entry["siret"], str)


def _is_in_range(entry: dict[str, Any]) -> bool:
    return bool(0 <= entry["index"] < _MOST and 0 <= entry["amount"] <= _MOST_CENTS)
