"""The sheets "Trajets" (one row per journey, annex 3, no formula) and "Légende" (what each column says)."""

import math
from itertools import groupby, pairwise

import polars as pl

from dagster_project.contracts.moments import PARIS
from dagster_project.reports.fund_call.workbook.columns import COLUMNS, RULES, Column
from dagster_project.reports.fund_call.workbook.page import FIRST_ROW, Page
from dagster_project.reports.shared.french import french_incentives
from dagster_project.reports.shared.rows import write_rows
from dagster_project.reports.shared.workbook import A4_LANDSCAPE_PX, text_height

TEXT_KINDS = ("text", "code", "codes", "incentives")
NARROWEST, WIDEST = 8.0, 36.0
INSTANT_CHARACTERS = 16  # 03/05/2021 08:30
CUT, CUT_COLUMNS = "amber", ("incentive_cents", "status")  # what the budget cut away is seen at once
SMALL, TINY = 0.85, 0.6  # width of a character beside the 10-point one that columns are measured in
PAGE_STARTS = ("start_commune_code", "seats", "billed_m")  # first columns of the pages across, but one
LEGEND_WIDTHS = (24, 24, 70, 15, 24)
LEGEND_SECOND_PAGE = "Données financières du trajet"


def write_journeys(page: Page, cells: pl.DataFrame) -> None:
    """One row per journey, in the frame's order; `cells` holds what is shown (see `show_cells`).

    Printed on four A4 pages across: who and when, where, money declared and claimed; each has the identifier.
    """
    sheet, last = page.sheet, len(COLUMNS) - 1
    widths = tuple(_width(column, cells) for column in COLUMNS)
    page.open(widths, landscape=True)
    _paginate(page, widths)
    _write_headers(page)
    status, due, paid = (cells.get_column(name) for name in ("status", "tariff_cents", "incentive_cents"))
    tones = ("", "muted", CUT)
    tone = pl.when(paid < due).then(tones.index(CUT)).when(paid != 0).then(0).otherwise(tones.index("muted"))
    looks = [_formats(page, tone_name) for tone_name in tones]
    write_rows(sheet, FIRST_ROW - 1, cells, looks, pl.select(tone).to_series())
    end = max(FIRST_ROW - 1, FIRST_ROW + len(status) - 2)
    sheet.autofilter(FIRST_ROW - 2, 0, end, last)
    sheet.freeze_panes(FIRST_ROW - 1, 1)
    sheet.ignore_errors({"number_stored_as_text": f"A{FIRST_ROW}:AZ{end + 1}"})


def _formats(page: Page, tone: str) -> list[object]:
    """One format per column, in the tone of the row."""
    formats = []
    for column in COLUMNS:
        toned = tone and (tone != CUT or column.name in CUT_COLUMNS)
        words = (*_aligned(column, column.kind), *_edge(column), *((tone,) if toned else ()))
        formats.append(page.styles(*words, "small", "hairline"))
    return formats


def _aligned(column: Column, number: str) -> tuple[str, ...]:
    """Texts to the left, codes in the middle; a number, or what stands over one, in the format `number`."""
    if column.kind == "code":
        return ("text", "fit", "centre")
    return ("text", "fit", "left", "indent") if column.kind in TEXT_KINDS else (number,)


def _edge(column: Column) -> tuple[str, ...]:
    """A line before the first column of a group."""
    index = COLUMNS.index(column)
    return ("edge",) if index and COLUMNS[index - 1].group != column.group else ()


def _width(column: Column, cells: pl.DataFrame) -> float:
    """Characters the column needs for its longest cell and its header's longest word."""
    longest = cells.get_column(column.name).cast(pl.String).str.len_chars().max()
    needed = INSTANT_CHARACTERS if column.kind == "instant" else int(str(longest or 0))
    title = max(max(map(len, column.header.split())) * SMALL + 3, len(column.technical) * TINY + 1)
    return min(WIDEST, max(NARROWEST, needed * SMALL + 2.5, title))


