"""The journeys that an authority sees, by month, operator, class, hour, weekday and distance (D-266)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from dagster_project.pages.charts import Picture, bars
from dagster_project.pages.groups import BANDS, HOURS, REST
from dagster_project.pages.page import Column, Row, Table, month_words, quotient

_MONTHS = 12
_FEW = "autres"
_NONE = "Aucun mois de six trajets."
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAYS = {f"{number}": name for number, name in enumerate(_WEEKDAYS, 1)}
_CLASSES = {letter: f"classe {letter}" for letter in "ABC"}


def shown(figures: pl.DataFrame, names: Mapping[str, str]) -> dict[str, Any]:
    """Tables and pictures of the section of months, and those of the section of places."""
    return {
        "months": _months(figures),
        "picture": _by_month(figures, "operator", "Trajets passagers par mois et par opérateur", names),
        "operators": [
            _split(figures, "operator", names, "Opérateur", f"{words} par mois et par opérateur", measure)
            for measure, words in (
                ("passenger_journeys", "Trajets passagers"),
                ("passenger_km", "Kilomètres passagers"),
                ("drivers", "Conducteurs"),
                ("passengers", "Passagers"),
            )
        ],
        "classes": _split(figures, "class", _CLASSES, "Classe", "Trajets passagers par mois et par classe"),
        "pictures": [
            _recent(figures, "hour", "Trajets passagers par heure de départ", HOURS),
            _recent(figures, "weekday", "Trajets passagers par jour de la semaine", _DAYS),
        ],
        "splits": [
            _split(figures, "hour", HOURS, "Départ", "Trajets passagers par heure de départ"),
            _split(figures, "weekday", _DAYS, "Jour", "Trajets passagers par jour de la semaine"),
            _split(figures, "distance", BANDS, "Distance", "Trajets passagers par distance"),
        ],
    }


def _months(figures: pl.DataFrame) -> Table:
    totals = figures.filter(pl.col("subject") == "").sort("month_on", descending=True)
    return Table(
        "activite",
        "Trajets par mois",
        (
            *(
                Column("Mois", "month"),
                Column("Trajets passagers", "count"),
                Column("Kilomètres passagers", "count"),
            ),
            *(Column("Distance moyenne (km)", "number"), Column("Conducteurs", "count")),
            Column("Passagers", "count"),
        ),
        [
            Row(
                (
                    row["month_on"],
                    row["passenger_journeys"],
                    row["passenger_m"] // 1000,
                    quotient(row["passenger_m"], 1000 * row["passenger_journeys"]),
                    row["drivers"],
                    row["passengers"],
                )
            )
            for row in totals.to_dicts()
        ],
        empty=_NONE,
    )


def _split(
    figures: pl.DataFrame,
    subject: str,
    words: Mapping[str, str],
    head: str,
    caption: str,
    measure: str = "passenger_journeys",
) -> Table:
    """A measure by value, the last months side by side. Persons do not add up, so they have no total."""
    months, by_value = _by_value(figures, subject, words, measure)
    rows = [Row((name, *(counts.get(month) for month in months))) for name, counts in by_value.items()]
    if measure == "passenger_journeys" and len(rows) > 1:
        sums = (sum(counts.get(month, 0) for counts in by_value.values()) for month in months)
        rows.append(Row(("Total", *sums), is_total=True))
    return Table(
        f"{subject}_{measure}",
        caption,
        (Column(head), *(Column(month_words(month), "count") for month in months)),
        rows,
        empty=_NONE,
    )


def _by_month(figures: pl.DataFrame, subject: str, title: str, words: Mapping[str, str]) -> Picture | None:
    months, by_value = _by_value(figures, subject, words)
    series = {name: [counts.get(month, 0) for month in months] for name, counts in by_value.items()}
    return bars(f"{subject}-mois", title, [f"{month:%m/%Y}" for month in months], series) if months else None


def _recent(figures: pl.DataFrame, subject: str, title: str, words: Mapping[str, str]) -> Picture | None:
    """By value, the last two months side by side."""
    months, by_value = _by_value(figures, subject, words)
    series = {
        month_words(month): [counts.get(month, 0) for counts in by_value.values()] for month in months[-2:]
    }
    groups = [_FEW if name == REST else name for name in by_value]
    return bars(f"{subject}-valeurs", title, groups, series) if months else None


def _by_value(
    figures: pl.DataFrame, subject: str, words: Mapping[str, str], measure: str = "passenger_journeys"
) -> tuple[list[date], dict[str, dict[date, int]]]:
    """The last months, the oldest first, and what each value has in them, in the order of `words`."""
    rows = figures.filter(pl.col("subject") == subject).with_columns(
        passenger_km=pl.col("passenger_m") // 1000
    )
    months = sorted(rows["month_on"].unique())[-_MONTHS:]
    counts_by_value: dict[str | None, dict[date, int]] = {}
    for value, month, count in rows.select("value", "month_on", measure).iter_rows():
        if month in months:
            counts_by_value.setdefault(value, {})[month] = count
    return months, {
        REST if value is None else words[value]: counts_by_value[value]
        for value in (*words, None)
        if value in counts_by_value
    }
