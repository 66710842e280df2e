"""What the sheets of a fund call share: their names, where the journeys lie."""

from dataclasses import dataclass

from dagster_project.reports.fund_call.call import CALL, FundCall
from dagster_project.reports.fund_call.totals import Totals
from dagster_project.reports.fund_call.workbook.columns import letter
from dagster_project.reports.shared import workbook

COVER, RECAP, JOURNEYS, LEGEND = CALL, "Récapitulatif", "Trajets", "Légende"
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
        self.set_page(header, call.footer, widths, landscape=landscape, is_draft=call.is_draft)

    def journeys(self, name: str) -> str:
        """The cells of one column of the journeys, `Trajets!$R$4:$R$303`; one empty cell without journey."""
        column, last = letter(name), FIRST_ROW + max(self.totals.lines, 1) - 1
        return f"{JOURNEYS}!${column}${FIRST_ROW}:${column}${last}"
