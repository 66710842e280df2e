"""`python -m tests.bench.rules`: acceptance and fraud rules on twelve million journeys, as nights judge them.

The base is made by the engine itself: crews that ride both ways, with one to three passengers, now and then
driven by another of them, some at two operators.
"""

import secrets
import shutil
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from dagster_project.catalogue import catalogue, rows
from dagster_project.catalogue.fraud_rules import FRAUD_RULES, fraud_rows
from dagster_project.contracts.lake_tables import JOURNEYS, TABLES
from dagster_project.lake.encryption import Database
from dagster_project.sample import Spec
from dagster_project.settings import PROJECT
from dagster_project.warehouse.cache import load, run_models
from tests.support.fraud_base import GIVEN, KEY, label, measure, planted

# What a night does to the base after placing it; the rest of `active` asks for a lake.
RULES = [
    "int_acceptance_days",
    "int_class_grants",
    "int_own_refusals",
    "int_kept_verdicts",
    "int_neighbours",
    "int_close_refusals",
    "int_crowded_refusals",
    "int_accepted_journeys",
    "fraud",
    "journeys",
]

_TRIPS = """
    create temp table trips as
    select crew, day, half, hash(crew, day, half) as dice, 1 + cast(hash(crew) % 3 as integer) as riders,
        if(crew % 25 = 0, day % 2, crew % 10) as operator
    from range($crews) as c(crew), range(365) as d(day), range(2) as h(half)
    where hash(crew, day) % 100 < 5 + hash(crew, 1) % 16
"""
_PLACES = "46 + hash(crew, {half}) % 10000 / 1e4 + dice % 100 / 1e5"
_JOURNEYS = f"""
    insert into active.int_journeys_placed by name
    select
        'op' || operator as operator_id,
        concat_ws('-', 'J', crew, day, half, rider) as operator_journey_id,
        concat_ws('-', 'T', crew, day, half) as operator_trip_id,
        -- One trip in eight is driven by the first passenger, who rides with the driver the other times.
        left(sha256('p' || (crew * 4 + if(dice % 8 = 0, 1, 0))), 32) as driver_identity_key,
        left(sha256('p' || (crew * 4 + if(dice % 8 = 0 and rider = 0, 0, rider + 1))), 32)
            as passenger_identity_key,
        timestamptz '2024-01-01 00:00:00+00'
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
        -- One in 50 too short, one in 100 cancelled, one in 200 late, one in 40 corrected.
        cast(if(dice % 50 = 1, 1500, 8000 + dice % 20000) as bigint) as distance_m,
        if(dice % 100 = 2, 'cancelled', if(dice % 40 = 3, 'corrected', 'new')) as status,
        if(dice % 40 = 3, 2, 1) as version_number,
        true as is_current,
        'C' as operator_class,
        '[]' as incentives,
        1 as seats,
        0 as passenger_contribution_cents,
        0 as driver_revenue_cents,
        concat('op', operator, '-', day) as drop_id,
        row_number() over () as drop_row,
        start_on + 1 as business_date,
        start_at + to_hours(if(dice % 200 = 4, 30, 10)) as dropped_at
    from trips, lateral (select unnest(range(riders)) as rider)
"""
# A corrected journey's first version came on the evening of its day.
_VERSIONS = """
    create view active.int_journey_versions as
    from active.int_journeys_placed
    union all by name
    select * replace (1 as version_number, false as is_current, dropped_at - interval 2 hour as dropped_at)
    from active.int_journeys_placed
    where version_number = 2
"""
_CORRECTED = """
    update active.int_journeys_placed
    set distance_m = distance_m + 1, version_number = version_number + 1
    where start_on = '2024-12-03'
"""


def make_base(database: Database, journeys: int) -> int:
    """The tables that the models of acceptance and fraud read; returns how many journeys there are."""
    catalogue_ = PROJECT / "data"
    frames = rows.frames([], [], [], acceptance=catalogue.acceptance(catalogue_))
    frames["fraud_rules"] = pl.DataFrame(fraud_rows(catalogue.frauds(catalogue_)), schema=FRAUD_RULES)
    operators = pl.DataFrame({"operator_id": [f"op{number}" for number in range(10)]})
    since = operators.with_columns(from_on=date(2020, 1, 1), to_on=date(9999, 12, 31))
    frames["operator_admissions"] = since
    frames["operator_classes"] = operators.with_columns(
        from_at=pl.lit(datetime(2020, 1, 1, tzinfo=UTC)), granted_class=pl.lit("C")
    )
    with database.open() as connection:
        connection.execute("set preserve_insertion_order = false; set memory_limit = '4GB'")
        staging = {f"stg_{name}": TABLES[name].empty for name in GIVEN}
        staging["stg_kept_verdicts"] = (
            TABLES["kept_verdicts"]
            .empty.select(pl.exclude("refusal_code"), pl.col("refusal_code").implode().alias("refusal_codes"))
            .clear()
        )
        placed = JOURNEYS.empty.with_columns(
            pl.lit(None, pl.Date).alias("start_on"),
            pl.lit(None, pl.Int64).alias("version_number"),
            pl.lit(None, pl.Boolean).alias("is_current"),
        )
        load(connection, {"catalogue": frames, "staging": staging, "active": {"int_journeys_placed": placed}})
        connection.execute(_TRIPS, {"crews": journeys // 184})
        connection.execute(_JOURNEYS)
        connection.execute(_VERSIONS)
        return int(connection.execute("select count(*) from active.int_journeys_placed").fetchall()[0][0])


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


def judge(database: Database, title: str, yesterday: Database | None = None) -> None:
    """Run the rules; print the seconds of all and of each model."""
    start, processor = time.perf_counter(), time.process_time()
    results = run_models(database, database.file.parent, RULES, yesterday=yesterday)
    spent = time.perf_counter() - start, time.process_time() - processor
    print(f"{title}: {spent[0]:.1f} s, {spent[1]:.1f} s of processor")
    print(", ".join(f"{one.unique_id.rpartition('.')[2]} {one.seconds:.1f}" for one in results))


def main() -> None:
    """Measure what is found; then judge a whole base, and again after one day of it has changed."""
    show_measure(200_000)
    journeys = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000_000
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as folder:
        key = secrets.token_bytes(32)
        yesterday, tonight = (
            Database(Path(folder) / name, key, months=Path(folder) / "months")
            for name in ("yesterday.db", "tonight.db")
        )
        count = make_base(yesterday, journeys)
        judge(yesterday, f"{count:,} journeys")
        shutil.copy(yesterday.file, tonight.file)
        with tonight.open() as connection:
            connection.execute(_CORRECTED)
        judge(tonight, "the night after, with one day corrected", yesterday)
        judge(tonight, "the same night, judged whole")


if __name__ == "__main__":
    main()
