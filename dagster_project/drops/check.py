"""Rows of text → typed rows, and for each wrong row all its reasons.

A rule on a row's parsed cells is here as one boolean expression, true where the row is right; Pandera
(contracts.drop_fields) reports the rows where it is not. Of a cancellation, only the journey's id is read.
The rows may be of several files, which have one layout.
Not here: ids (ids), JSON cells (incentives), broken lines (csv_records, json_lines), whole files (read).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandera.polars as pa
import polars as pl
import polars.selectors as cs
from pandera.errors import SchemaErrors

from dagster_project.contracts.couple import ENDS, ROLES
from dagster_project.contracts.drop_fields import PARSED, SEPARATOR, declared, holding
from dagster_project.contracts.layouts import DECLARED, Layout
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.contracts.terms import TERMS
from dagster_project.drops import incentives
from dagster_project.drops.cells import naive, typed_cell
from dagster_project.drops.ids import KEY, id_rules, person_id_rules, says_nothing, without_words
from dagster_project.drops.instants import has_no_zone
from dagster_project.identity.phones import normalised

_TRAVEL_PASSES = ["navigo"]
_MAX_DURATION_S = 86_400
_MAX_SPEED_KMH = 150
# A declared distance may be shorter than the straight line by so much: ends are rounded, a car stops nearby.
_LEAST_OF_STRAIGHT, _STRAIGHT_SLACK_M = 0.95, 100
_EARTH_RADIUS_M = 6_371_000


@dataclass(frozen=True)
class Checked:
    """Typed rows that break no error, journeys and cancellations, and a row per finding.

    `findings`: of which row (`_ROW`), column, rule_code, severity.
    """

    accepted: pl.DataFrame
    cancelled: pl.DataFrame
    findings: pl.DataFrame


def parse(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Text → types. A value that cannot be read becomes null; its text stays in `raw_<column>`."""
    texts = {f"raw_{name}": pl.col(name) for name in (*PARSED, "operator_trip_id")}
    typed = rows.with_columns(**texts, is_blank=pl.all_horizontal(pl.col(DECLARED).is_null())).with_columns(
        *(typed_cell(rows[name], dtype, layout).alias(name) for name, dtype in PARSED.items()),
        pl.col("status").fill_null("new"),
        pl.coalesce("operator_trip_id", KEY).alias("operator_trip_id"),
        *(normalised(rows[f"{role}_phone"]).alias(f"{role}_e164") for role in ROLES),
        *(
            normalised(rows[f"{role}_phone_trunc"], truncated=True).alias(f"{role}_e164_trunc")
            for role in ROLES
        ),
        *incentives.parsed(rows),
    )
    duration_s = (pl.col("end_at") - pl.col("start_at")).dt.total_seconds()
    return typed.with_columns(elapsed_s=duration_s, straight_m=_straight_m())


def check(parsed: pl.DataFrame, layout: Layout, business_date: date) -> Checked:
    """Hold parsed and placed rows (`start_place_code`, `end_place_code`) against the contract.

    `at` is a row's rank among these rows; rows of one `part` came together, in a file or a piece of one. What
    ends after its delivery's day (`delivered_until`) is wrong whichever night takes the file; a term is the
    night's.
    """
    blank, is_cancellation = pl.col("is_blank"), pl.col("status") == "cancelled"
    of_ids = pl.lit(layout.only_cancels) | is_cancellation
    by_id = parsed.filter(~blank & of_ids)
    journeys = parsed.filter(~blank & ~of_ids)
    breaches = pl.concat(
        [
            parsed.filter(blank).select("at", **_EMPTY_ROW),
            _broken(journeys, _rules(layout, business_date)),
            _broken(by_id, _cancellation_rules(), [KEY]),
        ]
    ).unique()
    rejected = breaches.filter(pl.col("severity") == "error")["at"].unique()
    is_right = pl.repeat(True, parsed.height, eager=True).scatter(rejected, False)
    accepted, cancelled = (
        rows.select(~cs.starts_with("raw_")).filter(is_right.gather(rows["at"])) for rows in (journeys, by_id)
    )
    findings = breaches.hstack(parsed.select(_ROW)[breaches["at"]])
    return Checked(accepted.with_columns(without_words()), cancelled, findings)


