"""Every Parquet file that goes out: its contract's columns in order, each with what it says.

A column's title, unit and description are metadata of its field, which Arrow's readers show; the file's own
say its grain. Not here: which columns (contracts).
"""

from pathlib import Path

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from dagster_project.contracts.lake_table import Table


def write_parquet(file: Path, rows: pl.DataFrame, table: Table, **metadata: str) -> None:
    """Write a table; the same rows give the same bytes. Raises polars.exceptions.ColumnNotFoundError."""
    shown = rows.select(list(table.columns))
    fields = [field.with_metadata(said(table, field.name)) for field in shown.head(0).to_arrow().schema]
    shown.write_parquet(
        file,
        compression="zstd",
        arrow_schema=pa.schema(fields),
        metadata={"grain": table.grain, **metadata},
    )


def said(table: Table, name: str) -> dict[str, str]:
    """What a column's field says: title and description in French, and the unit of an amount."""
    column = table.columns[name]
    texts = {"title": column.title, "unit": column.metadata["unit"], "description": column.description}
    return {key: text for key, text in texts.items() if text}
