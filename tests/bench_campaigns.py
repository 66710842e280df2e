"""Journeys × the first twenty campaigns of tests/campaigns, from loaded tables: pairs per second."""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from dagster_project import warehouse
from dagster_project.campaigns import catalogue
from dagster_project.campaigns.model import Period
from dagster_project.campaigns.rows import frames
from dagster_project.settings import PROJECT, settings

CAMPAIGNS = 20
YEAR = 2023


def _areas() -> pl.DataFrame:
    territories = pl.read_parquet(PROJECT / "data/reference/territories.parquet")
    return territories.filter(pl.col("year") == YEAR).select(
        pl.int_range(pl.len()).alias("area_id"),
        pl.col("commune_code").alias("commune"),
        pl.col("city_code").alias("ville"),
        pl.col("epci_code").alias("epci"),
        pl.col("epci_code").alias("aom"),  # the reference has none; most are EPCIs
        pl.col("departement_code").alias("departement"),
        pl.col("region_code").alias("region"),
        pl.col("country_code").alias("pays"),
    )


def _journeys(count: int, areas: int) -> pl.DataFrame:
    random = np.random.default_rng(1)
    start = random.integers(0, areas, count)
    near = np.minimum(areas - 1, start + random.integers(0, 50, count))
    first = int(np.datetime64(f"{YEAR}-01-01", "s").astype(int))

    def people(number: int) -> pl.Series:
        keys = pl.Series(random.integers(0, number, count)).cast(pl.String)
        return keys.str.pad_start(64, "0")

    return pl.DataFrame(
        {
            "journey_number": np.arange(1, count + 1),
            "operator_id": pl.Series(["blablacar_daily", "karos", "klaxit", "mobicoop"]).gather(
                random.integers(0, 4, count)
            ),
            "operator_journey_id": pl.Series(np.arange(count)).cast(pl.String),
            "operator_trip_id": pl.Series(np.arange(count) // 2).cast(pl.String),
            "operator_class": pl.Series(["B", "C", "C"]).gather(random.integers(0, 3, count)),
            "start_at": pl.Series(
                (np.sort(random.integers(0, 365 * 86_400, count)) + first) * 1_000_000
            ).cast(pl.Datetime("us", "UTC")),
            "distance_m": random.integers(1_000, 80_000, count),
            "seats": random.integers(1, 3, count),
            "driver_identity_key": people(count // 20),
            "passenger_identity_key": people(count // 10),
            "passenger_over_18": pl.Series([True] * count),
            "passenger_contribution_cents": random.integers(0, 300, count),
            "driver_revenue_cents": random.integers(0, 300, count),
            **{f"{end}_lat": 48 + random.random(count) for end in ("start", "end")},
            **{f"{end}_lon": -2 + random.random(count) for end in ("start", "end")},
            "start_area_id": start,
            "end_area_id": np.where(random.random(count) < 0.6, start, near),
        }
    )


def main() -> None:
    """Build the tables, run the campaigns' models, print seconds and pairs per second."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    period = Period(du=date(YEAR - 2, 1, 1), au=date(YEAR + 2, 12, 31))
    files = sorted((PROJECT / "tests/campaigns").glob("*.yml"))[:CAMPAIGNS]
    campaigns = [catalogue.campaign(file).model_copy(update={"periode": period}) for file in files]
    areas = _areas()
    given = {
        "catalogue": frames([], [], campaigns),
        "active": {"int_evaluated_areas": areas, "int_evaluated_journeys": _journeys(count, areas.height)},
    }
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as folder:
        database = Path(folder) / "entrepot.duckdb"
        with duckdb.connect(str(database)) as connection:
            warehouse.load(connection, given)
        warehouse.manifest(Path(folder))
        start = time.perf_counter()
        results = warehouse.run_campaigns(database, Path(folder), settings(), every_pair=False)
        wall = time.perf_counter() - start
    print(
        f"\n{count:,} journeys × {len(campaigns)} campaigns: {wall:.1f} s, "
        f"{count * len(campaigns) / wall:,.0f} pairs/s"
    )
    for result in results:
        print(f"  {result.unique_id.split('.')[-1]:<26}{result.seconds:>7.2f} s")


if __name__ == "__main__":
    main()
