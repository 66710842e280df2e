"""The files of a simulation: journeys and opening balances, each fault with its place and remedy.

Not here: the simulation itself (simulate).
"""

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.campaigns.compile.rule_tables import OPENING
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue.catalogue import authorities
from dagster_project.catalogue.members import MEMBER_PERIODS, member_periods
from dagster_project.contracts.couple import ENDS
from dagster_project.contracts.moments import PARIS
from dagster_project.geography.locate import load_places, locate
from dagster_project.simulation.evaluate import CODES, FACTS

_REQUIRED = ("operator_id", "operator_journey_id", "start_at", "distance_m")


class InputError(Exception):
    """A file of the simulation cannot be used; the message says which, why and what to do."""


def read_journeys(file: Path, catalogue: Path) -> pl.DataFrame:
    """Journeys of a CSV or Parquet file, codes filled from positions. Raises InputError."""
    rows = _read(file)
    codes = {f"{end}_{code}": pl.String for end in ENDS for code in CODES}
    schema: dict[str, Any] = FACTS | codes | ({"sequence": pl.Int64} if "sequence" in rows.columns else {})
    if missing := [name for name in _REQUIRED if name not in rows.columns]:
        raise InputError(
            f"{file}: colonnes absentes : {', '.join(missing)}. Les ajouter (docs/campagnes.md)."
        )
    given = rows.with_columns(pl.lit(None).alias(name) for name in schema if name not in rows.columns)
    typed = given.select(_cast(given, name, dtype) for name, dtype in schema.items())
    for name in (*_REQUIRED, *(["sequence"] if "sequence" in schema else [])):
        if absent := typed[name].null_count():
            line = int(typed[name].is_null().arg_max() or 0) + 1
            raise InputError(
                f"{file}: {name}: {absent} valeur(s) absente(s) ou illisible(s), la première en ligne "
                f"{line} (sans l'en-tête). Corriger le fichier."
            )
    keys = ["sequence"] if "sequence" in schema else ["operator_id", "operator_journey_id"]
    if typed.select(keys).is_duplicated().any():
        raise InputError(f"{file}: {' + '.join(keys)} se répète ; ajouter une colonne `sequence` unique.")
    return _placed(typed, catalogue, set(rows.columns))


def read_opening(file: Path, campaign: Campaign) -> pl.DataFrame:
    """Opening balances: cap, key, window, value. Raises InputError."""
    rows = pl.read_csv(file, infer_schema=False)
    if missing := {"cap", "key", "window", "value"} - set(rows.columns):
        raise InputError(f"{file}: colonnes absentes : {', '.join(sorted(missing))}.")
    names = {cap.nom for cap in campaign.plafonds} | {"budget"}
    opening = []
    for line, row in enumerate(rows.to_dicts(), 2):
        if row["cap"] not in names:
            raise InputError(
                f"{file}:{line}: plafond `{row['cap']}` inconnu ; connus : {', '.join(sorted(names))}."
            )
        try:
            opening.append(
                {
                    "campaign_id": campaign.id,
                    "cap_id": row["cap"],
                    "whose_key": row["key"] or "",
                    "window_on": _window(row["window"] or ""),
                    "value": int(row["value"]),
                }
            )
        except (TypeError, ValueError):
            raise InputError(
                f"{file}:{line}: fenêtre ou valeur illisible ; par exemple 2022-11-15, 2022-W46, 2022-11, "
                "2022-Q4, 2022 ou vide, et un nombre entier."
            ) from None
    return pl.DataFrame(opening, schema=OPENING)


def _window(text: str) -> date:
    """First day of a window as files write it."""
    if not text:
        return date.min
    if week := re.fullmatch(r"(\d{4})-W(\d{2})", text):
        return date.fromisocalendar(int(week[1]), int(week[2]), 1)
    if quarter := re.fullmatch(r"(\d{4})-Q([1-4])", text):
        return date(int(quarter[1]), int(quarter[2]) * 3 - 2, 1)
    if re.fullmatch(r"\d{4}(-\d{2}){0,2}", text):
        return date(*(int(part) for part in (*text.split("-"), "1", "1")[:3]))
    raise ValueError(text)


def _read(file: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError):
        raise InputError(f"{file}: illisible ; donner un fichier CSV (UTF-8, virgules) ou Parquet.") from None


def _cast(rows: pl.DataFrame, name: str, dtype: Any) -> pl.Expr:
    column, given = pl.col(name), rows.schema[name]
    if given != pl.String or dtype == pl.String:
        return column.cast(dtype, strict=False)
    column = pl.when(column.str.strip_chars() != "").then(column.str.strip_chars())
    if dtype == pl.Boolean:
        return (
            column.str.to_lowercase()
            .replace_strict(
                {"true": True, "false": False, "1": True, "0": False, "t": True, "f": False}, default=None
            )
            .alias(name)
        )
    if dtype == FACTS["start_at"]:
        return column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False).alias(name)
    return column.cast(dtype, strict=False).alias(name)


def _placed(journeys: pl.DataFrame, catalogue: Path, given: set[str]) -> pl.DataFrame:
    """Codes of an end that the file does not give come from its position, by the reference of the year.

    A file that gives a code at an end and leaves another one of its columns empty says that there is none.
    Its codes are then those of the journey's day, for no place is known that had others before.
    """
    territories = pl.read_parquet(catalogue / "reference" / "territories.parquet")
    members = pl.DataFrame(member_periods(authorities(catalogue)), schema=MEMBER_PERIODS).rename(
        {"siren": "aom_code"}
    )
    years = sorted(territories["year"].unique())
    for end in ENDS:
        names = [f"{end}_{code}" for code in CODES]
        has_none = pl.all_horizontal(pl.col(name).is_null() for name in names)
        absent = {name for name in names if name not in given}
        lacking = pl.col(f"{end}_lat").is_not_null() & (has_none | bool(absent))
        if not journeys.select(lacking.any()).item():
            continue
        points = journeys.select(
            pl.when(lacking).then(pl.col(f"{end}_{axis}")).alias(axis) for axis in ("lon", "lat")
        )
        local_day = pl.col("start_at").dt.convert_time_zone(PARIS.key).dt.date()
        year = local_day.dt.year().clip(years[0], years[-1]).cast(pl.Int16)
        # One row of `members` holds each day of an EPCI that some authority lists.
        places = (
            journeys.select(
                year.alias("year"),
                local_day.alias("day"),
                locate(points, load_places(catalogue / "reference")).alias("place_code"),
            )
            .join(territories, on=["year", "place_code"], how="left", maintain_order="left")
            .join(members, on="epci_code", how="left", maintain_order="left")
            .filter(pl.col("from_on").is_null() | pl.col("day").is_between("from_on", "to_on"))
        )
        ends = places.select(
            pl.when(journeys.select(has_none).to_series()).then("place_code").alias(f"{end}_place"),
            *(pl.col(f"{code}_code").alias(f"{end}_{code}_found") for code in CODES),
        )
        journeys = (
            journeys.hstack(ends)
            .with_columns(
                pl.coalesce(name, pl.when(has_none | pl.lit(name in absent)).then(f"{name}_found")).alias(
                    name
                )
                for name in names
            )
            .drop(name for name in ends.columns if name != f"{end}_place")
        )
    return journeys
