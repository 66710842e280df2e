"""Builds the DuckDB cache with dbt, beside the one that is read, and renames it into place.

Not here: any rule (dbt/models), any path (lake), how dbt runs (dbt_run). Why: D-001, D-003.
"""

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.ledger import OF_A_CLOSING
from dagster_project.lake.encryption import Database
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.store import Lake
from dagster_project.warehouse import dbt_run
from dagster_project.warehouse.dbt_run import BuildError, NodeResult

# Folders of models that say what each journey is worth tonight; closings and documents come after them.
EVALUATION = ("staging", "active", "fraud", "ledger", "campaigns")
DOCUMENTS = tuple(
    sorted(folder.name for folder in (dbt_run.FOLDER / "models").iterdir() if folder.name not in EVALUATION)
)


class NoNightError(FileNotFoundError):
    """No night has built the cache yet; the message says what to run."""


def evaluate(lake: Lake, business_date: date) -> list[NodeResult]:
    """Build and test the models up to the provisional amounts, from the lake and the catalogue.

    Raises BuildError naming the nodes that failed.
    """
    shutil.rmtree(lake.building.parent, ignore_errors=True)
    lake.building.parent.mkdir(parents=True)
    with lake.cache(building=True).open() as connection:
        lake.expose(connection)
    return _build(lake, business_date, EVALUATION, "buildable", judged_alike(lake))


def evaluate_closings(lake: Lake, business_date: date) -> list[NodeResult]:
    """Build and test again what reads closings, beside what was evaluated before them.

    Raises BuildError naming the nodes that failed.
    """
    with lake.cache(building=True).open() as connection:
        lake.expose(connection)
    readers = [f"source:entrepot.lake.{table.name}+" for table in OF_A_CLOSING]
    return _build(lake, business_date, readers, "buildable", judged_alike(lake), but=DOCUMENTS)


def document(lake: Lake, business_date: date) -> list[NodeResult]:
    """Build and test the models of documents beside what was evaluated, and publish the cache.

    Raises BuildError naming the nodes that failed; nothing is published then.
    """
    if not lake.building.exists():
        raise BuildError("Nothing was evaluated in this run: run the night, or select the models upstream.")
    results = _build(lake, business_date, DOCUMENTS, "eager")
    os.replace(lake.building, lake.warehouse)
    return results


def build(lake: Lake, business_date: date) -> None:
    """Evaluate and document with nothing closed in between. Raises BuildError."""
    evaluate(lake, business_date)
    document(lake, business_date)


def _build(
    lake: Lake,
    business_date: date,
    models: Sequence[str],
    tests: str,
    yesterday: Database | None = None,
    but: Sequence[str] = (),
) -> list[NodeResult]:
    results = dbt_run.run(
        lake.cache(building=True),
        lake.dbt_output,
        [
            *("build", "--vars", variables(lake, business_date, yesterday)),
            *("--select", *models, "--indirect-selection", tests, "--exclude-resource-type", "unit_test"),
            *(("--exclude", *but) if but else ()),
        ],
        yesterday,
    )
    failed = [result for result in results if result.status in ("error", "fail", "runtime error")]
    if failed:
        named = ", ".join(sorted(f"{result.unique_id} ({result.status})" for result in failed))
        raise BuildError(
            f"dbt: {named}. The cache was not replaced; correct the cause and run the night again.", results
        )
    return results


@cache
def _code(output: Path) -> str:
    """What the parsed models are, and what hashes: a cache that others made tells nothing about tonight."""
    parsed = dbt_run.manifest(output)
    models = sorted(node.raw_code for node in parsed.nodes.values())
    macros = sorted(macro.macro_sql for macro in parsed.macros.values())
    return hashlib.sha256(json.dumps([duckdb.__version__, models, macros]).encode()).hexdigest()


def variables(lake: Lake, business_date: date, yesterday: Database | None) -> str:
    """What a night tells the models, for dbt's `--vars`."""
    code = _code(lake.dbt_output)
    dbt_vars = {"business_date": business_date.isoformat(), "yesterday": yesterday is not None, "code": code}
    return json.dumps(dbt_vars)


# What a night takes from the night before (dbt/macros/judged.sql).
_JUDGED = """
    select concat(schema_name, '.', table_name) from duckdb_tables() where table_name in (
        'int_day_fingerprints', 'int_close_refusals', 'int_crowded_refusals', 'int_fraud_labels',
        'int_operator_months'
    )
"""


def judged_alike(lake: Lake) -> Database | None:
    """The published cache, if all of it that counts can be read and these models built it."""
    try:
        with reading(lake) as connection:
            codes = connection.execute("select distinct code from active.int_day_fingerprints").fetchall()
            for (model,) in connection.execute(_JUDGED).fetchall():
                connection.execute(f"select sum(hash(model)) from {model} as model").fetchall()
    except (FileNotFoundError, KeyFileError, duckdb.Error):
        return None
    return lake.cache() if codes == [(_code(lake.dbt_output),)] else None


@contextmanager
def evaluated(
    frames: Mapping[str, Mapping[str, pl.DataFrame]], *, every_pair: bool
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The campaigns' models, built on the given frames (by schema and table) in a database of their own.

    It lives in a private temporary folder, under a key that nobody keeps, for as long as the block lasts;
    no zone is touched. Raises BuildError.
    """
    with tempfile.TemporaryDirectory(prefix="entrepot-") as folder:
        database = Database(Path(folder) / "entrepot.duckdb", secrets.token_bytes(32))
        with database.open() as connection:
            load(connection, frames)
        run_models(database, Path(folder), ["campaigns"], every_pair=every_pair)
        with database.open(read_only=True) as connection:
            yield connection


def load(connection: duckdb.DuckDBPyConnection, frames: Mapping[str, Mapping[str, pl.DataFrame]]) -> None:
    """Make tables of frames, by schema and name."""
    for schema, tables in frames.items():
        connection.execute(f"create schema {schema}")
        for name, rows in tables.items():
            connection.register("given", rows)
            connection.execute(f"create table {schema}.{name} as select * from given")


def run_models(
    database: Database,
    output: Path,
    models: Sequence[str],
    *,
    every_pair: bool = False,
    yesterday: Database | None = None,
) -> list[NodeResult]:
    """Some models alone, by folder or name, on tables that lie in the database. Raises BuildError."""
    variables = {"every_pair": every_pair, "yesterday": yesterday is not None}
    arguments = ["run", "--select", *models, "--vars", json.dumps(variables)]
    results = dbt_run.run(database, output, arguments, yesterday)
    if failed := [result.unique_id for result in results if result.status != "success"]:
        raise BuildError(f"dbt: {', '.join(sorted(failed))}", results)
    return results


@contextmanager
def reading(lake: Lake, *, building: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published cache, or the one being built, read only.

    Raises NoNightError before any night, KeyFileError without its key.
    """
    file = lake.building if building else lake.warehouse
    if not file.exists():
        raise NoNightError(f"{file} is not there yet; run a night first: entrepot nightly")
    with lake.cache(building=building).open(read_only=True) as connection:
        yield connection
