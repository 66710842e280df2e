"""`python -m tests.bench_frauds`: every fraud rule on twelve million journeys, as a night would.

The base is made by the engine itself: crews that ride both ways, with one to three passengers, now and then
driven by another of them, some at two operators.
"""

import secrets
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.campaigns import catalogue
from dagster_project.campaigns.frauds import FRAUD_RULES, fraud_rows
from dagster_project.contracts.tables import TABLES
from dagster_project.encryption import Database
from dagster_project.sample import Spec
from dagster_project.settings import PROJECT, Settings
from dagster_project.warehouse import run_models

from .fraud_base import KEY, label, measure, planted

_TRIPS = """
    create temp table trips as
    select crew, day, half, hash(crew, day, half) as dice, 1 + cast(hash(crew) % 3 as integer) as riders,
        if(crew % 25 = 0, day % 2, crew % 10) as operator
    from range($crews) as c(crew), range(365) as d(day), range(2) as h(half)
    where hash(crew, day) % 100 < 5 + hash(crew, 1) % 16
"""
_PLACES = "46 + hash(crew, {half}) % 10000 / 1e4 + dice % 100 / 1e5"
_JOURNEYS = f"""
    create table active.int_accepted_journeys as
    select
        'op' || operator as operator_id,
        concat_ws('-', 'J', crew, day, half, rider) as operator_journey_id,
        concat_ws('-', 'T', crew, day, half) as operator_trip_id,
        -- One trip in eight is driven by the first passenger, who rides with the driver the other times.
        left(sha256('p' || (crew * 4 + if(dice % 8 = 0, 1, 0))), 32) as driver_identity_key,
        left(sha256('p' || (crew * 4 + if(dice % 8 = 0 and rider = 0, 0, rider + 1))), 32)
            as passenger_identity_key,
        timestamptz '2021-01-01 00:00:00+00'
            + to_seconds(cast(
                day * 86400 + if(half = 0, 7, 16) * 3600 + dice % 5000 + rider * 150 as integer
            )) as start_at,
        start_at + to_seconds(cast(900 + dice % 1800 as integer)) as end_at,
        cast(timezone('Europe/Paris', start_at) as date) as start_on,
        {_PLACES.format(half="half")} as start_lat,
        {_PLACES.format(half="half")} - 40 as start_lon,
        {_PLACES.format(half="1 - half")} as end_lat,
        {_PLACES.format(half="1 - half")} - 40 as end_lon,
        'l' || hash(crew, half) % 10000 as start_place_code,
        'l' || hash(crew, 1 - half) % 10000 as end_place_code,
        cast(8000 + dice % 20000 as bigint) as distance_m,
        'valid' as outcome,
        cast([] as varchar[]) as refusal_codes
    from trips, lateral (select unnest(range(riders)) as rider)
"""


def make_base(database: Database, journeys: int) -> int:
    """The tables that the fraud models read; returns how many journeys there are."""
    with database.open() as connection:
        connection.execute("set preserve_insertion_order = false; set memory_limit = '4GB'")
        for schema in ("active", "staging", "catalogue"):
            connection.execute(f"create schema {schema}")
        connection.execute(_TRIPS, {"crews": journeys // 184})
        connection.execute(_JOURNEYS)
        for name in ("identities", "fraud_counts", "fraud_verdicts", "fraud_decisions"):
            connection.register("empty", TABLES[name].empty)
            connection.execute(f"create table staging.stg_{name} as from empty")
        rules = pl.DataFrame(fraud_rows(catalogue.frauds(PROJECT / "data")), schema=FRAUD_RULES)
        connection.register("rules", rules)
        connection.execute("create table catalogue.fraud_rules as from rules")
        return int(connection.execute("select count(*) from active.int_accepted_journeys").fetchall()[0][0])


def show_measure(journeys: int) -> None:
    """Precision and recall per label on a planted year."""
    spec = Spec(
        journeys=journeys, frauds=journeys // 1_000, first_day=date(2021, 1, 1), last_day=date(2021, 12, 31)
    )
    base, accounts = planted(spec)
    labels, after = label(base, identities=accounts)
    _, false_share = measure(after)
    truth = base.select(*KEY, "fraud", "verdict")
    is_planted = pl.col("fraud").eq_missing(pl.col("rule_code")) & pl.col("verdict").is_in(["aside", "told"])
    found = (
        labels.join(truth, on=KEY)
        .group_by("rule_code", "is_excluding")
        .agg(pl.len().alias("labelled"), is_planted.sum().alias("rightly"))
    )
    asked = truth.filter(pl.col("verdict").is_in(["aside", "told"])).group_by("fraud").len("planted")
    print(f"{base.height:,} journeys of a planted year; honest journeys set aside: {false_share:.6%}")
    print(f"{'label':<32}{'excludes':>9}{'planted':>9}{'precision':>11}{'recall':>8}")
    for row in asked.join(found, left_on="fraud", right_on="rule_code", how="left").sort("fraud").to_dicts():
        precision, recall = row["rightly"] / row["labelled"], row["rightly"] / row["planted"]
        excludes = "yes" if row["is_excluding"] else "no"
        print(f"{row['fraud']:<32}{excludes:>9}{row['planted']:>9}{precision:>11.1%}{recall:>8.1%}")


def main() -> None:
    """Measure what is found, then build, label, print the seconds of each model."""
    show_measure(200_000)
    journeys = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000_000
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as folder:
        database = Database(Path(folder) / "entrepot.duckdb", secrets.token_bytes(32))
        count = make_base(database, journeys)
        start = time.perf_counter()
        results = run_models(database, Path(folder), Settings(), ["fraud", "journeys"])
        print(f"{count:,} journeys: {time.perf_counter() - start:.1f} s")
        for result in results:
            print(f"  {result.unique_id.rpartition('.')[2]:<24}{result.seconds:>8.1f}")
        with database.open(read_only=True) as connection:
            print(
                connection.execute(
                    "select rule_code, count(*) as journeys from fraud.fraud_labels group by all order by all"
                ).pl()
            )


if __name__ == "__main__":
    main()
