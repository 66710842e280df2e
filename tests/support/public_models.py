"""The observatory's models as DuckDB runs them, of made-up journeys: no dbt, no base."""

from collections.abc import Iterable, Mapping

import duckdb
import jinja2
import polars as pl

from dagster_project.contracts.archive import K
from dagster_project.warehouse.dbt_run import FOLDER

_MODELS = (
    *("public_totals", "int_public_groups"),
    *("public_territories", "public_flows"),
)


def published(journeys: Iterable[Mapping[str, object]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Territories and flows as the public sees them, of rows of int_public_journeys."""
    with duckdb.connect() as connection:
        rows = pl.DataFrame(list(journeys))  # noqa: F841 -- DuckDB reads it by name
        connection.execute("create table int_public_journeys as from rows")
        for model in _MODELS:
            connection.execute(f"create table {model} as {text(model)}")
        return connection.table("public_territories").pl(), connection.table("public_flows").pl()


def text(model: str) -> str:
    """A model's SQL, its inputs under their own names."""
    macros = (FOLDER / "macros" / "observatory.sql").read_text("utf-8")
    sql = (FOLDER / "models" / "observatory" / f"{model}.sql").read_text("utf-8")
    return jinja2.Template(macros + sql).render(
        ref=str, config=lambda **_: "", var={"archive_k": K}.__getitem__
    )
