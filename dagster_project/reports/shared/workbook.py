"""The look of our Excel documents: opening, fonts, number formats, page set-up, cells.

What belongs here serves any workbook. What one document says stands in its own module.
"""

import math
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter

from dagster_project.files.typesetting import set_png
from dagster_project.files.zip_files import FastZipFile
from dagster_project.reports.shared.french import typographic
from dagster_project.reports.shared.letter import Logo

Sheet = Any  # xlsxwriter carries no types
Worksheet: Any = xlsxwriter.worksheet.Worksheet

FONT = "Arial"
INK, NAVY, GREY, RULE, TINT = "#1A1A1A", "#1F3A5F", "#6B7280", "#C9D1DB", "#EEF2F7"
RED, GREEN, AMBER = "#B42318", "#1B7F4B", "#9A5B00"
A4_PAPER = 9
A4_LANDSCAPE_PX = 1045  # 29.7 cm less two margins of 1 cm, at 96 pixels per inch
DEFAULT_ROW_PT = 16
TOTAL = ("bold", "large", "navy", "tint", "sum")
DRAFT_MARK, PALE = "PROVISOIRE", "#F3DFBF"
LOGO_SCALE = 0.16  # of a picture two centimetres high, read at one pixel a point: a centimetre, about
TEXT_LIMIT = 32_767  # characters in one Excel cell: XlsxWriter drops a longer text without a word

# [$-40C] is French: "1 234,56 €" whatever the reader's locale in LibreOffice; Excel follows the system.
# _-_- leaves room at the right of a number in a long table: there LibreOffice indents some rows only.
FRAGMENTS: dict[str, dict[str, object]] = {
    "text": {"quote_prefix": True},
    "money": {"num_format": '[$-40C]#,##0.00 "€"', "align": "right", "indent": 1},
    "euros": {"num_format": "[$-40C]#,##0.00_-_-", "align": "right"},
    "count": {"num_format": "[$-40C]#,##0", "align": "right", "indent": 1},
    "rate": {"num_format": "[$-40C]0.00", "align": "right", "indent": 1},
    "km": {"num_format": '[$-40C]#,##0.0 "km"', "align": "right", "indent": 1},
    "places": {"num_format": "[$-40C]#,##0_-_-", "align": "right"},
    "tenths": {"num_format": "[$-40C]#,##0.0_-_-", "align": "right"},
    "degrees": {"num_format": "[$-40C]0.00?_-_-", "align": "right"},
    "day": {"num_format": "[$-40C]d mmmm yyyy", "align": "left"},
    "instant": {"num_format": "dd/mm/yyyy hh:mm", "align": "center"},
    "left": {"align": "left", "indent": 0},
    "right": {"align": "right"},
    "centre": {"align": "center"},
    "indent": {"indent": 1},
    "top": {"valign": "top"},
    "wrap": {"text_wrap": True},
    "fit": {"shrink": True},
    "bold": {"bold": True},
    "italic": {"italic": True},
    "tiny": {"font_size": 7, "font_color": GREY},
    "small": {"font_size": 8},
    "large": {"font_size": 12},
    "title": {"font_size": 20, "bold": True, "font_color": NAVY},
    "heading": {"font_size": 11, "bold": True, "font_color": NAVY},
    "muted": {"font_color": GREY},
    "amber": {"font_color": AMBER},
    "navy": {"font_color": NAVY},
    "inverse": {"font_color": "#FFFFFF", "bg_color": NAVY, "bold": True},
    "tint": {"bg_color": TINT},
    "hairline": {"bottom": 1, "bottom_color": RULE},
    "rule": {"bottom": 2, "bottom_color": NAVY},
    "sum": {"top": 1, "top_color": NAVY, "bottom": 6, "bottom_color": NAVY},
    "box_top": {"top": 1, "top_color": RULE, "left": 1, "left_color": RULE, "right": 1, "right_color": RULE},
    "box_side": {"left": 1, "left_color": RULE, "right": 1, "right_color": RULE},
    "box_end": {"bottom": 1, "bottom_color": RULE, "left": 1, "left_color": RULE, "right": 1,
                "right_color": RULE},
    "edge": {"left": 1, "left_color": RULE},
}  # fmt: skip


