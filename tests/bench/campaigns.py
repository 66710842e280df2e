"""Journeys × the first twenty campaigns of tests/campaigns, from loaded tables: pairs per second.

Ten times as many, with the memory that keeps them off the disk, take ten times as long.

Then two campaigns alone on one core, each on journeys that pass its guard: what the national registry's own
engine was measured on, in memory and without its database. Ours writes its tables and reads the amounts back.
"""

import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from dagster_project.campaigns.compile.rule_tables import OPENING, SETTLED
from dagster_project.campaigns.language.model import Campaign, Period
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.rows import frames
from dagster_project.lake.encryption import Database
from dagster_project.settings import PROJECT, duckdb_memory, settings
from dagster_project.warehouse import cache, dbt_run

CAMPAIGNS = 20
YEAR = 2023
TERRITORIES = PROJECT / "data/reference/territories.parquet"
IDFM = "217500016"
# Journeys per second of the registry's engine on one core, and the region whose journeys pass the guard.
REGISTRY = {"idfm_2021": (11_600, ["11"]), "pmgf_2023": (78_000, ["84"])}


def _areas(regions: list[str] | None = None) -> pl.DataFrame:
    of_year = pl.read_parquet(TERRITORIES).filter(pl.col("year") == YEAR)
    if regions:
        of_year = of_year.filter(pl.col("region_code").is_in(regions))
    return of_year.select(
        pl.int_range(pl.len()).alias("area_id"),
        "place_code",
        pl.col("commune_code").alias("commune"),
        pl.col("city_code").alias("ville"),
        pl.col("epci_code").alias("epci"),
        # The reference has none; most are EPCIs.
        pl.when(pl.col("region_code") == "11").then(pl.lit(IDFM)).otherwise("epci_code").alias("aom"),
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


def _run(
    count: int, campaigns: list[Campaign], areas: pl.DataFrame, threads: int, memory: str
) -> tuple[float, str]:
    """Seconds from loaded tables to amounts, read back as sums; processor seconds, what each model took."""
    given = {
        "catalogue": frames([], [], campaigns) | {"territories": pl.read_parquet(TERRITORIES)},
        "active": {"int_evaluated_areas": areas, "int_evaluated_journeys": _journeys(count, areas.height)},
    }
    settled = SETTLED | {"opening_balances": OPENING}
    given["ledger"] = {name: pl.DataFrame(schema=schema) for name, schema in settled.items()}
    os.environ |= {"ENTREPOT_THREADS": str(threads), "ENTREPOT_MEMORY_LIMIT": memory}
    settings.cache_clear()
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as folder:
        database = Database(Path(folder) / "entrepot.duckdb", bytes(32))
        with database.open() as connection:
            cache.load(connection, given)
        del given
        dbt_run.manifest(Path(folder))
        start, processor = time.perf_counter(), time.process_time()
        results = cache.run_models(database, Path(folder), ["campaigns"])
        models = time.perf_counter() - start
        with database.open(read_only=True) as connection:
            connection.execute(f"set threads = {threads}")
            pairs, eligible = connection.sql(
                "select sum(pairs), sum(eligible) from (select campaign_id, count(*) as pairs, "
                "sum(incentive_cents), count(*) filter (where is_eligible) as eligible "
                "from campaigns.campaign_incentives group by campaign_id)"
            ).fetchone() or (0, 0)
        wall, processor = time.perf_counter() - start, time.process_time() - processor
    steps = [f"  {result.unique_id.split('.')[-1]:<26}{result.seconds:>7.2f} s" for result in results]
    steps.append(f"  {'amounts read back':<26}{wall - models:>7.2f} s")
    return wall, "\n".join(
        [
            f"  {pairs:,} pairs in a guard, {eligible / pairs:.0%} eligible; {processor:.1f} processor s",
            *steps,
        ]
    )


def main() -> None:
    """Build the tables, run the campaigns' models, print seconds and pairs per second."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    files = sorted((PROJECT / "tests/campaigns").glob("*.yml"))
    period = Period(du=date(YEAR - 2, 1, 1), au=date(YEAR + 2, 12, 31))
    campaigns = [catalogue.campaign(file).model_copy(update={"periode": period}) for file in files]
    usual = duckdb_memory()
    fastest = max(theirs for theirs, _ in REGISTRY.values())
    for journeys, memory in ((count, usual), (10 * count, "8GB")):
        wall, steps = _run(journeys, campaigns[:CAMPAIGNS], _areas(), threads=2, memory=memory)
        rate = journeys * CAMPAIGNS / wall
        print(
            f"\n{journeys:,} journeys × {CAMPAIGNS} campaigns, 2 cores, {memory}: {wall:.1f} s, {rate:,.0f} "
            f"pairs/s; {rate / fastest:.0f} × the registry's engine at its fastest\n{steps}"
        )
    for one in campaigns:
        if one.id in REGISTRY:
            theirs, regions = REGISTRY[one.id]
            wall, steps = _run(count, [one], _areas(regions), threads=1, memory=usual)
            rate = count / wall
            print(
                f"\n{one.id} alone, {count:,} journeys, 1 core: {wall:.1f} s, {rate:,.0f} journeys/s; "
                f"the registry's engine {theirs:,}/s, {rate / theirs:.1f} ×\n{steps}"
            )


if __name__ == "__main__":
    main()
