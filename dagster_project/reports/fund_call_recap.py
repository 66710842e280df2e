"""The sheet "Récapitulatif": A, B, C, D, the cut, the control (CONVENTION annex 2, second table)."""

from collections.abc import Iterator
from decimal import Decimal
from string import ascii_uppercase

from dagster_project.reports.french import french_number
from dagster_project.reports.fund_call_data import Band, BandTotal
from dagster_project.reports.fund_call_page import Page
from dagster_project.reports.workbook import GREEN, RED, TOTAL

WIDTHS = (43, 28, 15, 18)


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
    row, letters = 4, iter(ascii_uppercase)
    terms, cells = [], []
    for limits, total in zip(call.bands, page.totals.bands, strict=True):
        row, term = _band(page, row, limits, total, letters)
        terms.append(f"[{term}]")
        cells.append(f"D{row}")
    gross = row
    row = _sums(page, row, f"= {' + '.join(terms)}", "+".join(cells))
    _control(page, gross, row)


def _band(page: Page, row: int, limits: Band, total: BandTotal, letters: Iterator[str]) -> tuple[int, str]:
    """The rows of one band. Returns the next free row and the band's term, "A × 2,00 €"."""
    km, seats = page.journeys("billed_m"), page.journeys("seats")
    declared = page.journeys("distance_m")  # what bands test; the billed distance is what they pay
    mask = f'({page.journeys("nature")}="trajet")*({page.journeys("before_budget_cents")}>0)'
    mask += f"*({declared}>={_plain(limits.from_m)})"
    mask += f"*({declared}<{_plain(limits.to_m)})" if limits.to_m is not None else ""
    lines: list[tuple[str, str, float, str]] = [
        ("Nombre de trajets passagers", f"SUMPRODUCT({mask}*{seats})", total.seats, "count")
    ]
    if limits.unit == "km":
        formula = f"ROUND(SUMPRODUCT({mask}*{seats}*{km}),3)"
        lines.append(("Nombre de kms passagers", formula, total.metres / 1000, "km"))
    letter = ""
    for index, (name, formula, result, kind) in enumerate(lines):
        letter = next(letters)
        page.sheet.set_row(row, 20)
        page.text(row, 0, "" if index else limits.label, "bold", "indent")
        page.text(row, 1, name, "indent")
        page.text(row, 2, letter, "muted", "indent")
        page.formula(row, 3, formula, result, kind)
        row += 1
    price = Decimal(limits.unit_price_tenth_cents) / 1000
    term = f"{letter} × {french_number(price, 2 if price == round(price, 2) else 3)} €"
    page.sheet.set_row(row, 20)
    page.text(row, 0, "", "hairline")
    page.text(row, 1, f"Indemnité {page.call.authority_genitive}", "indent", "hairline")
    page.text(row, 2, f"= {term}", "muted", "indent", "hairline")
    formula = f"ROUND(D{row}*{price.normalize():f},2)"
    page.formula(row, 3, formula, total.cents / 100, "money", "bold", "hairline")
    return row + 1, term


def _plain(metres: int) -> str:
    """Kilometres as a formula writes them, from metres: 2500 → "2.5"."""
    return f"{(Decimal(metres) / 1000).normalize():f}"


def _sums(page: Page, row: int, terms: str, formula: str) -> int:
    """The sum of the bands, the cut, the adjustments when there are some, the total; returns its row."""
    call, totals = page.call, page.totals
    paid, due, nature = map(page.journeys, ("incentive_cents", "before_budget_cents", "nature"))
    cut = f'ROUND(SUMIFS({paid},{nature},"trajet")-SUMIFS({due},{nature},"trajet"),2)'
    lines = [
        (f"Indemnité {call.authority_genitive}", terms, f"ROUND({formula},2)", totals.gross_cents),
        (f"Écrêtement du budget ({call.articles.budget})", "dû mais non payé", cut, totals.cut_cents),
    ]
    if totals.adjustment_cents or call.adjustment_cents:
        formula = f'ROUND(SUMIFS({paid},{nature},"régularisation"),2)'
        lines.append(("Régularisations", "de périodes déjà closes", formula, totals.adjustment_cents))
    first = row + 1
    for name, detail, formula, cents in lines:
        page.sheet.set_row(row, 22)
        page.text(row, 0, name, "hairline", "indent")
        page.band(row, 1, 2, detail, "muted", "hairline", "indent")
        page.formula(row, 3, formula, cents / 100, "money", "hairline")
        row += 1
    page.sheet.set_row(row, 26)
    page.band(row, 0, 2, "Total", *TOTAL, "indent")
    page.formula(row, 3, f"ROUND(SUM(D{first}:D{row}),2)", totals.recap_cents / 100, "money", *TOTAL)
    return row


def _control(page: Page, gross: int, total: int) -> None:
    """The sheet's figures beside the warehouse's; the last line is 0,00 € in green, or the gap in red."""
    call, totals, row = page.call, page.totals, total + 3
    page.heading(row - 1, "Contrôle")
    page.sheet.set_row(row, 20)
    for index, name in enumerate(("Montant", "D’après les trajets", "Entrepôt", "Écart")):
        page.text(row, index, name, "tint", "bold", "hairline", "indent", *(("right",) if index else ()))
    fee, vat = f"SUM({page.journeys('fee_ex_vat_cents')})", f"SUM({page.journeys('vat_cents')})"
    computed = totals.recap_cents + totals.fee_ex_vat_cents + totals.vat_cents
    lines = (
        ("Indemnité avant écrêtement", f"D{gross + 1}", totals.gross_cents, call.gross_cents),
        ("Écrêtement du budget", f"D{gross + 2}", totals.cut_cents, call.cut_cents),
        ("Indemnité de l’Opération", f"D{total + 1}", totals.recap_cents, call.incentive_cents),
        ("Commission Plateforme HT", f"ROUND({fee},2)", totals.fee_ex_vat_cents, call.fee_ex_vat_cents),
        ("TVA Commission Plateforme", f"ROUND({vat},2)", totals.vat_cents, call.vat_cents),
        ("Totaux", f"ROUND(SUM(B{row + 4}:B{row + 6}),2)", computed, call.total_cents),
    )
    first = row + 2
    for name, formula, cents, expected in lines:
        row += 1
        page.sheet.set_row(row, 18)
        page.text(row, 0, name, "hairline", "indent")
        page.formula(row, 1, formula, cents / 100, "money", "hairline")
        page.sheet.write_number(row, 2, expected / 100, page.styles("money", "hairline"))
        page.formula(row, 3, f"ROUND(B{row + 1}-C{row + 1},2)", (cents - expected) / 100, "money", "hairline")
    gap = sum(abs(cents - expected) for _, _, cents, expected in lines) / 100
    row += 1
    page.sheet.set_row(row, 24)
    page.band(row, 0, 2, "Écart avec l’entrepôt", "bold", "sum", "indent")
    page.formula(row, 3, f"ROUND(SUMPRODUCT(ABS(D{first}:D{row})),2)", gap, "money", "bold", "sum")
    for criteria, colour in (("==", GREEN), ("!=", RED)):
        rule = {"type": "cell", "criteria": criteria, "value": 0, "format": page.styles.colour(colour)}
        page.sheet.conditional_format(f"D{first}:D{row + 1}", rule)