# XlsxWriter has no setting for it.
xlsxwriter.workbook.ZipFile = FastZipFile


@cache
def watermark(text: str) -> bytes:
    """A word across a page in pale letters, as PNG."""
    page = "#set page(width: 17cm, height: 17cm, margin: 0pt, fill: white)\n"
    look = f'text(size: 62pt, weight: "bold", fill: rgb("{PALE}"))'
    word = f"#align(center + horizon, rotate(-45deg, {look}[#json(bytes(sys.inputs.mark)).word]))"
    return set_png((page + word).encode(), "mark", {"word": text}, ppi=150)


class _PlainSheet(Worksheet):  # type: ignore[misc]
    """A sheet whose texts are texts: no formula, no link, no markup."""

    def _write_string(self, row: int, column: int, text: str, *arguments: Any) -> Any:
        # XlsxWriter copies what begins and ends so into the file as it stands, for texts of several fonts.
        is_markup = text.startswith("<r>") and text.endswith("</r>")
        return super()._write_string(row, column, f"{text} " if is_markup else text, *arguments)


class Styles:
    """Cell formats by the words that describe them: `styles("money", "bold")`; each is made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats: dict[tuple[str, ...], Any] = {}

    def __call__(self, *words: str) -> Any:
        """The format that joins these fragments; a later word wins. Raises KeyError on an unknown word."""
        if words not in self._formats:
            properties: dict[str, object] = {"valign": "vcenter", "font_color": INK}
            for word in words:
                properties |= FRAGMENTS[word]
            self._formats[words] = self._book.add_format(properties)
        return self._formats[words]

    def colour(self, colour: str) -> Any:
        """A font colour for a conditional format."""
        return self._book.add_format({"font_color": colour, "bold": True})


def euros(cents: int) -> float:
    """An amount as Excel holds it: a number of euros, shown with two decimals."""
    return cents / 100


@contextmanager
def open_workbook(path: Path, created_on: date, properties: dict[str, str]) -> Iterator[tuple[Any, Styles]]:
    """Write a workbook beside `path`, rename it into place when it is whole; on an error nothing is left.

    Rows stream to disk, so each sheet is written from top to bottom. The temporary files stay in the
    folder of `path`: they hold journeys. `created_on` is the only date in the file, and text never becomes
    a formula or a link.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".workbook-") as folder:
        draft = Path(folder) / path.name
        book = xlsxwriter.Workbook(
            draft,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "tmpdir": folder,
                "default_format_properties": {"font_name": FONT, "font_size": 10},
            },
        )
        book.worksheet_class = _PlainSheet
        shown = {name: typographic(text) for name, text in properties.items()}
        book.set_properties(shown | {"created": datetime.combine(created_on, time())})
        book.set_size(28_800, 17_000)
        yield book, Styles(book)
        book.close()
        os.replace(draft, path)


