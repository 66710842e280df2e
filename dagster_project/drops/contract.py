"""Rows of text → typed rows, and for each wrong row all its reasons.

Every rule of contracts.rules that needs a computation is here as one boolean expression, true
where the row is right; Pandera (contracts.declared) reports the rows where it is not.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import polars as pl
from pandera.errors import SchemaErrors

from dagster_project.contracts.declared import PARSED, SEPARATOR, schema
from dagster_project.contracts.layouts import Layout
from dagster_project.identity.phones import normalised

_ENDS = ("start", "end")
_ROLES = ("driver", "passenger")
_PARIS = ZoneInfo("Europe/Paris")
_SIRET = re.compile(r"[0-9]{14}")
_RS = "\x1e"  # never part of valid JSON
_MAX_INCENTIVES, _MAX_INCENTIVE_CENTS = 20, 100_000


@dataclass(frozen=True)
class Verdict:
    """Typed rows that hold to the contract, and a row per reason (drop_row, column, rule_code) for others."""

    accepted: pl.DataFrame
    reasons: pl.DataFrame


def parse(rows: pl.DataFrame) -> pl.DataFrame:
    """Text → types. A value that cannot be read becomes null; its text stays in `raw_<column>`."""
    texts = {f"raw_{name}": pl.col(name) for name in PARSED}
    return rows.with_columns(**texts).with_columns(
        *(_typed(name) for name in PARSED),
        pl.col("status").fill_null("new"),
        pl.col("operator_trip_id").alias("raw_operator_trip_id"),
        pl.coalesce("operator_trip_id", "operator_journey_id").alias("operator_trip_id"),
        *(normalised(pl.col(f"{role}_phone")).alias(f"{role}_e164") for role in _ROLES),
        *(
            normalised(pl.col(f"{role}_phone_trunc"), truncated=True).alias(f"{role}_e164_trunc")
            for role in _ROLES
        ),
        _incentives(rows),
    )


def check(parsed: pl.DataFrame, layout: Layout, business_date: date) -> Verdict:
    """Hold parsed and placed rows (`start_place_code`, `end_place_code`) against the contract."""
    rules = _rules(layout, business_date)
    judged = parsed.with_columns(**rules)
    try:
        schema(list(rules)).validate(judged, lazy=True)
    except SchemaErrors as errors:
        # failure_case holds the value, which may be personal: drop it at once. No `from`: nor may it travel.
        reasons = _reasons(judged, errors.failure_cases)
    else:
        reasons = _NO_REASONS
    accepted = parsed.join(reasons.select("drop_row").unique(), on="drop_row", how="anti")
    return Verdict(accepted, reasons)


_NO_REASONS = pl.DataFrame(schema={"drop_row": pl.Int64, "column": pl.String, "rule_code": pl.String})


def _reasons(judged: pl.DataFrame, failures: pl.DataFrame) -> pl.DataFrame:
    named = failures.select(
        pl.col("index").cast(pl.UInt32),
        pl.col("column").str.split(SEPARATOR).list.last().alias("column"),
        pl.col("check").alias("rule_code"),
    )
    drop_rows = judged.select("drop_row").with_row_index("index")
    return (
        named.join(drop_rows, on="index", how="left")
        .select("drop_row", "column", "rule_code")
        .unique()
        .sort("drop_row", "column", "rule_code")
    )


def _rules(layout: Layout, business_date: date) -> dict[str, pl.Expr]:
    """`<code>__<column>` → true where the rule holds, or where another rule already speaks."""
    midnight = datetime.combine(business_date + timedelta(days=1), time(), _PARIS).astimezone(UTC)
    rules = {
        ("value_unreadable", name): pl.col(name).is_not_null() | pl.col(f"raw_{name}").is_null()
        for name in PARSED
    }
    rules |= {("value_missing", name): _given(name).is_not_null() for name in sorted(layout.mandatory)}
    rules |= {
        ("end_before_start", "end_at"): pl.col("end_at") > pl.col("start_at"),
        ("in_the_future", "end_at"): pl.col("end_at") <= midnight,
        ("incentives_unreadable", "incentives"): pl.col("incentives").is_not_null(),
    }
    for end in _ENDS:
        lat, lon, insee = (pl.col(f"{end}_{field}") for field in ("lat", "lon", "insee"))
        sent = pl.all_horizontal(pl.col(f"raw_{end}_{field}").is_not_null() for field in ("lat", "lon"))
        positioned = lat.is_not_null() & lon.is_not_null()
        null_island = (lat == 0) & (lon == 0)
        in_range = lat.is_between(-90, 90) & lon.is_between(-180, 180)
        rules |= {
            ("position_missing", end): sent | insee.is_not_null(),
            ("null_island", end): ~null_island,
            ("place_unknown", end): pl.col(f"{end}_place_code").is_not_null()
            | ~(positioned | insee.is_not_null())
            | null_island
            | ~in_range,
        }
    for role in _ROLES:
        phone, trunc, user = (
            pl.col(f"{role}_{field}") for field in ("phone", "phone_trunc", "operator_user_id")
        )
        rules |= {
            ("phone_unreadable", f"{role}_phone"): phone.is_null() | pl.col(f"{role}_e164").is_not_null(),
            ("phone_unreadable", f"{role}_phone_trunc"): trunc.is_null()
            | pl.col(f"{role}_e164_trunc").is_not_null(),
            ("identity_missing", role): phone.is_not_null() | (trunc.is_not_null() & user.is_not_null()),
        }
    rules[("same_person", "passenger")] = pl.col("driver_person") != pl.col("passenger_person")
    rules[("key_conflict", "operator_journey_id")] = ~pl.col("is_conflict")
    return {f"{code}{SEPARATOR}{name}": rule.fill_null(True) for (code, name), rule in rules.items()}


def _given(name: str) -> pl.Expr:
    return pl.col(f"raw_{name}" if name in PARSED or name == "operator_trip_id" else name)


def _typed(name: str) -> pl.Expr:
    text, dtype = pl.col(name), PARSED[name]
    if dtype == pl.Boolean():
        return text.str.to_uppercase().replace_strict({"TRUE": True, "FALSE": False}, default=None)
    if isinstance(dtype, pl.Datetime):
        formats = ("%+", "%Y-%m-%dT%H:%M%#z")
        return pl.coalesce(
            text.str.to_datetime(f, time_unit="us", time_zone="UTC", strict=False) for f in formats
        )
    number = text.cast(dtype, strict=False)
    return pl.when(number.is_finite()).then(number) if dtype == pl.Float64() else number


def _incentives(rows: pl.DataFrame) -> pl.Expr:
    """All declared incentives of the couple as one canonical JSON array; null where unreadable."""
    pairs = rows.select(
        pl.concat_str(pl.col("incentives", "driver_incentives").fill_null("[]"), separator=_RS).alias("pair")
    )["pair"]
    distinct = pairs.unique()
    canonical = pl.Series([_canonical(pair) for pair in distinct.to_list()], dtype=pl.String)
    return pl.lit(pairs.replace_strict(distinct, canonical, default=None)).alias("incentives")


@lru_cache(maxsize=100_000)
def _canonical(pair: str) -> str | None:
    try:
        incentives = [one for text in pair.split(_RS, 1) for one in json.loads(text)]
    except (ValueError, TypeError, RecursionError):
        return None
    if len(incentives) > _MAX_INCENTIVES or not all(map(_is_incentive, incentives)):
        return None
    return json.dumps(incentives, separators=(",", ":"), sort_keys=True)


def _is_incentive(one: object) -> bool:
    return (
        isinstance(one, dict)
        and one.keys() == {"index", "siret", "amount"}
        and type(one["index"]) is int
        and 0 <= one["index"] < _MAX_INCENTIVES
        and isinstance(one["siret"], str)
        and _SIRET.fullmatch(one["siret"]) is not None
        and type(one["amount"]) is int
        and 0 <= one["amount"] <= _MAX_INCENTIVE_CENTS
    )
