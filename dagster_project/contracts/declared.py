"""The drop contract: what a row must hold once it is parsed, whatever its layout.

A Pandera schema whose checks report rule codes (contracts.rules). Rules that need more than
one column, or the text before parsing, come as boolean columns `<code>__<column>` that must be
true: Pandera checks columns natively and stays fast where a whole file is wrong.
"""

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.tables import INSTANT

SEPARATOR = "__"

_INTEGERS = {
    "distance_m": (1, 1_000_000),
    "seats": (1, 8),
    "passenger_contribution_cents": (0, 1_000_000),
    "driver_revenue_cents": (0, 1_000_000),
}
_DEGREES = {"start_lat": 90.0, "start_lon": 180.0, "end_lat": 90.0, "end_lon": 180.0}
_TEXTS = {"operator_journey_id": 256, "operator_trip_id": 256}
_CHOICES = {"operator_class": ["A", "B", "C"], "status": ["new", "corrected", "cancelled"]}
_INSEE = r"^([0-9][0-9AB][0-9]{3})$"

# Our columns that are parsed from text: unreadable is told apart from empty.
PARSED: dict[str, pl.DataType] = {
    "start_at": INSTANT,
    "end_at": INSTANT,
    **dict.fromkeys(_INTEGERS, pl.Int64()),
    **dict.fromkeys(_DEGREES, pl.Float64()),
    "passenger_over_18": pl.Boolean(),
}


def _range(low: float, high: float) -> pa.Check:
    return pa.Check.in_range(low, high, error="value_out_of_range")


def schema(rules: list[str]) -> pa.DataFrameSchema:
    """The contract over a parsed frame that carries the boolean columns `rules`."""
    columns = {
        **{
            name: pa.Column(pl.Int64, _range(low, high), nullable=True)
            for name, (low, high) in _INTEGERS.items()
        },
        **{
            name: pa.Column(pl.Float64, _range(-most, most), nullable=True) for name, most in _DEGREES.items()
        },
        **{
            name: pa.Column(
                pl.String, pa.Check.str_length(1, most, error="value_out_of_range"), nullable=True
            )
            for name, most in _TEXTS.items()
        },
        **{
            name: pa.Column(pl.String, pa.Check.isin(values, error="value_unknown"), nullable=True)
            for name, values in _CHOICES.items()
        },
        **{
            name: pa.Column(pl.String, pa.Check.str_matches(_INSEE, error="value_unreadable"), nullable=True)
            for name in ("start_insee", "end_insee")
        },
        **{name: pa.Column(pl.Boolean, pa.Check.eq(True, error=name.split(SEPARATOR)[0])) for name in rules},
    }
    return pa.DataFrameSchema(columns)
