"""Which journeys are valid under other rules of data/rules: staging, acceptance and frauds once more, apart.

Month files that the rules leave as they are come from the published cache. Nothing is written but a private
database. Not here: what campaigns give for these journeys (over_base). Why: D-296.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from dagster_project.files.statements import statements
from dagster_project.lake.encryption import Database
from dagster_project.lake.store import Lake
from dagster_project.warehouse.cache import expose, know_models, run_models, yesterday

_SQL = statements(__file__)


@contextmanager
def judged(
    lake: Lake, rules: Mapping[str, pl.DataFrame], first_on: date, last_on: date
) -> Iterator[Database]:
    """A database whose schema `judged` has the days' journeys with their outcome, and the valid ones.

    `rules`: tables of the catalogue, in the place of the last night's. Raises BuildError, KeyFileError.
    """
    know_models(lake)
    with TemporaryDirectory(prefix="entrepot-") as name:
        folder = Path(name)
        (folder / "months").mkdir()
        for file in lake.months.glob("*/*"):
            link = folder / "months" / file.relative_to(lake.months)
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(file.resolve())
        database = replace(lake.cache(), file=folder / "entrepot.duckdb", months=folder / "months")
        with database.open() as connection:
            expose(lake, connection)
            for table, rows in rules.items():
                connection.register("given", rows)
                connection.execute(f"drop view if exists catalogue.{table}")
                connection.execute(f"create table catalogue.{table} as from given")
        before = yesterday(lake)
        # Its months are found by their links, beside those that are made here.
        linked = replace(before, months=None) if before else None
        run_models(database, folder, ["+int_evaluated_journeys"], yesterday=linked)
        with database.open() as connection:
            connection.execute("create schema judged")
            for query in ("journeys", "valid"):
                connection.execute(_SQL[query], {"first": first_on, "last": last_on})
        # Its views on months are read no more: who attaches it keeps the published cache's.
        yield replace(database, months=None)
