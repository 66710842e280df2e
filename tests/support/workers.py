"""Months made by worker processes on shared storage, by Dagster's own executor: the rehearsal of D-323.

Each worker builds a database of its own from the same lake and the same published cache, makes its share of
each model's months, and takes the others' over; so the first one's database is what one process alone builds.
"""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg

from dagster_project.lake.encryption import Database
from dagster_project.lake.store import Lake
from dagster_project.warehouse import cache, dbt_run
from dagster_project.warehouse.dbt_run import Worker


class Share(dg.Config):
    """What the workers build, and how many they are."""

    home: str
    business_date: str
    models: list[str]
    small_bytes: int
    workers: int


def database_of(lake: Lake, number: int) -> Database:
    """The first worker's is the cache that is being built."""
    building = lake.cache(building=True)
    return (
        replace(building, file=building.file.with_name(f"{building.file.stem}-{number}.duckdb"))
        if number
        else building
    )


@dg.op(out=dg.DynamicOut(int))
def numbers(config: Share):  # type: ignore[no-untyped-def]
    """An empty place to build in, then the workers' numbers."""
    folder = Lake(Path(config.home)).building.parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield from (dg.DynamicOutput(number, str(number)) for number in range(config.workers))


@dg.op
def work(config: Share, number: int) -> dict[str, int]:
    """Build as that worker; how many months of all models were made here, and how many taken over."""
    dbt_run.SMALL_BYTES = config.small_bytes
    lake = Lake(Path(config.home))
    database = database_of(lake, number)
    with database.open() as connection:
        cache.expose(lake, connection)
    results = dbt_run.run(
        database,
        lake.dbt_output / str(number),
        ["run", "--select", *config.models],
        {"business_date": date.fromisoformat(config.business_date).isoformat()},
        cache.yesterday(lake),
        worker=Worker(number, config.workers),
    )
    failed = [result.unique_id for result in results if result.status != "success"]
    if failed:
        raise dg.Failure(", ".join(failed))
    with database.open(read_only=True) as connection:
        counts = "count(*) filter (is_made) as made, count(*) filter (not is_made) as taken"
        return dict(connection.execute(f"select {counts} from months.files").pl().row(0, named=True))


@dg.job(executor_def=dg.multiprocess_executor)
def months_by_workers() -> None:
    """All workers side by side, a process each."""
    numbers().map(work)
