"""The sheet "Appel de fonds": parties, references, amounts, signature (CONVENTION 8.2 and annex 2)."""

import math
from datetime import date
from itertools import zip_longest

from dagster_project.reports.fund_call.call import CALL, DRAFT
from dagster_project.reports.fund_call.workbook.page import Page
from dagster_project.reports.shared.counts import UNIT
from dagster_project.reports.shared.french import french_day
from dagster_project.reports.shared.payment import ACCOUNT
from dagster_project.reports.shared.workbook import TOTAL, euros

WIDTHS = (27, 20, 20, 27)
NOTE_CHARACTERS = 125  # of 8-point text across the page
LINE_CHARACTERS = 68  # of 10-point text across three columns
DRAFT_WARNING = (
    "Projet, sans valeur d’appel de fonds : la période n’est pas close, les montants peuvent changer. "
    "Rien n’est à payer d’après ce document."
)
SIGNATURE = (
    "Certifié exact par le Bénéficiaire",
    f"Fait à{' ' * 38}le",
    "",
    "",
    "",
    "Nom, qualité et signature",
)


def write_cover(page: Page) -> None:
    """Title, parties, references, counts, annex 2's first table, notes, signature: one A4 page.

    A draft says that it is one, and has nothing to pay, to number or to sign.
    """
    page.open(WIDTHS)
    page.sheet.fit_to_pages(1, 1)
    page.sheet.center_horizontally()
    row = _parties(page)
    row = _payment(page, row)
    row = _references(page, row)
    row = _counts(page, row)
    row = _amounts(page, row)
    row = _apart(page, row)
    row = _account(page, row)
    for note in page.call.notes:
        page.sheet.set_row(row, 12 * math.ceil(len(note) / NOTE_CHARACTERS) + 2)
        page.band(row, 0, 3, note, "small", "muted", "wrap")
        row += 1
    for index, line in enumerate(() if page.call.is_draft else SIGNATURE):
        place = "box_top" if index == 0 else "box_end" if index == len(SIGNATURE) - 1 else "box_side"
        page.sheet.set_row(row + 1 + index, 22 if index in (0, len(SIGNATURE) - 1) else 16)
        words = ("bold", "navy") if index == 0 else ("small", "muted")
        page.band(row + 1 + index, 2, 3, line, "indent", *words, place)


def _parties(page: Page) -> int:
    """Title, then operator and authority side by side, as on paper. Returns the next free row."""
    call = page.call
    page.sheet.set_row(0, 32)
    page.band(0, 0, 2, DRAFT if call.is_draft else CALL, "title")
    page.text(0, 3, "" if call.is_draft else f"n° {call.number}", "title", "right")
    page.sheet.set_row(1, 22)
    page.band(1, 0, 2, call.campaign_name, "large", "muted", "rule")
    page.text(1, 3, call.period_label, "large", "muted", "rule", "right")
    authority, operator = ("Autorité", *call.authority_head), ("Bénéficiaire", *call.operator_head)
    row = 3
    page.logos(2, (0, 2), call.logos)
    if call.is_draft:
        page.sheet.set_row(2, 34)
        page.band(2, 0, 3, DRAFT_WARNING, "bold", "amber", "wrap")
    for left, right in zip_longest(operator, authority, fillvalue=""):
        words = {3: ("small", "muted"), 4: ("bold",)}.get(row, ())
        page.band(row, 0, 1, left, *words)
        page.band(row, 2, 3, right, *words)
        row += 1
    return row + 1


def _payment(page: Page, row: int) -> int:
    """The one figure to pay, with its sentence. Returns the next free row."""
    if not page.call.payment:
        return row
    page.sheet.set_row(row, 70)
    page.band(row, 0, 2, page.call.payment.sentence, *TOTAL, "indent", "wrap")
    page.sheet.write_number(row, 3, euros(abs(page.call.payment.cents)), page.styles("money", *TOTAL))
    return row + 2


def _apart(page: Page, row: int) -> int:
    """What invoices ask for, and the pot. Returns the next free row."""
    call = page.call
    blocks = [
        (
            "Commission Plateforme facturée à part, à ne pas payer sur cet appel",
            [(f"{invoice.number}, {invoice.period_label}", invoice.total_cents) for invoice in call.invoices],
        ),
        (call.pot.heading if call.pot else "", call.pot.rows if call.pot else ()),
    ]
    for heading, lines in blocks:
        if not lines:
            continue
        page.heading(row, heading)
        for name, cents in lines:
            row += 1
            page.band(row, 0, 2, name, "hairline", "indent")
            page.sheet.write_number(row, 3, euros(cents), page.styles("money", "hairline"))
        row += 2
    return row


