"""The same tables as an Excel workbook, the annex of a délibération: a sheet for each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any

from dagster_project.campaigns.language.model import Campaign
from dagster_project.pages.page import Column, Table
from dagster_project.reports.shared.french import french_day
from dagster_project.reports.shared.workbook import Cells, euros, open_workbook, text_height

_FORMATS = {"euros": "euros", "count": "places", "day": "day", "number": "rate"}
_NARROW, _WORDS, _LONG = 13.0, 26.0, 48.0  # characters
_LONG_TEXT = 40
_UNSET = 8.43  # characters of a column that no table asks for
_LARGE = 1.3  # the room of one character of a title's second line
_SMALL = 1.2  # characters of the small font in the room of one


@dataclass(frozen=True)
class Sheet:
    """A sheet's name and its tables, one below the other."""

    name: str
    tables: Sequence[Table]


def write(path: Path, campaign: Campaign, night_on: date, period: str, sheets: Sequence[Sheet]) -> None:
    """Write the workbook; the same tables and night give the same bytes."""
    title = "Que coûterait une autre règle ?"
    properties = {"title": f"{title} {campaign.nom}", "subject": campaign.convention}
    with open_workbook(path, night_on, properties) as (book, styles):
        for sheet in sheets:
            cells = Cells(book.add_worksheet(sheet.name), styles)
            widths = _widths(sheet.tables)
            footer = f"{campaign.convention} · nuit du {french_day(night_on)}"
            cells.set_page(f"{campaign.nom} · simulation", footer, widths, landscape=True)
            cells.sheet.fit_to_pages(1, 0)
            subtitle = f"{campaign.nom} · {period}"
            cells.title(title, subtitle, _last(subtitle, widths))
            if len(sheet.tables) == 1:
                cells.sheet.repeat_rows(4)  # the table's heads, on each page
            row = 3
            for table in sheet.tables:
                row = _write_table(cells, table, row, widths) + 2


def _widths(tables: Sequence[Table]) -> tuple[float, ...]:
    """Each column as wide as its tables ask for: words, long words, or a number."""
    most = max(len(table.columns) for table in tables)
    return tuple(max(_width(table, at) for table in tables if at < len(table.columns)) for at in range(most))


def _last(subtitle: str, widths: Sequence[float]) -> int:
    """The last column of a title: that of the tables, or further, where they are too narrow for its words."""
    lacking = _LARGE * len(subtitle) - sum(widths)
    return max(len(widths) - 1, 1) + max(ceil(lacking / _UNSET), 0)


def _width(table: Table, at: int) -> float:
    column = table.columns[at]
    longest = max((len(cell) for row in table.rows if isinstance(cell := row.cells[at], str)), default=0)
    head = max(map(len, _head(column).split())) / _SMALL + 3  # a name of a file is one word
    if column.kind == "text" and longest > _LONG_TEXT:
        return _LONG if len(table.columns) > 1 else 2 * _LONG
    return max(_NARROW, head, min(longest / _SMALL + 2, _WORDS) if column.kind == "text" else 0)


def _head(column: Column) -> str:
    return f"{column.head} (€)" if column.kind == "euros" else column.head


def _write_table(cells: Cells, table: Table, row: int, widths: Sequence[float]) -> int:
    """One table below its caption; returns the row of its end."""
    cells.heading(row, table.caption)
    if not table.rows:
        cells.text(row + 1, 0, table.empty, "muted", "indent")
        return row + 1
    row += 1
    cells.sheet.set_row(
        row, max(_height(_head(column), widths[at]) for at, column in enumerate(table.columns))
    )
    for at, column in enumerate(table.columns):
        side = "indent" if column.kind == "text" else "right"
        cells.text(row, at, _head(column), "inverse", "small", "wrap", side)
    for line in table.rows:
        row += 1
        look = ("small", "hairline", *(("bold", "tint") if line.is_total else ()))
        tall = [_height(cell, widths[at]) for at, cell in enumerate(line.cells) if isinstance(cell, str)]
        cells.sheet.set_row(row, max(tall, default=16))
        for at, cell in enumerate(line.cells):
            _write_cell(cells, row, at, cell, table.columns[at], look)
    return row


def _height(text: str, width: float) -> int:
    return text_height(text or " ", int(width * _SMALL), 6)


def _write_cell(cells: Cells, row: int, at: int, value: Any, column: Column, look: tuple[str, ...]) -> None:
    if value is None:
        cells.sheet.write_blank(row, at, None, cells.styles("text", *look))
    elif isinstance(value, str):
        side = ("indent", "wrap") if column.kind == "text" else ("right", "muted")
        cells.text(row, at, value, *look, *side)
    elif isinstance(value, date):
        cells.sheet.write_datetime(row, at, datetime.combine(value, time()), cells.styles("day", *look))
    else:
        number = euros(value) if column.kind == "euros" else value
        shown = float(number) if isinstance(number, Decimal) else number
        cells.sheet.write_number(row, at, shown, cells.styles(_FORMATS[column.kind], *look))
