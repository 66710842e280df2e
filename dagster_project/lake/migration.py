"""Gives the files of a lake of an older version the columns of this one. Why: D-200."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from dagster_project.contracts.advances import ADVANCE_ALERTS, ADVANCES, POT_REVIEWS
from dagster_project.contracts.lake_tables import TABLES, Table
from dagster_project.contracts.ledger import (
    CALL_RECEIPTS,
    CAMPAIGN_CAP_USES,
    CHECKPOINTS,
    CLOSING_TERMS,
    CLOSINGS,
    LEDGER_ENTRIES,
    RECORDS,
)
from dagster_project.lake import encryption, schema
from dagster_project.lake.keys import ZONES
from dagster_project.lake.schema import SchemaError
from dagster_project.lake.store import Lake

_HELD = (
    *(CLOSINGS, LEDGER_ENTRIES, CHECKPOINTS, RECORDS, CAMPAIGN_CAP_USES),
    *(CALL_RECEIPTS, CLOSING_TERMS, ADVANCES, ADVANCE_ALERTS, POT_REVIEWS),
)


def migrate(lake: Lake) -> Mapping[str, int]:
    """Give every file of the lake the columns of this version: how many were written anew, by table.

    A column that is new and may be null is added, one that is no more is left out. A file is replaced whole,
    the lake marked last: killed anywhere, run it again. Raises KeyFileError, and SchemaError where more than
    that is needed, before any file is touched.
    """
    files = [
        (table, file) for table in TABLES.values() for file in sorted(lake.folder(table).glob("**/*.parquet"))
    ]
    due = [(table, file) for table, file in files if _columns(lake, table, file) != table.empty.schema]
    if faults := sorted(
        {fault for table, file in due for fault in _faults(table, _columns(lake, table, file))}
    ):
        raise SchemaError(
            f"This lake cannot be migrated: {'; '.join(faults)}. Remedy: install the version that wrote it; "
            "CHANGELOG.md says which one follows."
        )
    for table, file in due:
        rows = lake.rows(table, [file])
        missing = {name: dtype for name, dtype in table.empty.schema.items() if name not in rows.columns}
        added = [pl.lit(None, dtype).alias(name) for name, dtype in missing.items()]
        lake.replace(table, rows.with_columns(added).select(table.empty.columns), file)
    schema.mark(lake)
    names = [table.name for table, _ in due]
    return {name: names.count(name) for name in dict.fromkeys(names)}


def _faults(table: Table, there: pl.Schema) -> Iterator[str]:
    """What no added or dropped column makes right."""
    if table in _HELD:
        yield f"{table.name} is held by the hashes of its rows"
    for name, dtype in table.empty.schema.items():
        if name not in there and not table.columns[name].nullable:
            yield f"{table.name}.{name} is new, and must not be null"
        elif name in there and there[name] != dtype:
            yield f"{table.name}.{name} is {dtype}, was {there[name]}"


def _columns(lake: Lake, table: Table, file: Path) -> pl.Schema:
    if table.zone not in ZONES:
        return pl.Schema(pl.read_parquet_schema(file))
    key = lake.key(table.zone)
    with encryption.parquet(key, is_small=True) as connection:
        return connection.execute(f"from {encryption.source([file], key)} limit 0").pl().schema
