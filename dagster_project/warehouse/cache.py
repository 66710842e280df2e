"""Builds the DuckDB cache with dbt, beside the one that is read, and renames it into place.

Not here: any rule (dbt/models), any path (lake), how dbt runs (dbt_run). Why: D-001, D-003.
"""

import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.lake_tables import DROPS, JOURNEYS
from dagster_project.contracts.ledger import OF_A_CLOSING, closing_of
from dagster_project.lake.encryption import Database
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.part_names import drop_of, first_night
from dagster_project.lake.preflight import remedy
from dagster_project.lake.store import Lake
from dagster_project.warehouse import dbt_run
from dagster_project.warehouse.dbt_run import BuildError, NodeResult

# Folders of models that say what each journey is worth tonight; closings and documents come after them.
EVALUATION = ("staging", "active", "fraud", "ledger", "campaigns")
DOCUMENTS = tuple(
    sorted(folder.name for folder in (dbt_run.FOLDER / "models").iterdir() if folder.name not in EVALUATION)
)


_LOG = logging.getLogger(__name__)


class NoNightError(FileNotFoundError):
    """No night has built the cache yet; the message says what to run."""


def evaluate(lake: Lake, business_date: date) -> list[NodeResult]:
    """Build and test the models up to the provisional amounts, from the lake and the catalogue.

    Raises BuildError naming the nodes that failed.
    """
    return _or_from_nothing(lake, lambda before: _evaluate(lake, business_date, before), business_date)


def _evaluate(lake: Lake, business_date: date, before: Database | None) -> list[NodeResult]:
    shutil.rmtree(lake.building.parent, ignore_errors=True)
    lake.building.parent.mkdir(parents=True)
    with lake.cache(building=True).open() as connection:
        expose(lake, connection)
    return _build(lake, business_date, EVALUATION, EVALUATION, before)


def _or_from_nothing(
    lake: Lake,
    build: Callable[[Database | None], list[NodeResult]],
    business_date: date,
    *,
    again: bool = False,
) -> list[NodeResult]:
    """Build; where a model fails that may rest on a spoilt month file of a night before, take none over.

    `again`: what is built then is what `build` does on top of the evaluation. Raises BuildError.
    """
    try:
        return build(yesterday(lake))
    except BuildError as error:
        failed = [result.unique_id for result in error.results if result.status == "error"]
        if not failed or not _has_taken_over(lake):
            raise
        _LOG.warning("%s failed: one kept month may be spoilt, so all are made anew.", ", ".join(failed))
    results = _evaluate(lake, business_date, None)
    return build(None) if again else results


def evaluate_closings(lake: Lake, business_date: date) -> list[NodeResult]:
    """Build and test again what reads closings, beside what was evaluated before them.

    Raises BuildError naming the nodes that failed.
    """
    with lake.cache(building=True).open() as connection:
        expose(lake, connection)
    readers = [f"source:entrepot.lake.{table.name}+" for table in OF_A_CLOSING]
    return _or_from_nothing(
        lake,
        lambda before: _build(lake, business_date, readers, EVALUATION, before, but=DOCUMENTS),
        business_date,
    )


def document(lake: Lake, business_date: date) -> list[NodeResult]:
    """Build and test the models of documents beside what was evaluated, and publish the cache.

    Raises BuildError naming the nodes that failed; nothing is published then.
    """
    if not lake.building.exists():
        raise BuildError("Nothing was evaluated in this run: run the night, or select the models upstream.")
    results = _or_from_nothing(
        lake,
        lambda before: _build(lake, business_date, DOCUMENTS, (*EVALUATION, *DOCUMENTS), before),
        business_date,
        again=True,
    )
    with lake.cache(building=True).open() as connection:
        connection.execute(
            "create or replace table months.night as select cast(? as date) as business_date", [business_date]
        )
    os.replace(lake.building, lake.cache_file)
    _tidy(lake)
    return results


def build(lake: Lake, business_date: date) -> None:
    """Evaluate and document with nothing closed in between. Raises BuildError."""
    evaluate(lake, business_date)
    document(lake, business_date)


def _build(
    lake: Lake,
    business_date: date,
    models: Sequence[str],
    tested: Sequence[str],
    yesterday: Database | None = None,
    but: Sequence[str] = (),
) -> list[NodeResult]:
    results = dbt_run.run(
        lake.cache(building=True),
        lake.dbt_output,
        ["run", "--select", *models, *(("--exclude", *but) if but else ())],
        {"business_date": business_date.isoformat()},
        yesterday,
        tested,
    )
    failed = [result for result in results if result.status in ("error", "fail", "runtime error")]
    if failed:
        of_the_disk = [result.cause for result in failed if result.cause.startswith(dbt_run.OF_THE_DISK)]
        raise BuildError(
            f"dbt: {_named(failed)}. The cache was not replaced; correct the cause and run the night again."
            + (f" {remedy(of_the_disk[0], lake)}" if of_the_disk else ""),
            results,
        )
    return results


def _named(failed: Sequence[NodeResult]) -> str:
    causes = ((result.unique_id, ": ".join(filter(None, (result.status, result.cause)))) for result in failed)
    return ", ".join(sorted(f"{name} ({cause})" for name, cause in causes))


