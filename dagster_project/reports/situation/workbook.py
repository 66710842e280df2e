"""The situation as an Excel sheet: what is left in the pot, a line per call that is open, their sums."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.reports.shared.french import french_day, french_period
from dagster_project.reports.shared.workbook import TOTAL, Cells, euros, open_workbook, text_height

_WIDTHS = (30, 26, 16, 18, 17, 17, 15, 18)
_HEADS = (
    *("Opérateur", "Appel de fonds", "Trajets", "Dont indemnisés"),
    *("Indemnité", "Commission HT", "TVA", "Total TTC"),
)
_COUNTS = ("journeys", "subsidised_journeys")
AMOUNTS = (
    *("budget_cents", "settled_cents", "provisional_cents", "left_cents", "called_cents"),
    *("invoiced_cents", "held_cents", "last_28_days_cents"),
)
_AMOUNTS = ("incentive_cents", "fee_ex_vat_cents", "vat_cents", "total_cents")


@dataclass(frozen=True)
class Situation:
    """A campaign on one night; the pot in cents, all null where none limits the campaign."""

    campaign_id: str
    campaign_name: str
    business_date: date
    end_words: tuple[str, ...]
    budget_cents: int | None
    settled_cents: int | None
    provisional_cents: int | None
    left_cents: int | None
    called_cents: int | None
    invoiced_cents: int | None
    held_cents: int | None
    last_28_days_cents: int | None


def write_situation(path: Path, situation: Situation, calls: pl.DataFrame, issued_on: date) -> None:
    """Write the workbook; the same situation gives the same bytes."""
    title = f"Situation provisoire au {french_day(situation.business_date)}"
    properties = {"title": title, "subject": situation.campaign_name}
    with open_workbook(path, issued_on, properties) as (book, styles):
        sheet = Cells(book.add_worksheet("Situation"), styles)
        sheet.set_page(situation.campaign_name, title, _WIDTHS, landscape=True, is_draft=True)
        sheet.sheet.fit_to_pages(1, 0)
        sheet.title(title, situation.campaign_name, len(_WIDTHS) - 1)
        row = _pot(sheet, situation, 3)
        sheet.heading(row, "Appels de fonds en cours")
        _calls(sheet, calls, row + 1)


def _pot(sheet: Cells, situation: Situation, row: int) -> int:
    """The pot, where one limits the campaign. Returns the next free row."""
    if situation.budget_cents is None:
        return row
    is_fee_inside = situation.settled_cents == (situation.called_cents or 0) + (situation.invoiced_cents or 0)
    lines = (
        ("Enveloppe", situation.budget_cents),
        ("Indemnités appelées", situation.called_cents),
        (f"Commission facturée TTC{'' if is_fee_inside else ', hors enveloppe'}", situation.invoiced_cents),
        ("Arrêté par les appels et factures clos", situation.settled_cents),
        ("Provisoire, appels et factures en cours", situation.provisional_cents),
        ("Reste", situation.left_cents),
        ("Acompte non encore imputé, versé d’avance", situation.held_cents),
        ("Consommé par les trajets des 28 derniers jours", situation.last_28_days_cents),
    )
    sheet.heading(row, "Enveloppe")
    for name, cents in lines:
        row += 1
        sheet.band(row, 0, 1, name, "hairline")
        sheet.sheet.write_number(row, 2, euros(cents or 0), sheet.styles("money", "hairline"))
    for words in situation.end_words:
        row += 1
        sheet.sheet.set_row(row, text_height(words, 150, 4))
        sheet.band(row, 0, len(_WIDTHS) - 1, words, "wrap")
    return row + 2


def _calls(sheet: Cells, calls: pl.DataFrame, row: int) -> None:
    sheet.sheet.set_row(row, 20)
    for column, head in enumerate(_HEADS):
        sheet.text(row, column, head, "inverse", "indent", *(("right",) if column > 1 else ()))
    first = row + 2
    for call in calls.to_dicts():
        row += 1
        sheet.text(row, 0, call["operator"], "hairline")
        sheet.text(row, 1, french_period(call["period_start_on"], call["period_end_on"]), "hairline")
        for column, name in enumerate((*_COUNTS, *_AMOUNTS), 2):
            is_count = name in _COUNTS
            value, look = (call[name], "count") if is_count else (euros(call[name]), "money")
            sheet.sheet.write_number(row, column, value, sheet.styles(look, "hairline"))
    if calls.is_empty():
        sheet.text(row + 1, 0, "Aucun appel de fonds en cours.", "muted")
        return
    sheet.sheet.set_row(row + 1, 20)
    sheet.band(row + 1, 0, 1, "Total", "indent", *TOTAL)
    for column, name in enumerate((*_COUNTS, *_AMOUNTS), 2):
        total, is_count = int(calls[name].sum()), name in _COUNTS
        letter = "ABCDEFGH"[column]
        formula = f"SUM({letter}{first}:{letter}{row + 1})"
        result, look = (total, "count") if is_count else (euros(total), "money")
        sheet.formula(row + 1, column, formula if is_count else f"ROUND({formula},2)", result, look, *TOTAL)
