"""What a table of the lake is: columns with types, units, personal or not; zone and grain."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandera.polars as pa
import polars as pl

INSTANT = pl.Datetime("us", "UTC")


def column(
    dtype: Any,
    description: str,
    *,
    null: bool = False,
    personal: bool = False,
    checks: Any = None,
    title: str | None = None,
    unit: str = "",
) -> pa.Column:
    """One column: its type, what it means, whether it may be null and is personal.

    `title`, `unit`: of a column that goes out, its name for readers and what its values count.
    """
    metadata = {"personal": personal, "unit": unit}
    return pa.Column(
        dtype, checks, nullable=null, title=title, description=description, metadata=metadata, coerce=False
    )


@dataclass(frozen=True)
class Table:
    """One table of the lake: where it is kept, its grain and its columns."""

    name: str
    zone: str  # active | archive | warehouse; of a published file, exports
    grain: str
    columns: dict[str, pa.Column]
    monthly: bool = False  # one folder per month of journey start

    @cached_property
    def schema(self) -> pa.DataFrameSchema:
        """The Pandera schema: these columns, in this order, no other."""
        return pa.DataFrameSchema(self.columns, strict=True, ordered=True, name=self.name)

    @cached_property
    def _checked(self) -> pa.DataFrameSchema:
        """The columns of which Pandera asks more than a type and a value: NaN is none."""
        kept = {
            name: column
            for name, column in self.columns.items()
            if column.checks or (column.dtype.type.is_float() and not column.nullable)
        }
        return pa.DataFrameSchema(kept, name=self.name)

    def validated(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, as `schema` has them; Pandera says what is wrong. Raises pandera.errors.SchemaError.

        It is not asked what one look at all columns tells: it asks each, longer than a small file is written.
        """
        required = {name for name, column in self.columns.items() if not column.nullable}
        nulls = rows.null_count().row(0, named=True)
        if rows.schema != self.empty.schema or any(nulls[name] for name in required):
            self.schema.validate(rows)
        self._checked.validate(rows.select(self._checked.columns.keys()))
        return rows

    @property
    def empty(self) -> pl.DataFrame:
        """A typed frame without rows."""
        return pl.DataFrame(schema={name: column.dtype.type for name, column in self.columns.items()})

    @property
    def personal_columns(self) -> list[str]:
        """The columns that hold personal data."""
        return [name for name, column in self.columns.items() if (column.metadata or {})["personal"]]


OPERATOR = column(pl.String, "The operator, named by its folder.")
