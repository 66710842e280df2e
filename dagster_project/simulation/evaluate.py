"""Journeys × campaigns through the very same dbt models, in a database of their own.

An end is known by its place (`start_place`, from a position) or, without one, by the codes that a file gives.

Not here: reading files and printing (simulate), the rules (dbt/models/campaigns).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.campaigns.check.codes import COLUMNS
from dagster_project.campaigns.compile.rule_tables import OPENING, SETTLED
from dagster_project.campaigns.language.model import Campaign
from dagster_project.campaigns.language.territories import LEVELS
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.catalogue.rows import frames
from dagster_project.contracts.couple import ENDS
from dagster_project.contracts.lake_tables import INSTANT
from dagster_project.settings import settings
from dagster_project.warehouse import cache

# Columns of a journeys file (docs/campagnes.md); the codes at both ends follow.
FACTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "operator_id": pl.String,
    "operator_journey_id": pl.String,
    "operator_trip_id": pl.String,
    "operator_class": pl.String,
    "start_at": INSTANT,
    "distance_m": pl.Int64,
    "seats": pl.Int64,
    "driver_identity_key": pl.String,
    "passenger_identity_key": pl.String,
    "passenger_over_18": pl.Boolean,
    "passenger_contribution_cents": pl.Int64,
    "driver_revenue_cents": pl.Int64,
    "start_lat": pl.Float64,
    "start_lon": pl.Float64,
    "end_lat": pl.Float64,
    "end_lon": pl.Float64,
}
CODES = dict(zip(("commune", "city", "epci", "aom", "departement", "region", "country"), LEVELS, strict=True))


def in_order(journeys: pl.DataFrame) -> pl.DataFrame:
    """Journeys with their rank, `journey_number`: by `sequence` where there is one."""
    keys = (
        ["sequence"] if "sequence" in journeys.columns else ["start_at", "operator_id", "operator_journey_id"]
    )
    return (
        journeys.sort(keys)
        .with_row_index("journey_number", 1)
        .with_columns(pl.col("journey_number").cast(pl.Int64))
    )


@contextmanager
def evaluating(
    campaigns: list[Campaign],
    journeys: pl.DataFrame,
    opening: pl.DataFrame | None = None,
    *,
    operators: list[Operator] | None = None,
    authorities: list[Authority] | None = None,
    every_pair: bool = True,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with every campaign's amount for every journey of `in_order`. Raises BuildError.

    Without `every_pair` journeys outside a campaign's period and perimeter are left out, as in a night.
    `operators` and `authorities` are those that the catalogue knows: some bear no VAT, some conventions
    have ended.
    """
    areas = (
        pl.concat([_ends(journeys, end) for end in ENDS]).unique().sort(pl.all()).with_row_index("area_id")
    )
    areas = areas.with_columns(pl.col("area_id").cast(pl.Int64))
    evaluated = journeys.select(
        "journey_number",
        *(name for name in FACTS if name not in ("seats", *_AMOUNTS)),
        pl.col("seats").fill_null(1).clip(1),
        *(pl.col(name).fill_null(0) for name in _AMOUNTS),
        *(_area_of(journeys, areas, end) for end in ENDS),
    )
    is_placed = areas["place_code"].is_not_null().any()
    tables = {
        "catalogue": frames(operators or [], authorities or [], campaigns)
        | {"territories": territories(settings().catalogue if is_placed else None)},
        "active": {
            "int_evaluated_areas": areas,
            "int_evaluated_journeys": evaluated,
        },
        "ledger": {
            **{name: pl.DataFrame(schema=schema) for name, schema in SETTLED.items()},
            "opening_balances": pl.DataFrame(schema=OPENING) if opening is None else opening,
        },
    }
    with cache.evaluated(tables, every_pair=every_pair) as connection:
        yield connection


_AMOUNTS = ("passenger_contribution_cents", "driver_revenue_cents")


def territories(catalogue: Path | None) -> pl.DataFrame:
    """What codes meant, year by year; nobody asks where no end has a place."""
    if catalogue is None:
        return pl.DataFrame(
            schema={"year": pl.Int16, "place_code": pl.String} | dict.fromkeys(COLUMNS.values(), pl.String)
        )
    file = catalogue / "reference" / "territories.parquet"
    return pl.read_parquet(file, columns=["year", "place_code", *COLUMNS.values()])


def _ends(journeys: pl.DataFrame, end: str) -> pl.DataFrame:
    place = pl.col(f"{end}_place") if f"{end}_place" in journeys.columns else pl.lit(None, pl.String)
    codes = (pl.col(f"{end}_{code}").alias(level) for code, level in CODES.items())
    return journeys.select(place.alias("place_code"), *codes)


def _area_of(journeys: pl.DataFrame, areas: pl.DataFrame, end: str) -> pl.Series:
    keys = ["place_code", *CODES.values()]
    placed = _ends(journeys, end).join(areas, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return placed["area_id"].alias(f"{end}_area_id")