def _paginate(page: Page, widths: tuple[float, ...]) -> None:
    """Four pages across A4 landscape, at the scale that fits the widest."""
    names = [column.name for column in COLUMNS]
    breaks = [names.index(name) for name in PAGE_STARTS]
    pixels = [int(width * 7 + 5) for width in widths]
    parts = [pixels[0] + sum(pixels[a:b]) for a, b in pairwise([1, *breaks, len(pixels)])]
    page.sheet.set_print_scale(max(35, min(100, math.floor(92 * A4_LANDSCAPE_PX / max(parts)))))
    page.sheet.set_v_pagebreaks(breaks)
    page.sheet.print_across()
    page.sheet.repeat_rows(0, FIRST_ROW - 2)
    page.sheet.repeat_columns(0)


def _write_headers(page: Page) -> None:
    """Group, technical name, French header with the filter."""
    page.sheet.set_row(0, 18)
    index = 0
    for group, members in groupby(COLUMNS, key=lambda column: column.group):
        last = index + len(list(members)) - 1
        page.band(0, index, last, group, "inverse", "small", "indent", "edge")
        index = last + 1
    page.sheet.set_row(1, 14)
    for index, column in enumerate(COLUMNS):
        page.text(1, index, column.technical, "tiny", "tint", *_aligned(column, "centre"), *_edge(column))
    page.sheet.set_row(2, 36)
    for index, column in enumerate(COLUMNS):
        look = ("bold", "small", "navy", "tint", "wrap", "top", "rule")
        page.text(2, index, column.header, *look, *_aligned(column, "centre"), *_edge(column))


def show_cells(journeys: pl.DataFrame) -> pl.DataFrame:
    """The cells as shown, in the sheet's order: euros, kilometres, local times (Paris), nature and status."""
    shown = journeys.with_columns(
        nature=pl.when("is_adjustment").then(pl.lit("régularisation")).otherwise(pl.lit("trajet")),
        status=pl.when(pl.col("reason").fill_null("") != "").then("reason")
        .when(pl.col("incentive_cents") > 0).then(pl.lit("payé"))
        .otherwise(pl.lit("non subventionné")),
    )  # fmt: skip
    return shown.select(_shown(column) for column in COLUMNS)


def _shown(column: Column) -> pl.Expr:
    """The cell of one column. Polars divides by a constant a hair beside the nearest number: so `round`."""
    value = pl.col(column.name)
    shown = {
        "euros": (value / 100).round(2),
        "tenths": (value / 1000).round(3),
        "places": value,
        "degrees": value.cast(pl.Float64).fill_nan(None),
        "instant": value.dt.convert_time_zone(PARIS.key).dt.replace_time_zone(None),
        "codes": value.str.replace_all("|", " ", literal=True),
        "incentives": value.map_elements(french_incentives, return_dtype=pl.String),
    }
    return shown.get(column.kind, value.cast(pl.String))


def write_legend(page: Page) -> None:
    """Each column in one sentence with its unit and article, then the rules of reading."""
    page.open(LEGEND_WIDTHS, landscape=True)
    page.sheet.set_print_scale(86)
    page.sheet.repeat_rows(3)
    page.title("Légende", "Les colonnes de la feuille « Trajets »", 4)
    page.sheet.set_row(3, 20)
    page.names(3, ("Colonne", "Nom technique", "Signification", "Unité", "Référence"))
    row, group = 4, ""
    for column in COLUMNS:
        if column.group != group:
            group = column.group
            if group == LEGEND_SECOND_PAGE:
                page.sheet.set_h_pagebreaks([row])
            page.band(row, 0, 4, group, "bold", "small", "navy", "tint", "hairline", "indent")
            row += 1
        article = getattr(page.call.articles, column.article) if column.article else ""
        cells = (
            (column.header, "bold"),
            (column.technical, "muted"),
            (column.meaning, "wrap"),
            (column.unit, "small"),
            (article, "muted"),
        )
        page.line(row, cells, text_height(column.meaning, 92, 4))
        row += 1
    page.rules(row + 1, (*RULES, *page.call.readings), 4, 185, 4)
