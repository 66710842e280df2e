"""Instants as ISO 8601 writes them → UTC. What the standard admits here stands in contracts.drop_fields.

Why: D-019.
"""

import polars as pl

from dagster_project.contracts.drop_fields import INSTANT_FORM, LOCAL_FORM, USUAL_INSTANT

# The groups of INSTANT_FORM: the year, month to fraction in the extended and in the basic form, the offset.
_YEAR, _EXTENDED, _BASIC, _SIGN, _HOURS, _MINUTES = "1", range(2, 8), range(8, 14), "14", "15", "16"


def instants(texts: pl.Series) -> pl.Series:
    """The instant that each text says; null where it is none, or has no offset. Microseconds, cut off."""
    usual = texts.str.contains(USUAL_INSTANT).fill_null(False)
    nothing = pl.Series([None], dtype=pl.String)
    read = texts.zip_with(usual, nothing).str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    others = (~usual & texts.is_not_null()).arg_true()
    return read.scatter(others, _read(texts.gather(others))) if len(others) else read


def has_no_zone(text: pl.Expr) -> pl.Expr:
    """A right date and time whose offset lacks."""
    return text.str.contains(f"^{LOCAL_FORM}$")


def _read(texts: pl.Series) -> pl.Series:
    groups = pl.DataFrame({"parts": texts.str.extract_groups(INSTANT_FORM)}).unnest("parts")
    month, day, hour, minute, second, fraction = (
        pl.coalesce(str(extended), str(basic)) for extended, basic in zip(_EXTENDED, _BASIC, strict=True)
    )
    local = pl.format(
        "{}-{}-{}T{}:{}:{}.{}",
        *(_YEAR, month, day, hour, minute),
        second.fill_null("00"),
        fraction.fill_null("0").str.head(6),
    ).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    hours, minutes = (pl.col(part).cast(pl.Int64).fill_null(0) for part in (_HOURS, _MINUTES))
    ahead = pl.duration(minutes=hours * 60 + minutes)
    utc = pl.when(pl.col(_SIGN) == "-").then(local + ahead).otherwise(local - ahead)
    return groups.select(utc.dt.replace_time_zone("UTC").alias("instant"))["instant"]
