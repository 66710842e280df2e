"""The half-yearly report (bilan semestriel, CONVENTION article 13 and annexe 4) as an Excel workbook.

A cover with the note on particular events, one sheet of counts per scope (months as columns, indicators
as rows with their formula, charts), a legend. Nothing is counted here: totals and rates are live formulas
over the warehouse's monthly counts.
"""

import math
from datetime import date
from pathlib import Path
from typing import Any

from dagster_project.reports.half_yearly.indicators import INDICATORS, RATE, Indicator
from dagster_project.reports.half_yearly.source import COUNTS, FRAUD_COUNTS, HalfYearlyReport, Scope
from dagster_project.reports.shared.french import (
    DRAFT_PREFIX,
    ORDINALS,
    french_day,
    french_list,
    french_period,
    slug,
)
from dagster_project.reports.shared.letter import Logo
from dagster_project.reports.shared.workbook import (
    AMBER,
    FONT,
    GREY,
    NAVY,
    RULE,
    Cells,
    open_workbook,
    text_height,
)

COVER, LEGEND = "Bilan", "Légende"
TOTAL = "Semestre"
HEADER_ROW, FIRST_COLUMN = 3, 2  # of the counts, from zero


ROWS = {indicator.name: HEADER_ROW + 1 + at for at, indicator in enumerate(INDICATORS)}
CHARTS = (
    ("Trajets", "#,##0", (("passenger_journeys", NAVY), ("driver_journeys", "#8FA8C8"))),
    ("Personnes par voiture", "0.00", ((RATE, AMBER),)),
    ("Kilomètres", "#,##0", (("passenger_m", NAVY), ("driver_m", "#8FA8C8"))),
    ("Nouveaux covoitureurs", "#,##0", (("new_passengers", NAVY), ("new_drivers", "#8FA8C8"))),
)
CHART_PX = (525, 240)
MONTHS = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def file_name(report: HalfYearlyReport) -> str:
    """`BILAN_2021-S1_pmgf_2021_karavane_412_230.xlsx`: its Trajets passagers and Trajets conducteurs."""
    passengers, drivers = (sum(month[at] for month in report.scopes[0].months) for at in (0, 1))
    names = f"{slug(report.campaign_id)}_{slug(report.operator_id)}"
    prefix = "" if report.is_final else DRAFT_PREFIX
    return f"{prefix}BILAN_{report.code}_{names}_{passengers}_{drivers}.xlsx"


def write_half_yearly(
    path: Path, report: HalfYearlyReport, issued_on: date, logos: tuple[Logo, ...] = ()
) -> None:
    """Write the workbook of one report; the same report and day give the same bytes. A draft has no logo."""
    properties = {
        "title": f"{_title(report)} {report.code} : {report.operator_name}",
        "subject": f"{report.campaign_name} ({report.convention_reference})",
        "company": report.authority_name,
    }
    with open_workbook(path, issued_on, properties) as (book, styles):
        cover = Cells(book.add_worksheet(COVER), styles)
        sheets = [Cells(book.add_worksheet(scope.name), styles) for scope in report.scopes]
        legend = Cells(book.add_worksheet(LEGEND), styles)
        cover.logos(2, (0, 2), logos if report.is_final else ())
        _write_cover(cover, report, issued_on)
        for cells, scope in zip(sheets, report.scopes, strict=True):
            _write_counts(cells, book, report, scope)
        _write_legend(legend, report)


def _title(report: HalfYearlyReport) -> str:
    return "Bilan semestriel" if report.is_final else "Bilan semestriel provisoire"


def _open(
    cells: Cells, report: HalfYearlyReport, widths: tuple[float, ...], *, landscape: bool = False
) -> None:
    header = f"{report.campaign_name} · {_title(report).lower()} {report.code}"
    footer = f"{report.operator_name} · {report.convention_reference}"
    cells.set_page(header, footer, widths, landscape=landscape, is_draft=not report.is_final)


