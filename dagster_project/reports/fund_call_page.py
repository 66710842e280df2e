"""What the sheets of a fund call share: their names, where the journeys lie, how a page is written."""

from dataclasses import dataclass

from dagster_project.reports import workbook
from dagster_project.reports.fund_call_columns import letter
from dagster_project.reports.fund_call_data import FundCall, Totals

COVER, RECAP, JOURNEYS, LEGEND = "Appel de fonds", "Récapitulatif", "Trajets", "Légende"
FIRST_ROW = 4  # of the journeys on their sheet, counted from one: group, technical name, French header
TOTAL = ("bold", "large", "navy", "tint", "sum")


@dataclass(frozen=True)
class Page:
    """One sheet being written from top to bottom, with what it speaks of. Rows and columns from zero."""

    sheet: workbook.Sheet
    styles: workbook.Styles
    call: FundCall
    totals: Totals

    def open(self, widths: tuple[float, ...], *, landscape: bool = False) -> None:
        """Page set-up, column widths in characters."""
        call = self.call
        header = f"{call.campaign_name} · {call.period_label}"
        footer = f"{call.operator_name} · appel de fonds n° {call.number} · {call.convention_reference}"
        workbook.set_page(self.sheet, header, footer, landscape=landscape)
        for index, width in enumerate(widths):
            self.sheet.set_column(index, index, width)

    def text(self, row: int, column: int, text: str, *words: str) -> None:
        """A text, as text whatever it begins with."""
        self.sheet.write_string(row, column, text, self.styles("text", *words))

    def band(self, row: int, first: int, last: int, text: str, *words: str) -> None:
        """A text across the columns `first` to `last`."""
        style = self.styles("text", *words)
        self.sheet.merge_range(row, first, row, last, "", style)
        self.sheet.write_string(row, first, text, style)

    def formula(self, row: int, column: int, formula: str, result: float, *words: str) -> None:
        """A formula without its "=", with the result that viewers show before they recalculate."""
        self.sheet.write_formula(row, column, f"={formula}", self.styles(*words), result)

    def title(self, text: str, subtitle: str, last: int) -> None:
        """The first two rows of a sheet."""
        self.sheet.set_row(0, 32)
        self.band(0, 0, last, text, "title")
        self.sheet.set_row(1, 22)
        self.band(1, 0, last, subtitle, "large", "muted", "rule")

    def heading(self, row: int, text: str) -> None:
        """The title of a block."""
        self.sheet.set_row(row, 22)
        self.text(row, 0, text, "heading")

    def journeys(self, name: str) -> str:
        """The cells of one column of the journeys, `Trajets!$R$4:$R$303`; one empty cell without journey."""
        column, last = letter(name), FIRST_ROW + max(self.totals.journeys, 1) - 1
        return f"{JOURNEYS}!${column}${FIRST_ROW}:${column}${last}"
