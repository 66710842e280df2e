"""The country's map: départements by the passenger journeys that start there, month by month, and its words.

A département is white where it was not told of: nobody left from there, or so few that others are told with
them. Outlines: data/reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, radians
from pathlib import Path
from typing import Any

import polars as pl
import shapely
from markupsafe import escape

from dagster_project.pages.charts import Picture, svg
from dagster_project.pages.maps import Frame
from dagster_project.pages.page import month_words
from dagster_project.reports.shared.french import french_list, french_number, typographic

_BLUES = ("#c6dbef", "#94c1e0", "#5b9fd0", "#2f7ab9", "#15579a", "#08306b")
_WHITE = "#fff"
_HEIGHT = 600
_COUNTRY = (112.0, 0.0, 600.0)  # left, top, side in pixels
_ISLES = (10.0, 6.0, 92.0)  # the first one overseas
_BELOW = 119  # from one to the next, its name between them
_KEYS, _KEY = (714, 10), 28  # left and top of the legend, room for one of it
_MOST_NAMED = 5
_HIDDEN = {False: "", True: ' hidden=""'}


@dataclass(frozen=True)
class Country:
    """The picture, and the same in words: a sentence per month, by the filter's mark."""

    picture: Picture
    words: Sequence[tuple[str, str]]


def country(rows: pl.DataFrame, months: Sequence[date], reference: Path) -> Country | None:
    """The départements of these months, the newest first and shown; None without a month.

    `rows`: an edition's territories.
    """
    shapes = pl.read_parquet(reference / "departements.parquet")
    departements = rows.filter(
        pl.col("level").eq("departement") & ~pl.col("is_rest") & pl.col("month_on").is_in(list(months))
    ).sort("passenger_journeys", "departement_code", descending=[True, False])
    if departements.is_empty():
        return None
    bounds = _bounds(departements["passenger_journeys"].to_list())
    outlines = dict(
        zip(shapes["departement_code"], shapely.from_wkb(shapes["geometry"].to_numpy()), strict=True)
    )
    paths = _paths(outlines)
    ground = "".join(f'<path id="forme-{code}" d="{path}"/>' for code, path in paths.items())
    by_month = {month: departements.filter(month_on=month).to_dicts() for month in months}
    layers = "".join(
        f'<g data-mois="{month:%Y-%m}"{_HIDDEN[month != months[0]]}>{_layer(of_month, paths, bounds)}</g>'
        for month, of_month in by_month.items()
    )
    title = "Trajets passagers par département de départ, le mois choisi"
    ground = f'<g fill="{_WHITE}" stroke="#8a939c" stroke-width=".7">{ground}{layers}</g>'
    inside = ground + _names(shapes) + _legend(bounds)
    words = [(f"{month:%Y-%m}", _words(month, of_month, len(paths))) for month, of_month in by_month.items()]
    return Country(svg("carte-pays", title, _HEIGHT, inside), words)


def _bounds(counts: Sequence[int]) -> list[int]:
    """Round numbers from which a darker class begins, the same for all months: 10, 30, 100 and so on."""
    steps = [digit * 10**power for power in range(1, 10) for digit in (1, 3)]
    return [step for step in steps if step <= max(counts)][1 - len(_BLUES) :]


def _fill(count: int, bounds: Sequence[int]) -> str:
    return _BLUES[len(_BLUES) - 1 - len(bounds) + sum(bound <= count for bound in bounds)]


def _layer(rows: Sequence[Mapping[str, Any]], paths: Mapping[str, str], bounds: Sequence[int]) -> str:
    return "".join(
        f'<use href="#forme-{row["departement_code"]}" fill="{_fill(row["passenger_journeys"], bounds)}">'
        f"<title>{escape(_departement_words(row))}</title></use>"
        for row in rows
        if row["departement_code"] in paths
    )


def _departement_words(row: Mapping[str, Any]) -> str:
    return f"{row['name']} ({row['departement_code']}) : {french_number(row['passenger_journeys'], 0)}"


def _words(month: date, rows: Sequence[Mapping[str, Any]], known: int) -> str:
    """The picture of a month as a sentence."""
    shown = f"{month_words(month).capitalize()}, départements montrés : {len(rows)} sur {known}."
    first = french_list([_departement_words(row) for row in rows[:_MOST_NAMED]]) if rows else "aucun"
    return f"{shown} Les premiers : {first}."


def _paths(outlines: Mapping[str, shapely.Geometry]) -> dict[str, str]:
    """The outline of each département by its code; those overseas stand beside, each in its own scale."""
    at_home = [code for code in outlines if not _is_overseas(code)]
    paths = dict(zip(at_home, _framed([outlines[code] for code in at_home], *_COUNTRY), strict=True))
    left, top, side = _ISLES
    for place, code in enumerate(filter(_is_overseas, outlines)):
        (paths[code],) = _framed([outlines[code]], left, top + place * _BELOW, side)
    return paths


def _is_overseas(code: str) -> bool:
    return len(code) > 2


def _names(shapes: pl.DataFrame) -> str:
    """Those overseas are named: their outlines are little known."""
    left, top, side = _ISLES
    named = shapes.select("departement_code", "departement_name").filter(
        pl.col("departement_code").str.len_chars() > 2
    )
    return "".join(
        f'<text x="{left:.0f}" y="{top + place * _BELOW + side + 15:.0f}">{escape(typographic(name))}</text>'
        for place, name in enumerate(named["departement_name"])
    )


def _framed(outlines: Sequence[shapely.Geometry], left: float, top: float, side: float) -> list[str]:
    """Paths of shapes that fill a square together."""
    west, south, east, north = shapely.total_bounds(outlines)
    stretch = cos(radians((south + north) / 2))
    scale = side / max((east - west) * stretch, north - south)
    frame = Frame(left, top, west, north, stretch * scale, scale)
    return [frame.path([outline]) for outline in outlines]


def _legend(bounds: Sequence[int]) -> str:
    """What each colour says, the darkest first."""
    numbers = [french_number(bound, 0) for bound in bounds]
    below = [f"moins de {numbers[0]}"] if numbers else ["tous"]
    names = ["non montré", *below, *(f"dès {number}" for number in numbers)]
    fills = [_WHITE, *_BLUES[len(_BLUES) - 1 - len(bounds) :]]
    left, top = _KEYS
    return "".join(
        f'<rect x="{left}" y="{top + _KEY * place}" width="16" height="14" fill="{fill}" stroke="#8a939c"/>'
        f'<text x="{left + 24}" y="{top + 12 + _KEY * place}">{escape(name)}</text>'
        for place, (name, fill) in enumerate(reversed(list(zip(names, fills, strict=True))))
    )
