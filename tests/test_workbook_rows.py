"""Rows that are written at once are, byte for byte, those that XlsxWriter writes cell by cell."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.reports.shared.rows import write_rows
from dagster_project.reports.shared.workbook import Cells, Sheet, open_workbook

SCHEMA = {"text": pl.String, "count": pl.Int64, "euros": pl.Float64, "at": pl.Datetime("us")}
_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["<r>a", "_x0041_", " a", "b\n", "=1+1", "c\x01", "\ufffe", '&<>"']),
)
_EUROS = st.one_of(
    st.integers(-(10**9), 10**9).map(lambda cents: cents / 100),
    st.floats(allow_nan=False, allow_infinity=False),
)
_AT = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))
_ROWS = st.lists(
    st.tuples(*(st.none() | kind for kind in (_TEXTS, st.integers(-(2**53), 2**53), _EUROS, _AT))),
    max_size=30,
)


def _cell_by_cell(
    sheet: Sheet, first: int, cells: pl.DataFrame, looks: Sequence[Sequence[Any]], look_of_row: pl.Series
) -> None:
    for row, values in enumerate(cells.iter_rows(), first):
        for column, (value, look) in enumerate(zip(values, looks[look_of_row[row - first]], strict=True)):
            if value is None or value == "":
                sheet.write_blank(row, column, None, look)
            elif isinstance(value, str):
                sheet.write_string(row, column, value, look)
            elif isinstance(value, datetime):
                sheet.write_datetime(row, column, value, look)
            else:
                sheet.write_number(row, column, value + 0, look)  # -0.0 is 0


def _written(path: Path, cells: pl.DataFrame, look_of_row: pl.Series, write: Callable[..., None]) -> bytes:
    with open_workbook(path, date(2021, 3, 1), {"title": "Trajets"}) as (book, styles):
        pages = [Cells(book.add_worksheet(name), styles) for name in ("Un", "Deux")]
        for page in pages:
            page.set_page("en-tête", "pied", (12.0,) * cells.width)
            page.text(0, 0, "avant", "bold")
            words = (("text", "small"), ("places",), ("euros",), ("instant",))
            looks = [[styles(*of, tone) for of in words] for tone in ("small", "muted")]
            write(page.sheet, 2, cells, looks, look_of_row)
            page.text(2 + cells.height, 1, "après", "bold")
    return path.read_bytes()


@pytest.mark.slow
@settings(max_examples=60)
@given(rows=_ROWS, dice=st.lists(st.integers(0, 1), min_size=30, max_size=30))
def test_rows_at_once_are_the_same_bytes_as_cell_by_cell(
    tmp_path_factory: Any, rows: list[tuple[Any, ...]], dice: list[int]
) -> None:
    cells = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    look_of_row, folder = pl.Series(dice[: cells.height], dtype=pl.Int64), tmp_path_factory.mktemp("rows")
    at_once = _written(folder / "a.xlsx", cells, look_of_row, write_rows)
    assert at_once == _written(folder / "a.xlsx", cells, look_of_row, _cell_by_cell)
