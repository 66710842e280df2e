"""A page as one file: templates, style and script inlined; tables, whose cells know what they count.

Nothing is fetched from anywhere. A table has its CSV by its button, and its rows may be chosen by a filter of
their section. Not here: what a page says (its folder).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from dagster_project.files.disk import put
from dagster_project.reports.shared.french import (
    french_day,
    french_euros,
    french_number,
    french_period,
    typographic,
)

_HERE = Path(__file__).parent
Kind = Literal["text", "count", "euros", "km", "number", "day", "month", "link"]
_CLASSES = {"text": "", "link": "", "day": ' class="d"', "month": ' class="d"'}  # others are numbers
_SCALES = {"euros": -2, "km": -3}  # of cents, of metres


@dataclass(frozen=True)
class Column:
    """A column's head and what its cells are."""

    head: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Row:
    """Cells, and what a filter knows them by: {"mois": "2021-03"}. `is_total`: a sum of the others."""

    cells: tuple[Any, ...]
    marks: Mapping[str, str] = field(default_factory=dict)
    is_total: bool = False


@dataclass(frozen=True)
class Table:
    """A table; `id` names its CSV. `stacks`: where there is no room for columns, a row is read downwards."""

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str = "Rien à montrer."
    stacks: bool = False


@dataclass(frozen=True)
class Choice:
    """A filter of a section: what its rows are marked by, what may be chosen; the first one is shown."""

    mark: str
    label: str
    options: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Link:
    """A file beside the page, by its relative path, and its words."""

    path: str
    words: str


def shown(value: Any, kind: Kind) -> str:
    """A cell in French; nothing for None."""
    if value is None or isinstance(value, str):
        return typographic(value or "")
    if isinstance(value, date):
        return month_words(value) if kind == "month" else french_day(value)
    if kind == "euros":
        return french_euros(value)
    if kind == "km":
        return french_number(Decimal(value).scaleb(-3))
    return french_number(value, 0 if isinstance(value, int) else 2)


def raw(value: Any, kind: Kind) -> str:
    """A number as a French spreadsheet reads it; nothing where the words are the value."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    return str(Decimal(value).scaleb(_SCALES[kind]) if kind in _SCALES else value).replace(".", ",")


def month_words(month_on: date) -> str:
    """ "mars 2021"."""
    return french_period(month_on, month_on)


def breakable(text: str) -> Markup:
    """A head that may be broken after an underscore: names of files are long words."""
    return Markup(str(escape(text)).replace("_", "_<wbr>"))


def quotient(upper: int, lower: int) -> Decimal:
    """With two decimals."""
    return (Decimal(upper) / lower).quantize(Decimal("0.01"))


def _is_other_than(row: Row, chosen: Mapping[str, str]) -> bool:
    """Whether a filter that stands on these choices hides the row."""
    return any(value and row.marks.get(mark, value) != value for mark, value in chosen.items())


def body(table: Table, chosen: Mapping[str, str]) -> Markup:
    """The rows of a table; not in the template, for a page has tens of thousands of cells.

    `chosen`: what the section's filters show first, by mark. A stacked table's cells say their column.
    """
    row_role, head_role, cell_role = (
        f' role="{name}"' if table.stacks else "" for name in ("row", "rowheader", "cell")
    )
    columns = [
        (
            f"<td{cell_role}"
            + (f' data-head="{escape(column.head)}"' if table.stacks else "")
            + _CLASSES.get(column.kind, ' class="n"'),
            column.kind,
        )
        for column in table.columns
    ]
    lines = []
    for row in table.rows:
        marks = "".join(f' data-{escape(name)}="{escape(value)}"' for name, value in row.marks.items())
        hidden = " hidden" if _is_other_than(row, chosen) else ""
        total = ' class="total"' if row.is_total else ""
        head = escape(shown(row.cells[0], columns[0][1]))
        cells = "".join(
            f"{opening}{_cell(row, value, kind)}</td>"
            for value, (opening, kind) in zip(row.cells[1:], columns[1:], strict=True)
        )
        lines.append(
            f'<tr{row_role}{marks}{hidden}{total}><th scope="row"{head_role}>{head}</th>{cells}</tr>'
        )
    return Markup("\n".join(lines))


def _cell(row: Row, value: Any, kind: Kind) -> str:
    """What comes after a cell's class: its number for the CSV, and its words."""
    if kind != "link":
        number = raw(value, kind)
        known = f' data-v="{number}"' if number else ""
        return f"{known}>{escape(shown(value, kind))}"
    what = escape(typographic(", ".join(str(cell) for cell in row.cells[:2] if cell)))
    return ">" + " ".join(
        f'<a href="{escape(link.path)}">{escape(link.words)}<span class="unseen"> : {what}</span></a>'
        for link in value
    )


def render(template: str, **content: Any) -> str:
    """A page of a template (`<reader>/index.html.jinja`), whole: the same content gives the same bytes."""
    text = _PAGES.get_template(template).render(
        style=(_HERE / "page.css").read_text("utf-8"),
        script=(_HERE / "page.js").read_text("utf-8"),
        **content,
    )
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"


def publish(file: Path, text: str) -> None:
    """Write a page of ours; one that says the same stays as it is."""
    if not file.exists() or file.read_text("utf-8") != text:
        put(file, text)


_PAGES = Environment(
    loader=PackageLoader("dagster_project.pages", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters |= {"euros": french_euros, "day": french_day, "month": month_words}
_PAGES.filters |= {"typographic": typographic, "breakable": breakable, "body": body}
