"""The sheets "Trajets" (one row per journey, annex 3, no formula) and "Légende" (what each column says)."""

import math

import polars as pl

from dagster_project.reports.fund_call_columns import COLUMNS, RULES, Column
from dagster_project.reports.fund_call_page import FIRST_ROW, Page
from dagster_project.reports.workbook import A4_LANDSCAPE_PX

TEXT_KINDS = ("text", "code", "instant")
NARROWEST, WIDEST = 7.5, 34.0
SMALL = 0.85  # width of an 8-point character beside the 10-point one that columns are measured in
LEGEND_WIDTHS = (24, 24, 70, 16, 14)


def write_journeys(page: Page, cells: pl.DataFrame) -> None:
    """One row per journey, in the frame's order; `cells` holds what is shown (see `show_cells`).

    Printed on two A4 pages across: who, when and where, then the money, each with the journey's identifier.
    """
    sheet, last = page.sheet, len(COLUMNS) - 1
    widths = tuple(_width(column, cells) for column in COLUMNS)
    page.open(widths, landscape=True)
    _paginate(page, widths)
    _write_headers(page)
    status, due, paid = (
        cells.get_column(name) for name in ("status", "before_budget_cents", "incentive_cents")
    )
    looks = {tone: _formats(page, tone) for tone in ("", "muted", "amber")}
    for row, values in enumerate(cells.iter_rows(), start=FIRST_ROW - 1):
        index = row - FIRST_ROW + 1
        tone = "amber" if paid[index] < due[index] else "" if paid[index] else "muted"
        for column, (value, style) in enumerate(zip(values, looks[tone], strict=True)):
            if value is None or value == "":
                sheet.write_blank(row, column, None, style)
            elif isinstance(value, str):
                sheet.write_string(row, column, value, style)
            else:
                sheet.write_number(row, column, value, style)
    end = max(FIRST_ROW - 1, FIRST_ROW + len(status) - 2)
    sheet.autofilter(FIRST_ROW - 2, 0, end, last)
    sheet.freeze_panes(FIRST_ROW - 1, 1)
    sheet.ignore_errors({"number_stored_as_text": f"A{FIRST_ROW}:AZ{end + 1}"})


def _formats(page: Page, tone: str) -> list[object]:
    """One format per column; the last column of a group has an edge."""
    made = []
    for column, following in zip(COLUMNS, (*COLUMNS[1:], None), strict=True):
        words = [column.kind] if column.kind not in TEXT_KINDS else ["text", "fit"]
        words += ["centre"] if column.kind == "code" else []
        words += ["small", "hairline", *([tone] if tone else [])]
        words += ["edge"] if following is None or following.group != column.group else []
        made.append(page.styles(*words))
    return made


def _width(column: Column, cells: pl.DataFrame) -> float:
    """Characters the column needs for its longest cell and its header's longest word."""
    longest = cells.get_column(column.name).cast(pl.String).str.len_chars().max()
    needed = int(str(longest)) if longest is not None else 0
    words = max(len(word) for word in column.header.split())
    return min(
        WIDEST, max(NARROWEST, needed * SMALL + 2, words * SMALL + 3.5, len(column.technical) * 0.75 + 1.5)
    )


def _paginate(page: Page, widths: tuple[float, ...]) -> None:
    """Two pages across A4 landscape, at the scale that fits the wider of the two."""
    money = next(index for index, column in enumerate(COLUMNS) if column.name == "seats")
    pixels = [int(width * 7 + 5) for width in widths]
    widest = max(sum(pixels[:money]), pixels[0] + sum(pixels[money:]))
    page.sheet.set_print_scale(max(35, min(100, math.floor(100 * A4_LANDSCAPE_PX / widest) - 1)))
    page.sheet.set_v_pagebreaks([money])
    page.sheet.print_across()
    page.sheet.repeat_rows(0, FIRST_ROW - 2)
    page.sheet.repeat_columns(0)


def _write_headers(page: Page) -> None:
    """Group, technical name, French header with the filter."""
    first = 0
    for row, height in enumerate((18, 12, 38)):
        page.sheet.set_row(row, height)
        for index, column in enumerate(COLUMNS):
            if row == 1:
                page.text(1, index, column.technical, "tiny", "tint", "centre", "fit")
            elif row == 2:
                page.text(2, index, column.header, "bold", "small", "navy", "tint", "wrap", "centre", "rule")
            elif column is COLUMNS[-1] or COLUMNS[index + 1].group != column.group:
                page.band(0, first, index, column.group, "inverse", "centre", "small", "edge")
                first = index + 1


def show_cells(journeys: pl.DataFrame) -> pl.DataFrame:
    """The cells as shown, in the sheet's order: euros, kilometres, ISO 8601 instants, nature and status."""
    shown = journeys.with_columns(
        nature=pl.when("is_adjustment").then(pl.lit("régularisation")).otherwise(pl.lit("trajet")),
        status=pl.when(pl.col("reason").fill_null("") != "").then("reason")
        .when(pl.col("incentive_cents") > 0).then(pl.lit("payé"))
        .otherwise(pl.lit("non subventionné")),
    )  # fmt: skip
    return shown.select(_shown(column) for column in COLUMNS)


def _shown(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    match column.kind:
        case "euros":
            return value / 100
        case "metres" | "tenths":
            return value / 1000
        case "degrees":
            return value.cast(pl.Float64).fill_nan(None)
        case "instant":
            return value.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        case "count":
            return value
    return value.cast(pl.String)


def write_legend(page: Page) -> None:
    """Each column in one sentence with its unit and article, then the rules of reading."""
    page.open(LEGEND_WIDTHS, landscape=True)
    page.sheet.fit_to_pages(1, 0)
    page.sheet.repeat_rows(3)
    page.title("Légende", "Les colonnes de la feuille « Trajets »", 4)
    page.sheet.set_row(3, 20)
    for index, name in enumerate(("Colonne", "Nom technique", "Signification", "Unité", "Référence")):
        page.text(3, index, name, "inverse", "indent")
    row, group = 4, ""
    for column in COLUMNS:
        if column.group != group:
            group = column.group
            page.band(row, 0, 4, group, "bold", "navy", "tint", "hairline", "indent")
            row += 1
        article = getattr(page.call.articles, column.article) if column.article else ""
        page.sheet.set_row(row, 12 * math.ceil(len(column.meaning) / 88) + 4)
        for index, (text, word) in enumerate((
            (column.header, "bold"), (column.technical, "muted"), (column.meaning, "wrap"),
            (column.unit, "small"), (article, "muted"),
        )):  # fmt: skip
            page.text(row, index, text, "small", "indent", "hairline", word)
        row += 1
    page.heading(row + 1, "Règles de lecture")
    row += 2
    for rule in (*RULES, *page.call.readings):
        page.sheet.set_row(row, 12 * math.ceil(len(rule) / 185) + 4)
        page.band(row, 0, 4, f"• {rule}", "small", "wrap", "indent")
        row += 1
