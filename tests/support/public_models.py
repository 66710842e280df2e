"""The observatory's models as DuckDB runs them, of made-up journeys: no dbt, no base."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import duckdb
import jinja2
import polars as pl

from dagster_project.contracts.archive import K
from dagster_project.warehouse.dbt_run import FOLDER

_MODELS = (
    *("public_totals", "int_public_groups"),
    *("public_territories", "public_flows"),
)
_TOLD = ("month_on", "journeys", "car_trips", "busiest_journeys")


def published(journeys: Iterable[Mapping[str, object]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Territories and flows as the public sees them, of rows of int_public_journeys, all of new months."""
    with _models(journeys, _MODELS, is_new=True) as connection:
        return connection.table("public_territories").pl(), connection.table("public_flows").pl()


def corrected(
    journeys: Iterable[Mapping[str, object]], told: Iterable[Mapping[str, object]]
) -> list[dict[str, object]]:
    """What is told anew of months, tonight's journeys against what was told of them so far."""
    with _models(journeys, ("public_totals",), is_new=False) as connection:
        rows = pl.DataFrame(list(told)).select(_TOLD)  # noqa: F841
        connection.execute("create table stg_public_editions as from rows")
        connection.execute("create table stg_public_corrections as from rows where false")
        return connection.sql(text("public_corrections_due")).pl().to_dicts()


def totals(journeys: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """A month's sums as an edition keeps them."""
    with _models(journeys, ("public_totals",), is_new=True) as connection:
        return connection.table("public_totals").pl().to_dicts()


@contextmanager
def _models(
    journeys: Iterable[Mapping[str, object]], models: Iterable[str], *, is_new: bool
) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        rows = pl.DataFrame(list(journeys))  # noqa: F841 -- DuckDB reads it by name
        for name in ("int_public_journeys", "int_public_ends"):
            connection.execute(f"create table {name} as from rows")
        connection.execute(
            f"create table int_public_months as select distinct month_on, {is_new} as is_new from rows"
        )
        for model in models:
            connection.execute(f"create table {model} as {text(model)}")
        yield connection


def text(model: str) -> str:
    """A model's SQL, its inputs under their own names."""
    macros = (FOLDER / "macros" / "observatory.sql").read_text("utf-8")
    sql = (FOLDER / "models" / "observatory" / f"{model}.sql").read_text("utf-8")
    return jinja2.Template(macros + sql).render(
        ref=str, config=lambda **_: "", var={"archive_k": K}.__getitem__
    )