def _broken(rows: pl.DataFrame, rules: dict[str, pl.Expr], columns: Sequence[str] = ()) -> pl.DataFrame:
    """The findings of rows held against rules, and against what is declared of (some) columns."""
    suspects = rows.filter(~pl.all_horizontal(rules.values())).with_columns(**rules)
    broken = [name for name in rules if not suspects[name].all()]
    return pl.concat([_held_against(declared(columns), rows), _held_against(holding(broken), suspects)])


def _held_against(contract: pa.DataFrameSchema, rows: pl.DataFrame) -> pl.DataFrame:
    if rows.is_empty():
        return _NO_FINDINGS
    try:
        contract.validate(rows.select(*contract.columns, "at"), lazy=True)
    except SchemaErrors as errors:
        # failure_case holds the value, which may be personal: drop it at once. The error that holds it, too,
        # goes no further: nothing is raised from it.
        return _findings(rows, errors.failure_cases)
    return _NO_FINDINGS


_ROW = ("part", "drop_id", "operator_id", "drop_row", "drop_line", KEY)
_AT = pl.UInt32
_NO_FINDINGS = pl.DataFrame(
    schema={"at": _AT, "column": pl.String, "rule_code": pl.String, "severity": pl.String}
)
_SEVERITIES = {code: rule.severity for code, rule in RULES.items()}
_EMPTY_ROW = {"column": pl.lit("ligne"), "rule_code": pl.lit("row_empty"), "severity": pl.lit("error")}


def _findings(rows: pl.DataFrame, failures: pl.DataFrame) -> pl.DataFrame:
    at = rows["at"].gather(failures["index"])
    return failures.select(
        at,
        pl.col("column").str.split(SEPARATOR).list.last().alias("column"),
        pl.col("check").alias("rule_code"),
        pl.col("check").replace_strict(_SEVERITIES).alias("severity"),
    )


def _rules(layout: Layout, business_date: date) -> dict[str, pl.Expr]:
    """`<code>__<column>` → true where the rule holds, or where another rule already speaks."""
    rules = {("value_missing", name): _as_sent(name).is_not_null() for name in sorted(layout.mandatory)}
    for name, dtype in PARSED.items():
        is_known = pl.lit(False)
        if isinstance(dtype, pl.Datetime):
            raw = pl.col(f"raw_{name}")
            no_zone, french = has_no_zone(raw), naive(raw).is_not_null() & layout.has_french_forms
            rules[("time_without_zone", name)] = ~no_zone
            rules[("time_not_in_paris", name)] = ~(french & pl.col(name).is_null())
            is_known = no_zone | french
        unreadable = pl.col(name).is_null() & pl.col(f"raw_{name}").is_not_null() & ~is_known
        rules[("value_unreadable", name)] = ~unreadable
    rules |= id_rules(KEY, pl.col(KEY), numbers=False)
    rules |= id_rules("operator_trip_id", pl.col("raw_operator_trip_id"), numbers=True)
    rules |= _journey_rules(TERMS["journeys"].kept_from(business_date))
    for end in ENDS:
        rules |= _place_rules(end)
    for role in ROLES:
        rules |= _person_rules(role)
    return _named(rules)


def _cancellation_rules() -> dict[str, pl.Expr]:
    rules = id_rules(KEY, pl.col(KEY), numbers=False)
    rules[("value_missing", KEY)] = pl.col(KEY).is_not_null()
    rules[("value_unknown", "status")] = pl.col("status") == "cancelled"
    return _named(rules)


def _named(rules: dict[tuple[str, str], pl.Expr]) -> dict[str, pl.Expr]:
    return {f"{code}{SEPARATOR}{name}": rule.fill_null(True) for (code, name), rule in rules.items()}


