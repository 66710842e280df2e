"""The sheet "Récapitulatif": A, B, C, D, caps and budget, the control (CONVENTION annex 2, second table)."""

import math
from collections.abc import Iterator
from decimal import Decimal

from dagster_project.reports.fund_call.call import Band
from dagster_project.reports.fund_call.totals import BandTotal, letters, sum_words
from dagster_project.reports.fund_call.workbook.page import Page
from dagster_project.reports.shared.workbook import GREEN, RED, TOTAL, euros

WIDTHS = (43, 28, 15, 18)
PRICE_CHARACTERS = 52  # of 8-point text in the first column


def write_recap(page: Page) -> None:
    """Annex 2's second table with its letters, the cut on its own line, and the control block."""
    call = page.call
    page.open(WIDTHS)
    page.sheet.fit_to_pages(1, 0)
    page.sheet.center_horizontally()
    subtitle = f"{call.operator_name} · {call.period_label} · {call.articles.layout}"
    page.title("Récapitulatif de l’Opération", subtitle, 3)
    page.sheet.set_row(3, 22)
    for index, name in enumerate(("Tranche de distance", "Élément", "Calcul", "Valeur")):
        page.text(3, index, name, "inverse", "indent", *(("right",) if index == 3 else ()))
    row, names, table = 4, letters(), ""
    terms, cells = [], []
    for band, total in zip(call.bands, page.totals.bands, strict=True):
        if band.table not in ("", table):
            table = band.table
            page.sheet.set_row(row, 20)
            page.band(row, 0, 3, f"Table « {table} »", "bold", "small", "navy", "tint", "indent")
            row += 1
        row, term = _band(page, row, band, total, names)
        terms.append(term)
        cells.append(f"D{row}")
    lines = _sums(page, row, sum_words(terms), "+".join(cells) or "0")
    _control(page, lines)


def _band(page: Page, row: int, band: Band, total: BandTotal, names: Iterator[str]) -> tuple[int, str]:
    """The rows of one band. Returns the next free row and the band's term, "A × 2,00 €"."""
    km, seats, tariff = map(page.journeys, ("billed_m", "seats", "tariff_cents"))
    nature, number = page.journeys("nature"), page.journeys("band")
    criteria = f'{nature},"trajet",{number},{band.number},{tariff},">0"'
    mask = f'({nature}="trajet")*({number}={band.number})*({tariff}>0)'
    quantities = {
        "places": ("Nombre de trajets passagers", f"SUMIFS({seats},{criteria})", total.seats, "count"),
        "kms": (
            "Nombre de kms passagers",
            f"ROUND(SUMPRODUCT({mask}*{seats}*{km}),3)",
            total.metres / 1000,
            "km",
        ),
    }
    shown = ["places"] if band.unit == "trajet" else ["places", "kms"]
    letter = ""
    for index, name in enumerate(shown):
        text, formula, result, kind = quantities[name]
        letter = next(names) if band.unit else ""
        page.sheet.set_row(row, 20)
        label = f"{band.number}. {band.label}" if band.number else band.label
        page.text(row, 0, "" if index else label, "bold", "indent", "fit")
        page.text(row, 1, text, "indent")
        page.text(row, 2, letter, "muted", "indent")
        page.formula(row, 3, formula, result, kind)
        row += 1
    if band.unit:
        price = Decimal(band.unit_price_tenth_cents) / 1000
        term = f"{letter} × {band.price_words}"
        detail, formula = f"= {term}", f"ROUND(D{row}*{price.normalize():f},2)"
    else:
        detail = term = next(names)
        formula = f"ROUND(SUMIFS({tariff},{criteria}),2)"
    page.sheet.set_row(row, 14 * math.ceil(len(band.price) / PRICE_CHARACTERS) + 6 if band.price else 20)
    page.text(row, 0, band.price, "small", "muted", "hairline", "wrap", "indent")
    page.text(row, 1, f"Indemnité {page.call.authority_genitive}", "indent", "hairline")
    page.text(row, 2, detail, "muted", "indent", "hairline")
    page.formula(row, 3, formula, euros(total.cents), "money", "bold", "hairline")
    return row + 1, term


