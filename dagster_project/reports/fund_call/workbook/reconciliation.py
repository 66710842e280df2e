"""The sheet "Rapprochement": from journeys received to journeys claimed, this document against the rest, and
its incentives against what drivers received (CONVENTION article 7).

Counts and sums of the warehouse stand as numbers, those of the sheet "Trajets" as live formulas; every
line of the first two tables ends in a difference that must be zero.
"""

from dagster_project.reports.fund_call.call import Reconciliation, Redistribution
from dagster_project.reports.fund_call.workbook.page import Page
from dagster_project.reports.shared.counts import UNIT
from dagster_project.reports.shared.workbook import GREEN, RED, TOTAL, euros

WIDTHS = (58, 17, 17, 17, 15)
_NAMES = ("Indemnité de l’Opération", "Commission Plateforme HT", "TVA Commission Plateforme")
_COLUMNS = ("incentive_cents", "fee_ex_vat_cents", "vat_cents")


def write_reconciliation(page: Page, reconciliation: Reconciliation) -> None:
    """The tables, then how many of their lines do not agree: 0 in green, else in red."""
    call = page.call
    page.open(WIDTHS)
    page.sheet.fit_to_pages(1, 0)
    page.title("Rapprochement", f"{call.operator_name} · {call.period_label}", 4)
    page.heading(3, "Du trajet reçu au trajet indemnisé")
    row, steps, step_gaps = _steps(page, reconciliation, 4)
    page.heading(row + 1, "Ce document, le grand livre et le fichier exporté")
    row, amounts, amount_gaps = _amounts(page, reconciliation, row + 2)
    if reconciliation.redistribution:
        page.heading(row + 1, "De l’indemnité au conducteur (article 7)")
        row = _redistribution(page, reconciliation.redistribution, row + 2) + 1
    _green_or_red(page, row)
    page.sheet.set_row(row, 26)
    page.band(row, 0, 3, "Lignes en écart", *TOTAL, "indent")
    formula = f"SUMPRODUCT(--({steps}<>0))+SUMPRODUCT(--({amounts}<>0))"
    page.formula(row, 4, formula, step_gaps + amount_gaps, "count", *TOTAL)


def _titles(page: Page, row: int, *names: str) -> None:
    page.sheet.set_row(row, 20)
    for index, name in enumerate(names):
        page.text(row, index, name, "inverse", "indent", *(("right",) if index else ()))


def _name(page: Page, row: int, text: str, *words: str) -> None:
    """The first cell of a line; the others are empty until written."""
    for column in range(1, len(WIDTHS)):
        page.sheet.write_blank(row, column, None, page.styles("hairline"))
    page.text(row, 0, text, "indent", "hairline", *words)


def _steps(page: Page, reconciliation: Reconciliation, row: int) -> tuple[int, str, int]:
    """One line a step and reason. Returns the next free row, the cells of the gaps, how many are not 0."""
    _titles(page, row, "Étape", UNIT, "Écartés", "Attendu", "Écart")
    first, before, before_line, gaps = row + 2, 0, 0, 0
    for number, step in enumerate(reconciliation.steps):
        start = row + 1
        for loss in step.losses:
            row += 1
            _name(page, row, f"– {loss.reason}", "small", "muted")
            page.sheet.write_number(row, 2, loss.seats, page.styles("count", "small", "hairline"))
        row += 1
        _name(page, row, step.name, "bold")
        page.sheet.write_number(row, 1, step.seats, page.styles("count", "bold", "hairline"))
        if number:
            lost = sum(loss.seats for loss in step.losses)
            formula = f"B{before_line}-SUM(C{start + 1}:C{row})" if step.losses else f"B{before_line}"
            page.formula(row, 3, formula, before - lost, "count", "hairline")
            gaps += _gap(page, row, step.seats - before + lost)
        before, before_line = step.seats, row + 1
    row += 1
    seats, nature, paid = map(page.journeys, ("seats", "nature", "incentive_cents"))
    claimed = f'SUMIFS({seats},{nature},"trajet",{paid},">0")'
    _name(page, row, "indemnisés dans ce document", "bold")
    page.formula(row, 1, claimed, page.totals.paid_seats, "count", "bold", "hairline")
    page.formula(row, 3, f"B{before_line}", before, "count", "hairline")
    gaps += _gap(page, row, page.totals.paid_seats - before)
    return row + 1, f"E{first}:E{row + 1}", gaps