@dataclass(frozen=True)
class Cells:
    """One sheet being written from top to bottom. Rows and columns from zero."""

    sheet: Sheet
    styles: Styles

    def set_page(
        self,
        header: str,
        footer: str,
        widths: tuple[float, ...],
        *,
        landscape: bool = False,
        is_draft: bool = False,
    ) -> None:
        """A4, margins of 1 to 1.5 cm, page numbers, column widths in characters; no gridlines.

        A draft bears its watermark behind the cells, on screen and on every printed page, and says its name.
        """
        sheet = self.sheet
        sheet.set_paper(A4_PAPER)
        sheet.hide_gridlines(2)
        sheet.set_default_row(DEFAULT_ROW_PT)
        if landscape:
            sheet.set_landscape()
        side = 0.4 if landscape else 0.6
        sheet.set_margins(left=side, right=side, top=0.75, bottom=0.75)
        look = f'"{FONT},Regular"&8&K6B7280'
        head = f"&R&{look}{_literal(header)}"
        if is_draft:
            mark = BytesIO(watermark(DRAFT_MARK))
            sheet.set_tab_color(AMBER)
            sheet.set_background(mark)
            draft_head = f'&L&"{FONT},Bold"&16&K{AMBER[1:]}{DRAFT_MARK}&C&G{head}'
            sheet.set_header(
                draft_head, {"margin": 0.35, "image_center": "mark.png", "image_data_center": mark}
            )
        else:
            sheet.set_header(head, {"margin": 0.35})
        sheet.set_footer(f"&L&{look}{_literal(footer)}&R&{look}Page &P / &N", {"margin": 0.35})
        for index, width in enumerate(widths):
            sheet.set_column(index, index, width)

    def text(self, row: int, column: int, text: str, *words: str) -> None:
        """A text, as text whatever it begins with."""
        self.sheet.write_string(row, column, typographic(text), self.styles("text", *words))

    def band(self, row: int, first: int, last: int, text: str, *words: str) -> None:
        """A text across the columns `first` to `last`."""
        style = self.styles("text", *words)
        self.sheet.merge_range(row, first, row, last, "", style)
        self.sheet.write_string(row, first, typographic(text), style)

    def day(self, row: int, first: int, last: int, day: date, *words: str) -> None:
        """A date across the columns `first` to `last`, which a reader may count with."""
        style = self.styles("day", *words)
        if last > first:
            self.sheet.merge_range(row, first, row, last, "", style)
        self.sheet.write_datetime(row, first, datetime.combine(day, time()), style)

    def formula(self, row: int, column: int, formula: str, result: float | str, *words: str) -> None:
        """A formula without its "=", with the result that viewers show before they recalculate."""
        self.sheet.write_formula(row, column, f"={formula}", self.styles(*words), result)

    def title(self, text: str, subtitle: str, last: int) -> None:
        """The first two rows of a sheet."""
        self.sheet.set_row(0, 32)
        self.band(0, 0, last, text, "title")
        self.sheet.set_row(1, 22)
        self.band(1, 0, last, subtitle, "large", "muted", "rule")

    def logos(self, row: int, columns: tuple[int, ...], logos: Iterable[Logo]) -> None:
        """The parties' logos in a row of their own, each from its column on (CONVENTION article 11)."""
        for column, logo in zip(columns, logos, strict=False):
            self.sheet.set_row(row, 34)
            self.text(row, column, "")  # a row without a cell would lose its height
            options = {
                "image_data": BytesIO(logo.picture),
                "x_scale": LOGO_SCALE,
                "y_scale": LOGO_SCALE,
                "y_offset": 4,
                "description": f"Logo : {logo.name}",
                "object_position": 3,  # neither moved nor sized with the cells
            }
            self.sheet.insert_image(row, column, "logo.png", options)

    def names(self, row: int, names: Iterable[str]) -> None:
        """The head of a table of words."""
        for index, name in enumerate(names):
            self.text(row, index, name, "inverse", "small", "indent")

    def line(self, row: int, cells: Iterable[tuple[str, str]], height_pt: float) -> None:
        """One line of a table of words: each text with the word that its column adds."""
        self.sheet.set_row(row, height_pt)
        for index, (text, word) in enumerate(cells):
            self.text(row, index, text, "small", "indent", "hairline", word)

    def rules(self, row: int, rules: Iterable[str], last: int, characters: int, padding_pt: int) -> None:
        """The rules of reading that end a legend, across the columns to `last`."""
        self.heading(row, "Règles de lecture")
        for step, rule in enumerate(rules, row + 1):
            self.sheet.set_row(step, text_height(rule, characters, padding_pt))
            self.band(step, 0, last, f"• {rule}", "small", "wrap", "indent")

    def heading(self, row: int, text: str) -> None:
        """The title of a block."""
        self.sheet.set_row(row, 22)
        self.text(row, 0, text, "heading")


def text_height(text: str, characters: int, padding_pt: int) -> int:
    """The points that a text takes in lines of so many characters."""
    return 12 * math.ceil(len(text) / characters) + padding_pt


def _literal(text: str) -> str:
    """A text whose ampersands are not page codes, short enough for Excel's 255 characters."""
    return typographic(text)[:90].replace("&", "&&")
