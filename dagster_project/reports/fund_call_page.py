"""What the sheets of a fund call share: their names, where the journeys lie."""

from dataclasses import dataclass

from dagster_project.reports import workbook
from dagster_project.reports.fund_call_columns import letter
from dagster_project.reports.fund_call_data import FundCall, Totals

COVER, RECAP, JOURNEYS, LEGEND = "Appel de fonds", "Récapitulatif", "Trajets", "Légende"
RECONCILIATION = "Rapprochement"
FIRST_ROW = 4  # of the journeys on their sheet, counted from one: group, technical name, French header


@dataclass(frozen=True)
class Page(workbook.Cells):
    """One sheet of a fund call, with what it speaks of."""

    call: FundCall
    totals: Totals

    def open(self, widths: tuple[float, ...], *, landscape: bool = False) -> None:
        """Page set-up, column widths in characters."""
        call = self.call
        header = f"{call.campaign_name} · {call.period_label}"
        footer = f"{call.operator_name} · appel de fonds n° {call.number} · {call.convention_reference}"
        self.set_page(header, footer, widths, landscape=landscape)

    def journeys(self, name: str) -> str:
        """The cells of one column of the journeys, `Trajets!$R$4:$R$303`; one empty cell without journey."""
        column, last = letter(name), FIRST_ROW + max(self.totals.journeys, 1) - 1
        return f"{JOURNEYS}!${column}${FIRST_ROW}:${column}${last}"