def _account(page: Page, row: int) -> int:
    """Where to pay, if there is something to pay (CONVENTION article 8.4). Returns the next free row."""
    fields = page.call.payment.account_fields if page.call.payment else ()
    if not fields:
        return row
    page.heading(row, ACCOUNT)
    for name, value in fields:
        row += 1
        page.band(row, 0, 1, name, "muted", "hairline", "indent")
        page.band(row, 2, 3, value, "hairline")
    return row + 2


def _references(page: Page, row: int) -> int:
    """Convention, campaign, period, date, payment. Returns the next free row."""
    call = page.call
    period = f"{call.period_label}, du {french_day(call.period_start)} au {french_day(call.period_end)}"
    page.heading(row, "Références")
    lines: tuple[tuple[str, str | date], ...] = (
        ("Convention", call.convention_reference),
        ("Campagne", f"{call.campaign_name} ({call.campaign_id})"),
        ("Période", period),
        ("Situation arrêtée au" if call.is_draft else "Date d’émission", call.issued_on),
        *((("Indemnité", call.settled_words),) if call.settled_words else ()),
    )
    for name, value in lines:
        row += 1
        page.sheet.set_row(row, 18 if isinstance(value, date) or len(value) < LINE_CHARACTERS else 31)
        page.text(row, 0, name, "muted", "hairline")
        if isinstance(value, date):
            page.day(row, 1, 3, value, "hairline")
        else:
            page.band(row, 1, 3, value, "hairline", "wrap")
    return row + 2


def _counts(page: Page, row: int) -> int:
    """From the journeys received to those paid; what the sheet of journeys shows is counted there, live."""
    seats = f'{page.journeys("seats")},{page.journeys("nature")},"trajet"'
    live = {
        "concerned": (f"SUMIFS({seats})", page.totals.seats),
        "paid": (f'SUMIFS({seats},{page.journeys("incentive_cents")},">0")', page.totals.paid_seats),
    }
    page.heading(row, UNIT)
    for step, label, count in page.call.counts.lines:
        row += 1
        page.sheet.set_row(row, 17)
        page.band(row, 0, 2, label, "muted", "hairline")
        if step in live:
            page.formula(row, 3, *live[step], "count", "hairline")
        else:
            page.sheet.write_number(row, 3, count, page.styles("count", "hairline"))
    return row + 2


def _amounts(page: Page, row: int) -> int:
    """Annex 2's first table. Returns the next free row."""
    call, totals = page.call, page.totals
    name = "Montants provisoires" if call.is_draft else "Participation de la période"
    page.heading(row, f"{name} ({call.articles.layout})")
    row += 1
    page.sheet.set_row(row, 34)
    page.band(row, 0, 2, "", "inverse")
    page.text(
        row, 3, f"Participation financière\n{call.authority_genitive}", "inverse", "wrap", "right", "indent"
    )
    rate = call.vat.mention or f"taux de {call.vat.words}"
    first = row + 2
    for name, detail, column, cents in (
        ("Indemnité de l’Opération", call.articles.tariff, "incentive_cents", totals.incentive_cents),
        ("Commission Plateforme HT", call.articles.fee, "fee_ex_vat_cents", totals.fee_ex_vat_cents),
        ("TVA Commission Plateforme", rate, "vat_cents", totals.vat_cents),
    ):
        row += 1
        page.sheet.set_row(row, 20)
        page.band(row, 0, 1, name, "italic", "hairline", "indent")
        page.text(row, 2, detail, "small", "muted", "hairline")
        page.formula(row, 3, f"ROUND(SUM({page.journeys(column)}),2)", euros(cents), "money", "hairline")
    row += 1
    page.sheet.set_row(row, 26)
    page.band(row, 0, 2, "Totaux", *TOTAL, "indent")
    page.formula(row, 3, f"ROUND(SUM(D{first}:D{row}),2)", euros(totals.total_cents), "money", *TOTAL)
    return row + 2
