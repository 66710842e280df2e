"""The sheet "Appel de fonds": parties, references, amounts, signature (CONVENTION 8.2 and annex 2)."""

import math
from itertools import zip_longest

from dagster_project.reports.french import french_day, group_siret
from dagster_project.reports.fund_call_page import Page
from dagster_project.reports.workbook import TOTAL

WIDTHS = (27, 20, 20, 27)
NOTE_CHARACTERS = 125  # of 8-point text across the page
LINE_CHARACTERS = 68  # of 10-point text across three columns
SIGNATURE = (
    "Certifié exact par le Bénéficiaire",
    f"Fait à{' ' * 38}le",
    "",
    "",
    "",
    "Nom, qualité et signature",
)


def write_cover(page: Page) -> None:
    """Title, parties, references, annex 2's first table, notes, signature: one A4 page."""
    page.open(WIDTHS)
    page.sheet.fit_to_pages(1, 0)
    page.sheet.center_horizontally()
    row = _parties(page)
    row = _references(page, row)
    row = _amounts(page, row)
    for note in page.call.notes:
        page.sheet.set_row(row, 12 * math.ceil(len(note) / NOTE_CHARACTERS) + 2)
        page.band(row, 0, 3, note, "small", "muted", "wrap")
        row += 1
    for index, line in enumerate(SIGNATURE):
        place = "box_top" if index == 0 else "box_end" if index == len(SIGNATURE) - 1 else "box_side"
        page.sheet.set_row(row + 1 + index, 22 if index in (0, len(SIGNATURE) - 1) else 16)
        words = ("bold", "navy") if index == 0 else ("small", "muted")
        page.band(row + 1 + index, 2, 3, line, "indent", *words, place)


def _parties(page: Page) -> int:
    """Title, then authority and operator side by side. Returns the next free row."""
    call = page.call
    page.sheet.set_row(0, 32)
    page.band(0, 0, 2, "Appel de fonds", "title")
    page.text(0, 3, f"n° {call.number}", "title", "right")
    page.sheet.set_row(1, 22)
    page.band(1, 0, 2, call.campaign_name, "large", "muted", "rule")
    page.text(1, 3, call.period_label, "large", "muted", "rule", "right")
    authority = ("Autorité", call.authority_name, *call.authority_address.split("\n"))
    siret = f"SIRET {group_siret(call.operator_siret)}"
    operator = ("Bénéficiaire", call.operator_name, *call.operator_address.split("\n"), siret)
    row = 3
    for left, right in zip_longest(authority, operator, fillvalue=""):
        words = {3: ("small", "muted"), 4: ("bold",)}.get(row, ())
        page.band(row, 0, 1, left, *words)
        page.band(row, 2, 3, right, *words)
        row += 1
    return row + 1


def _references(page: Page, row: int) -> int:
    """Convention, campaign, period, dates, counts of journeys. Returns the next free row."""
    call, totals = page.call, page.totals
    period = f"{call.period_label}, du {french_day(call.period_start)} au {french_day(call.period_end)}"
    paid = page.journeys("incentive_cents")
    page.heading(row, "Références")
    seats = f'{page.journeys("seats")},{page.journeys("nature")},"trajet"'
    count = ("count", "left", "hairline")
    lines: tuple[tuple[str, str], ...] = (
        ("Convention", call.convention_reference),
        ("Campagne", f"{call.campaign_name} ({call.campaign_id})"),
        ("Période", period),
        ("Date d’émission", ""),
        ("Trajets passagers transmis", ""),
        ("dont indemnisés", ""),
        ("Paiement", call.payment_terms),
        ("Compte à créditer", call.account),
    )
    for name, text in lines:
        row += 1
        page.sheet.set_row(row, 18 if len(text) < LINE_CHARACTERS else 31)
        page.text(row, 0, name, "muted", "hairline")
        page.band(row, 1, 3, text, "hairline", "wrap")
        if name == "Date d’émission":
            page.sheet.write_datetime(row, 1, call.issued_on, page.styles("day", "hairline"))
        elif name == "Trajets passagers transmis":
            page.formula(row, 1, f"SUMIFS({seats})", totals.seats, *count)
        elif name == "dont indemnisés":
            page.formula(row, 1, f'SUMIFS({seats},{paid},">0")', totals.subsidised_seats, *count)
    return row + 2


def _amounts(page: Page, row: int) -> int:
    """Annex 2's first table. Returns the next free row."""
    call, totals = page.call, page.totals
    page.heading(row, "Montants demandés")
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
        page.formula(row, 3, f"ROUND(SUM({page.journeys(column)}),2)", cents / 100, "money", "hairline")
    row += 1
    page.sheet.set_row(row, 26)
    page.band(row, 0, 2, "Totaux", *TOTAL, "indent")
    page.formula(row, 3, f"ROUND(SUM(D{first}:D{row}),2)", totals.total_cents / 100, "money", *TOTAL)
    return row + 2
