"""Of which columns each column of a model is made, as sqlglot reads the models' SQL; kept in lineage.csv.

`entrepot docs` writes the file from an empty base, a test holds it to the models: to read them takes ten
seconds, which no night has to spare. Of a column that sqlglot cannot follow (UNPIVOT, columns made by a
pattern) it says nothing. Not here: how the Dagster UI shows it (dagster_project/defs/warehouse.py).
"""

import csv
import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from dbt.contracts.graph.nodes import ModelNode
from sqlglot import MappingSchema, exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from dagster_project.lake.store import Lake
from dagster_project.warehouse import cache as warehouse
from dagster_project.warehouse import dbt_run

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it says of each UNPIVOT that it cannot follow it
FILE = Path(__file__).with_suffix(".csv")


@cache
def known() -> Mapping[str, Mapping[str, Sequence[tuple[str, str]]]]:
    """By model (`finance.fund_calls`) and column: the columns that it is made of, each after its table."""
    by_model: dict[str, dict[str, list[tuple[str, str]]]] = {}
    with FILE.open(encoding="utf-8", newline="") as lines:
        for model, column, made_of in csv.reader(lines):
            table, _, read = made_of.rpartition(".")
            by_model.setdefault(model, {}).setdefault(column, []).append((table, read))
    return by_model


def read(lake: Lake) -> str:
    """The file's text, from the published cache and the SQL that dbt has compiled for it.

    One line per column of a model and column that it reads.
    """
    with warehouse.reading(lake) as connection:
        columns = connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
            "where database_name = 'entrepot' and not internal order by all"
        ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, dtype in columns:
        tables.setdefault(table, {})[column] = dtype
    schema = MappingSchema(dialect="duckdb")
    for table, of_table in tables.items():
        schema.add_table(f"entrepot.{table}", of_table, dialect="duckdb")
    compiled = lake.dbt_output / "target" / "compiled" / "entrepot"
    lines = {
        f"{node.schema}.{node.alias},{column},{made_of}\n"
        for node in dbt_run.manifest(lake.dbt_output).nodes.values()
        if isinstance(node, ModelNode)
        for column, made_of in _read((compiled / node.original_file_path).read_text("utf-8"), schema)
    }
    return "".join(sorted(lines))


def _read(sql: str, schema: MappingSchema) -> Iterator[tuple[str, str]]:
    """Each column of a query with each column of a table that it is made of."""
    try:
        parsed = parse_one(sql, dialect="duckdb")
        query = qualify(parsed, schema=schema, dialect="duckdb", validate_qualify_columns=False)
    except SqlglotError:
        return
    assert isinstance(query, exp.Query)  # a model is a select
    for union in query.find_all(exp.SetOperation):
        _match_by_position(union)
    scope = build_scope(query)
    for column in query.named_selects:
        try:
            made_of = lineage(column, query, schema=schema, dialect="duckdb", scope=scope, copy=False)
        except (SqlglotError, ValueError):
            continue
        for node in made_of.walk():
            read = node.expression.find(exp.Table)
            if read and read.db and not node.downstream and not node.name.endswith("*"):
                yield column, f"{read.db}.{read.name}.{exp.to_column(node.name).name}"


def _match_by_position(union: exp.SetOperation) -> None:
    """Lineage follows a union's columns by their position, also those of a `union by name`."""
    if union.args.get("by_name") and isinstance(union.right, exp.Select):
        own = {column.alias_or_name: column for column in union.right.selects}
        nothing = exp.null()
        union.right.set("expressions", [own.get(name, nothing.as_(name)) for name in union.named_selects])
        union.set("by_name", False)