def _sums(page: Page, row: int, terms: str, formula: str) -> list[tuple[str, int, int, int]]:
    """The sum of the bands, what caps and budget took, adjustments when there are some, the total.

    Returns the control's lines: name, row of the sheet, its cents and the warehouse's.
    """
    call, totals = page.call, page.totals
    paid, capped, tariff, nature = map(
        page.journeys, ("incentive_cents", "capped_cents", "tariff_cents", "nature")
    )

    def less(after: str, before: str) -> str:
        return f'ROUND(SUMIFS({after},{nature},"trajet")-SUMIFS({before},{nature},"trajet"),2)'

    gross, caps, cut = totals.gross_cents, totals.cap_cut_cents, totals.cut_cents
    lines = [(f"Indemnité {call.authority_genitive}", terms, f"ROUND({formula},2)", gross, call.gross_cents)]
    if caps or call.cap_cut_cents:
        lines.append(
            ("Plafonds", "dû d’après le tarif, non payé", less(capped, tariff), caps, call.cap_cut_cents)
        )
    budget = (
        f"Écrêtement du budget ({call.articles.budget})" if call.articles.budget else "Écrêtement du budget"
    )
    lines.append((budget, "dû mais non payé", less(paid, capped), cut, call.cut_cents))
    if totals.adjustment_cents or call.adjustment_cents:
        formula = f'ROUND(SUMIFS({paid},{nature},"régularisation"),2)'
        adjustment_line = ("Régularisations", "de périodes déjà closes", formula)
        lines.append((*adjustment_line, totals.adjustment_cents, call.adjustment_cents))
    first, control = row + 1, []
    for name, detail, formula, cents, expected in lines:
        page.sheet.set_row(row, 22)
        page.text(row, 0, name, "hairline", "indent")
        page.band(row, 1, 2, detail, "muted", "hairline", "indent", "fit")
        page.formula(row, 3, formula, euros(cents), "money", "hairline")
        control.append((name, row, cents, expected))
        row += 1
    page.sheet.set_row(row, 26)
    page.band(row, 0, 2, "Total", *TOTAL, "indent")
    page.formula(row, 3, f"ROUND(SUM(D{first}:D{row}),2)", euros(totals.recap_cents), "money", *TOTAL)
    return [*control, ("Indemnité de l’Opération", row, totals.recap_cents, call.incentive_cents)]


def _control(page: Page, sums: list[tuple[str, int, int, int]]) -> None:
    """The sheet's figures beside the warehouse's; the last line is 0,00 € in green, or the gap in red."""
    call, totals, row = page.call, page.totals, sums[-1][1] + 3
    page.heading(row - 1, "Contrôle")
    page.sheet.set_row(row, 20)
    for index, name in enumerate(("Montant", "D’après les trajets", "Entrepôt", "Écart")):
        page.text(row, index, name, "tint", "bold", "hairline", "indent", *(("right",) if index else ()))
    fee, vat = f"SUM({page.journeys('fee_ex_vat_cents')})", f"SUM({page.journeys('vat_cents')})"
    computed = totals.recap_cents + totals.fee_ex_vat_cents + totals.vat_cents
    last = row + len(sums) + 3
    lines = (
        *((name, f"D{at + 1}", cents, expected) for name, at, cents, expected in sums),
        ("Commission Plateforme HT", f"ROUND({fee},2)", totals.fee_ex_vat_cents, call.fee_ex_vat_cents),
        ("TVA Commission Plateforme", f"ROUND({vat},2)", totals.vat_cents, call.vat_cents),
        ("Totaux", f"ROUND(SUM(B{last - 2}:B{last}),2)", computed, call.total_cents),
    )
    first = row + 2
    for name, formula, cents, expected in lines:
        row += 1
        page.sheet.set_row(row, 18)
        page.text(row, 0, name, "hairline", "indent")
        page.formula(row, 1, formula, euros(cents), "money", "hairline")
        page.sheet.write_number(row, 2, euros(expected), page.styles("money", "hairline"))
        page.formula(row, 3, f"ROUND(B{row + 1}-C{row + 1},2)", euros(cents - expected), "money", "hairline")
    gap = euros(sum(abs(cents - expected) for _, _, cents, expected in lines))
    row += 1
    page.sheet.set_row(row, 24)
    page.band(row, 0, 2, "Écart avec l’entrepôt", "bold", "sum", "indent")
    page.formula(row, 3, f"ROUND(SUMPRODUCT(ABS(D{first}:D{row})),2)", gap, "money", "bold", "sum")
    for criteria, colour in (("==", GREEN), ("!=", RED)):
        rule = {"type": "cell", "criteria": criteria, "value": 0, "format": page.styles.colour(colour)}
        page.sheet.conditional_format(f"D{first}:D{row + 1}", rule)