def _gap(page: Page, row: int, gap: int) -> bool:
    """What a line counts less what it should. Returns whether there is a difference."""
    page.formula(row, 4, f"B{row + 1}-D{row + 1}", gap, "count", "hairline")
    return gap != 0


def _amounts(page: Page, reconciliation: Reconciliation, row: int) -> tuple[int, str, int]:
    """One line an amount. Returns the next free row, the cells of the gaps, how many are not 0."""
    _titles(page, row, "Montant", "Ce document", "Grand livre", "Fichier exporté", "Écart")
    first, gaps = row + 2, 0
    totals = [getattr(page.totals, name) for name in _COLUMNS]
    figures = zip(
        _NAMES, _COLUMNS, totals, reconciliation.ledger_cents, reconciliation.exported_cents, strict=True
    )
    for name, column, here, ledger, exported in figures:
        row += 1
        page.text(row, 0, name, "indent", "hairline")
        page.formula(row, 1, f"ROUND(SUM({page.journeys(column)}),2)", euros(here), "money", "hairline")
        page.sheet.write_number(row, 2, euros(ledger), page.styles("money", "hairline"))
        page.sheet.write_number(row, 3, euros(exported), page.styles("money", "hairline"))
        gap = max(here, ledger, exported) - min(here, ledger, exported)
        line = f"B{row + 1}:D{row + 1}"
        page.formula(row, 4, f"ROUND(MAX({line})-MIN({line}),2)", euros(gap), "money", "hairline")
        gaps += gap != 0
    return row + 1, f"E{first}:E{row + 1}", gaps


def _redistribution(page: Page, passed_on: Redistribution, row: int) -> int:
    """Drivers' incentives by whether their declared revenue holds them. Returns the next free row."""
    _titles(page, row, "Revenu déclaré du conducteur", UNIT, "Indemnité", "Revenu", "Manque")
    first = row + 2
    short = (passed_on.short_seats, passed_on.short_driver_cents, passed_on.short_revenue_cents)
    compared = (passed_on.seats, passed_on.driver_cents, passed_on.revenue_cents)
    enough = tuple(all_of - less for all_of, less in zip(compared, short, strict=True))
    for name, figures, missing in (
        ("au moins égal à l’indemnité", enough, 0),
        ("inférieur à l’indemnité", short, passed_on.missing_cents),
    ):
        row += 1
        _name(page, row, name)
        page.sheet.write_number(row, 1, figures[0], page.styles("count", "hairline"))
        for column, cents in enumerate((*figures[1:], missing), 2):
            page.sheet.write_number(row, column, euros(cents), page.styles("money", "hairline"))
    rest = page.totals.incentive_cents - passed_on.driver_cents - passed_on.passenger_cents
    for name, cents in (
        ("part des passagers", passed_on.passenger_cents),
        ("régularisations en moins, trajets que le registre ne connaît plus", rest),
    ):
        if cents:
            row += 1
            _name(page, row, name, "muted")
            page.sheet.write_number(row, 2, euros(cents), page.styles("money", "hairline"))
    row += 1
    _name(page, row, "Indemnité de cet appel", "bold")
    sums = (passed_on.seats, *map(euros, (page.totals.incentive_cents, passed_on.revenue_cents)))
    for column, result in enumerate((*sums, euros(passed_on.missing_cents)), 1):
        letter = "ABCDE"[column]
        formula = f"ROUND(SUM({letter}{first}:{letter}{row}),2)"
        page.formula(row, column, formula, result, "money" if column > 1 else "count", "bold", "hairline")
    _green_or_red(page, row)
    return row + 1


def _green_or_red(page: Page, row: int) -> None:
    """The last figure of a row: 0 in green, else in red."""
    for criteria, colour in (("==", GREEN), ("!=", RED)):
        rule = {"type": "cell", "criteria": criteria, "value": 0, "format": page.styles.colour(colour)}
        page.sheet.conditional_format(f"E{row + 1}", rule)