def _write_cover(cells: Cells, report: HalfYearlyReport, issued_on: date) -> None:
    """Who, which half-year, the new kind of fraud, the note on particular events."""
    _open(cells, report, (30, 22, 46))
    cells.sheet.fit_to_pages(1, 0)
    half = f"{ORDINALS[report.half_start_on.month > 6]} semestre"
    cells.title(_title(report), f"{report.operator_name} · {half} {report.half_start_on.year}", 2)
    row = 3
    for name, text in (
        ("Autorité", report.authority_name),
        ("Bénéficiaire", report.operator_name),
        ("Opération", f"{report.campaign_name} ({report.campaign_id})"),
        ("Convention", f"{report.convention_reference} (article 13, annexe 4)"),
        ("Semestre", f"du {french_day(report.half_start_on)} au {french_day(report.half_end_on)}"),
    ):
        cells.sheet.set_row(row, 18)
        cells.text(row, 0, name, "muted", "hairline")
        cells.band(row, 1, 2, text, "hairline")
        row += 1
    cells.text(row, 0, "Établi le" if report.is_final else "Situation arrêtée au", "muted", "hairline")
    cells.day(row, 1, 2, issued_on, "hairline")
    row += 1
    if not report.is_final:
        last = report.months[len(report.scopes[0].months) - 1]
        warning = (
            "Situation provisoire : le semestre n’est pas clos ; "
            f"dernier mois compté : {french_period(last, last)}."
        )
        cells.band(row + 1, 0, 2, warning, "bold", "amber")
        row += 2
    cells.heading(row + 1, "Détection d’un nouveau type de fraude")
    answer = f"Oui : {', '.join(report.new_frauds)}" if report.new_frauds else "Non"
    cells.band(row + 2, 0, 2, answer)
    row += 4
    cells.heading(row, "Note sur les évènements particuliers")
    for index, name in enumerate(("Date", "Opérateur", "Évènement")):
        cells.text(row + 1, index, name, "inverse", "small", "indent")
    row += 2
    for day, whose, text in report.notes:
        cells.sheet.set_row(row, 12 * math.ceil(len(text) / 60) + 6)
        cells.day(row, 0, 0, day, "small", "top", "hairline", "indent")
        for index, cell in enumerate((whose, text), 1):
            cells.text(row, index, cell, "small", "top", "wrap", "hairline", "left", "indent")
        row += 1
    if not report.notes:
        cells.band(row, 0, 2, "Aucun évènement signalé.", "muted", "indent")


def _write_counts(cells: Cells, book: Any, report: HalfYearlyReport, scope: Scope) -> None:
    """Indicators by month, the half-year's total, charts."""
    last = FIRST_COLUMN + len(report.months)
    longest = max((sum(month[3] for month in scope.months), sum(month[2] for month in scope.months)))
    width = max(12.0, len(f"{longest // 1000:,}") + 5.0)
    _open(cells, report, (40, 34, *(width for _ in range(last - 1))), landscape=True)
    cells.sheet.fit_to_pages(1, 1)
    cells.sheet.center_horizontally()
    cells.title(scope.title, f"{report.campaign_name} · {report.code}", last)
    cells.sheet.set_row(HEADER_ROW, 22)
    labels = [f"{MONTHS[month.month - 1]} {month.year}" for month in report.months]
    for index, label in enumerate(("Indicateur", "Formule", *labels, TOTAL)):
        cells.text(
            HEADER_ROW, index, label, "inverse", *(("indent",) if index < FIRST_COLUMN else ("right",))
        )
    counts = {name: [month[at] for month in scope.months] for at, name in enumerate((*COUNTS, *FRAUD_COUNTS))}
    for indicator in INDICATORS:
        row = ROWS[indicator.name]
        cells.sheet.set_row(row, 20)
        cells.text(row, 0, indicator.label, "hairline", "indent")
        cells.text(row, 1, indicator.formula, "small", "muted", "hairline", "indent")
        for column in range(FIRST_COLUMN, last + 1):
            _write_count(cells, report, scope, indicator, counts, row, column)
    _add_charts(cells, book, scope, last)


def _write_count(
    cells: Cells,
    report: HalfYearlyReport,
    scope: Scope,
    indicator: Indicator,
    counts: dict[str, list[int]],
    row: int,
    column: int,
) -> None:
    """One cell: the warehouse's count, the sum of the other sheets, of the months, or the rate."""
    letter, at = chr(ord("A") + column), column - FIRST_COLUMN
    is_total = at == len(report.months)
    is_to_come = len(scope.months) <= at < len(report.months)
    look = (indicator.kind, "hairline", *(("bold", "tint") if is_total else ()))

    if is_to_come:
        cells.sheet.write_blank(row, column, None, cells.styles(*look))
        return

    def value(name: str) -> int:
        if is_total and name == "fraud_accounts":
            return scope.fraud_accounts
        return sum(counts[name]) if is_total else counts[name][at]

    if indicator.name == RATE:
        passengers, drivers = (
            f"{letter}{ROWS[name] + 1}" for name in ("passenger_journeys", "driver_journeys")
        )
        people, cars = value("passenger_journeys") + value("driver_journeys"), value("driver_journeys")
        formula = f'IF({drivers}=0,"",ROUND(({passengers}+{drivers})/{drivers},2))'
        cells.formula(row, column, formula, _half_up(people, cars) if cars else "", *look)
        return
    scale = {"m": 1000, "cents": 100}.get(indicator.name.rsplit("_", 1)[-1], 1)
    shown = value(indicator.name) / scale
    others = (scope.name.replace("'", "''") for scope in report.scopes if not scope.is_sum)
    if is_total and indicator.name != "fraud_accounts":
        first, end = (chr(ord("A") + FIRST_COLUMN + step) for step in (0, at - 1))
        formula = f"ROUND(SUM({first}{row + 1}:{end}{row + 1}),3)"
        cells.formula(row, column, formula, shown, *look)
    elif scope.is_sum:
        formula = "+".join(f"'{name}'!{letter}{row + 1}" for name in others)
        cells.formula(row, column, f"ROUND({formula},3)", shown, *look)
    else:
        cells.sheet.write_number(row, column, shown, cells.styles(*look))