def expose(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    """Show the lake to the models, and of which files its months of journeys and its closings are made."""
    lake.expose(connection)
    committed = set(lake.read(DROPS).filter(pl.col("refused_code").is_null())["drop_id"])
    journeys = [
        (_month_of(file), _content(file), file.stat().st_size)
        for file in lake.folder(JOURNEYS).glob("month=*/*.parquet")
        if drop_of(file) in committed or first_night(file)
    ]
    closings = [
        (table.name, closing_of(file), _month_of(file) if table.monthly else None, _content(file))
        for table in OF_A_CLOSING
        for file in lake.folder(table).glob("**/closing-*.parquet")
    ]
    connection.execute("create schema if not exists months")
    for name, rows, columns in (
        ("lake_files", journeys, {"month_on": pl.Date, "content": pl.String, "bytes": pl.Int64}),
        (
            "closing_files",
            closings,
            {
                "table_name": pl.String,
                "closing_number": pl.Int64,
                "month_on": pl.Date,
                "content": pl.String,
            },
        ),
    ):
        connection.register("files", pl.DataFrame(rows, schema=columns, orient="row"))
        connection.execute(f"create or replace table months.{name} as from files")


def _month_of(file: Path) -> date:
    return date.fromisoformat(f"{file.parent.name.removeprefix('month=')}-01")


def _content(file: Path) -> str:
    """What tells a file of the lake from the one that lay there before."""
    stat = file.stat()
    return f"{file.name} {stat.st_size} {stat.st_mtime_ns}"


def yesterday(lake: Lake) -> Database | None:
    """The published cache, where it can be read with all the month files that it names."""
    try:
        with reading(lake) as connection:
            registry = connection.execute("from months.files").pl()
    except (FileNotFoundError, KeyFileError, duckdb.Error):
        return None
    files = registry.filter(pl.col("rows") > 0)["file"]
    return lake.cache() if all((lake.months / file).exists() for file in files) else None


def published_on(lake: Lake) -> date | None:
    """The business date of the published cache; none before any night, or where the cache cannot be read."""
    try:
        with reading(lake) as connection:
            return night_of(connection)
    except (FileNotFoundError, KeyFileError, duckdb.Error):
        return None


def night_of(connection: duckdb.DuckDBPyConnection) -> date:
    """The business date of an opened cache."""
    return connection.execute("from months.night").fetchall()[0][0]  # type: ignore[no-any-return]


def _has_taken_over(lake: Lake) -> bool:
    with reading(lake, building=True) as connection:
        return bool(connection.execute("from months.files where not is_made and rows > 0 limit 1").fetchall())


def _tidy(lake: Lake) -> None:
    """Delete the month files that the published cache does not name."""
    with reading(lake) as connection:
        named = {file for (file,) in connection.execute("select file from months.files").fetchall()}
    for file in lake.months.glob("*/*"):
        if str(file.relative_to(lake.months)) not in named:
            file.unlink()


@contextmanager
def private_database(frames: Mapping[str, Mapping[str, pl.DataFrame]]) -> Iterator[Database]:
    """A database of its own that holds the given frames (by schema and table).

    It lives in a private temporary folder, under a key that nobody keeps, for as long as the block lasts;
    no zone is touched.
    """
    with tempfile.TemporaryDirectory(prefix="entrepot-") as folder:
        database = Database(Path(folder) / "entrepot.duckdb", secrets.token_bytes(32))
        with database.open() as connection:
            load(connection, frames)
        yield database


@contextmanager
def evaluated(
    frames: Mapping[str, Mapping[str, pl.DataFrame]],
    models: Sequence[str] = ("campaigns",),
    *,
    every_pair: bool = False,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Models, built on the given frames in a private database. Raises BuildError."""
    with private_database(frames) as database:
        run_models(database, database.file.parent, models, every_pair=every_pair)
        with database.open(read_only=True) as connection:
            yield connection


def load(connection: duckdb.DuckDBPyConnection, frames: Mapping[str, Mapping[str, pl.DataFrame]]) -> None:
    """Make tables of frames, by schema and name."""
    for schema, tables in frames.items():
        connection.execute(f"create schema if not exists {schema}")
        for name, rows in tables.items():
            connection.register("given", rows)
            connection.execute(f"create table {schema}.{name} as select * from given")


def know_models(lake: Lake) -> None:
    """Parse dbt's project from what the last night has parsed: seven seconds less. The home is only read."""
    with tempfile.TemporaryDirectory(prefix="entrepot-") as folder:
        known, target = lake.dbt_output / "target" / "partial_parse.msgpack", Path(folder) / "target"
        if known.exists():
            target.mkdir()
            shutil.copy(known, target)
        dbt_run.manifest(Path(folder))


def run_models(
    database: Database,
    output: Path,
    models: Sequence[str],
    *,
    every_pair: bool = False,
    yesterday: Database | None = None,
) -> list[NodeResult]:
    """Some models alone, by folder or name, on tables that lie in the database. Raises BuildError."""
    arguments = ["run", "--select", *models]
    results = dbt_run.run(database, output, arguments, {"every_pair": every_pair}, yesterday)
    if failed := [result for result in results if result.status != "success"]:
        raise BuildError(f"dbt: {_named(failed)}", results)
    return results


@contextmanager
def reading(lake: Lake, *, building: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published cache, or the one being built, read only.

    Raises NoNightError before any night, KeyFileError without its key.
    """
    file = lake.building if building else lake.cache_file
    if not file.exists():
        raise NoNightError(f"{file} is not there yet; run a night first: entrepot nightly")
    with lake.cache(building=building).open(read_only=True) as connection:
        yield connection
