"""The text of one cell → its type; null where it cannot be read."""

import polars as pl

from dagster_project.contracts.drop_fields import FRENCH_FORM
from dagster_project.contracts.layouts import Layout
from dagster_project.contracts.moments import PARIS
from dagster_project.drops.instants import instants

_YES, _NO = ("TRUE", "VRAI", "OUI", "ON", "1"), ("FALSE", "FAUX", "NON", "OFF", "0")


def typed_cell(texts: pl.Series, dtype: pl.DataType, layout: Layout) -> pl.Expr:
    """The column of these texts as that type."""
    text = pl.col(texts.name)
    if dtype == pl.Boolean():
        yes, no = (_YES, _NO) if layout.has_french_forms else (_YES[:1], _NO[:1])
        words = dict.fromkeys(yes, True) | dict.fromkeys(no, False)
        return text.str.to_uppercase().replace_strict(words, default=None, return_dtype=pl.Boolean)
    if isinstance(dtype, pl.Datetime):
        iso = pl.lit(instants(texts))
        local = naive(text).dt.replace_time_zone(PARIS.key, ambiguous="null", non_existent="null")
        return pl.coalesce(iso, local.dt.convert_time_zone("UTC")) if layout.has_french_forms else iso
    if dtype == pl.Int64():
        return text.cast(pl.Int64, strict=False)  # no 3.00: euros would pass for cents
    if layout.has_french_forms:
        text = text.str.replace(r"^(-?[0-9]+),([0-9]+)$", "$1.$2")
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def naive(text: pl.Expr) -> pl.Expr:
    """A French date and time, without zone; null where the text is none."""
    french = pl.when(text.str.contains(FRENCH_FORM)).then(text)
    return pl.coalesce(
        french.str.to_datetime(form, time_unit="us", strict=False)
        for form in ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")
    )