def _half_up(numerator: int, denominator: int) -> float:
    """A quotient of counts, two decimals, half up, as the formula's ROUND gives it."""
    return (numerator * 200 + denominator) // (denominator * 2) / 100


def _add_charts(cells: Cells, book: Any, scope: Scope, last: int) -> None:
    """Two by two under the table."""
    for number, (title, number_format, series) in enumerate(CHARTS):
        chart = book.add_chart({"type": "column"})
        for name, colour in series:
            row = ROWS[name]
            chart.add_series({
                "name": [scope.name, row, 0],
                "categories": [scope.name, HEADER_ROW, FIRST_COLUMN, HEADER_ROW, last - 1],
                "values": [scope.name, row, FIRST_COLUMN, row, last - 1],
                "fill": {"color": colour}, "gap": 60,
            })  # fmt: skip
        text = {"name": FONT, "size": 8, "color": GREY}
        chart.set_title({"name": title, "name_font": {**text, "size": 10, "bold": True, "color": NAVY}})
        chart.set_x_axis({"num_font": text, "line": {"color": RULE}})
        chart.set_y_axis({
            "num_font": text, "num_format": f"[$-40C]{number_format}", "line": {"none": True}, "min": 0,
            "major_gridlines": {"visible": True, "line": {"color": RULE, "width": 0.5}},
        })  # fmt: skip
        legend: dict[str, Any] = {"position": "bottom", "font": text}
        chart.set_legend(legend if len(series) > 1 else {"none": True})
        chart.set_chartarea({"border": {"color": RULE}})
        chart.set_size({"width": CHART_PX[0], "height": CHART_PX[1]})
        row, offset = max(ROWS.values()) + 2, divmod(number, 2)
        place = {"x_offset": offset[1] * (CHART_PX[0] + 12), "y_offset": offset[0] * (CHART_PX[1] + 12)}
        alt_text = {"description": f"Histogramme par mois : {title}. Le tableau au-dessus en a les chiffres."}
        cells.sheet.insert_chart(row, 0, chart, {**place, **alt_text})


def _write_legend(cells: Cells, report: HalfYearlyReport) -> None:
    """Each indicator in full, then what the sheets cover."""
    _open(cells, report, (42, 36, 84), landscape=True)
    cells.sheet.fit_to_pages(1, 0)
    cells.title("Légende", "Les indicateurs de l’annexe 4 et leur mode de calcul", 2)
    cells.names(3, ("Indicateur", "Formule", "Signification"))
    for row, indicator in enumerate(INDICATORS, 4):
        words = ((indicator.label, "bold"), (indicator.formula, "muted"), (indicator.meaning, "wrap"))
        cells.line(row, words, text_height(indicator.meaning, 95, 6))
    rules = (
        "« Opération » : les trajets de la période et du territoire de la convention. « Globalement » : tous "
        "les trajets valides que l’opérateur a transmis au registre, dans une opération ou non.",
        "Les mois sont ceux du départ, à l’heure locale. Un trajet annulé ou refusé ne compte pas.",
        "Un bilan est établi une fois, à la clôture du dernier appel de fonds du semestre, tant que le "
        "registre connaît encore les trajets et les personnes ; ensuite il ne change plus. Un trajet "
        "transmis, corrigé ou annulé après ce jour n’y figure pas.",
        f"Écartent un trajet du paiement : {french_list([*report.excluding, 'une décision motivée'])}. Les "
        "autres signalements informent et n’écartent rien.",
    )
    cells.rules(len(INDICATORS) + 5, rules, 2, 170, 6)
