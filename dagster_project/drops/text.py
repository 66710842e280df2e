"""What the readers of a drop share: a file whose layout is known, its records, and a refusal of the whole.

Not here: how CSV (records) and JSON Lines (json_lines) become records.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dagster_project.contracts.layouts import Layout

BROKEN = {
    "drop_line": pl.Int64,
    "column": pl.String,
    "rule_code": pl.String,
    "raw": pl.String,
    "operator_journey_id": pl.String,  # where it can be told
}


class UnreadableDropError(Exception):
    """A file refused whole: `code` is the rule, `detail` completes its sentence."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Records:
    """`rows`: drop_line and the file's columns as text. `broken`: lines that make no record, and why."""

    rows: pl.DataFrame
    broken: pl.DataFrame


@dataclass(frozen=True)
class Text:
    """A file whose layout is known: CSV with a delimiter, or JSON Lines (no delimiter)."""

    path: Path
    layout: Layout
    delimiter: str
    names: tuple[str, ...]
    skip: int  # records before the first row: the header, and what a spreadsheet puts above it

    @property
    def is_json(self) -> bool:
        """One JSON object per line, in the shape of the modern API."""
        return not self.delimiter