def _journey_rules(kept_from: datetime) -> dict[tuple[str, str], pl.Expr]:
    placed = pl.col("start_place_code").is_not_null() & pl.col("end_place_code").is_not_null()
    speed_kmh = pl.col("straight_m") / pl.col("elapsed_s") * 3.6
    return {
        ("end_before_start", "end_at"): pl.col("elapsed_s") > 0,
        ("duration_too_long", "end_at"): pl.col("elapsed_s") <= _MAX_DURATION_S,
        ("speed_impossible", "end_at"): ~(placed & (pl.col("elapsed_s") > 0) & (speed_kmh > _MAX_SPEED_KMH)),
        ("in_the_future", "end_at"): pl.col("end_at") <= pl.col("delivered_until"),
        ("past_its_term", "end_at"): pl.col("end_at") >= kept_from,
        ("distance_below_straight_line", "distance_m"): ~placed
        | (pl.col("distance_m") < 1)
        | (pl.col("distance_m") >= pl.col("straight_m") * _LEAST_OF_STRAIGHT - _STRAIGHT_SLACK_M),
        ("same_person", "passenger"): pl.col("driver_person") != pl.col("passenger_person"),
        ("key_conflict", "operator_journey_id"): ~pl.col("is_conflict"),
        ("value_unreadable", "payments"): pl.col("is_payments_readable"),
        **{(code, "incentives"): pl.col("incentives_fault").ne_missing(code) for code in incentives.CODES},
    }


def _place_rules(end: str) -> dict[tuple[str, str], pl.Expr]:
    lat, lon, insee, place = (pl.col(f"{end}_{field}") for field in ("lat", "lon", "insee", "place_code"))
    sent = pl.all_horizontal(pl.col(f"raw_{end}_{field}").is_not_null() for field in ("lat", "lon"))
    positioned = lat.is_not_null() & lon.is_not_null()
    null_island, swapped = (lat == 0) & (lon == 0), pl.col(f"{end}_is_swapped")
    in_range = lat.is_between(-90, 90) & lon.is_between(-180, 180)
    return {
        ("position_missing", end): sent | insee.is_not_null(),
        ("null_island", end): ~null_island,
        ("coordinates_swapped", end): ~swapped,
        ("place_unknown", end): place.is_not_null() | ~positioned | null_island | swapped | ~in_range,
        ("insee_unknown", f"{end}_insee"): insee.is_null() | place.is_not_null() | sent,
        ("insee_disagrees", f"{end}_insee"): ~positioned | (insee == place),
    }


def _person_rules(role: str) -> dict[tuple[str, str], pl.Expr]:
    phone, trunc, user, travel_pass = (
        pl.col(f"{role}_{field}")
        for field in ("phone", "phone_trunc", "operator_user_id", "travel_pass_name")
    )
    return {
        ("phone_unreadable", f"{role}_phone"): phone.is_null() | pl.col(f"{role}_e164").is_not_null(),
        ("phone_unreadable", f"{role}_phone_trunc"): trunc.is_null()
        | pl.col(f"{role}_e164_trunc").is_not_null(),
        ("identity_missing", role): phone.is_not_null() | (trunc.is_not_null() & user.is_not_null()),
        ("travel_pass_unknown", f"{role}_travel_pass_name"): says_nothing(travel_pass)
        | travel_pass.str.to_lowercase().is_in(_TRAVEL_PASSES),
        **person_id_rules(role),
    }


def _as_sent(name: str) -> pl.Expr:
    return pl.col(f"raw_{name}" if name in PARSED or name == "operator_trip_id" else name)


def _straight_m() -> pl.Expr:
    """Great-circle distance between both ends, metres; null where a position lacks."""
    lat_1, lat_2 = pl.col("start_lat").radians(), pl.col("end_lat").radians()
    lon = (pl.col("end_lon") - pl.col("start_lon")).radians()
    half = ((lat_2 - lat_1) / 2).sin() ** 2 + lat_1.cos() * lat_2.cos() * (lon / 2).sin() ** 2
    return half.clip(0, 1).sqrt().arcsin() * 2 * _EARTH_RADIUS_M
