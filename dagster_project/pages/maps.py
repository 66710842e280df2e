"""Flows on a map of a territory, as SVG: communes' shapes, simplified together so that borders stay shared.

A flow's ends are places as dbt names them ("74012 Annemasse", "200067551 CA Thonon Agglomération", "99140
Genève"); one that only says its country has no place. Shapes: data/reference (places.parquet).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path

import polars as pl
import shapely
from markupsafe import Markup, escape

_WIDTH = 900
_GRAIN = 500  # of the map's extent: nobody sees smaller corners
_MOST_FLOWS = 40  # lines that can still be told apart
_MARGIN = 0.06


@dataclass(frozen=True)
class Flow:
    """Journeys from one place to another, and what a filter knows them by."""

    origin: str
    destination: str
    journeys: int
    marks: Mapping[str, str]


def territory_map(
    reference: Path, communes: Mapping[str, str], flows: Sequence[Flow], chosen: Mapping[str, str], title: str
) -> Markup | None:
    """The communes of a territory (commune code: EPCI code) with its largest flows; None without shapes."""
    if not communes:
        return None
    shapes = pl.scan_parquet(reference / "places.parquet").filter(pl.col("place_code").is_in(list(communes)))
    places = shapes.collect().sort("place_code")
    centres = _centres(reference, places, communes, flows)
    drawn = _largest([flow for flow in flows if {flow.origin, flow.destination} <= set(centres)])
    polygons = shapely.from_wkb(places["geometry"].to_numpy())
    used = {name for flow in drawn for name in (flow.origin, flow.destination)}
    points = shapely.points([centres[name] for name in sorted(used)]) if used else []
    west, south, east, north = shapely.total_bounds([*polygons, *points])
    stretch = cos(radians((south + north) / 2))
    west, east = west - _MARGIN * (east - west), east + _MARGIN * (east - west)
    south, north = south - _MARGIN * (north - south), north + _MARGIN * (north - south)
    scale = _WIDTH / ((east - west) * stretch)

    def at(lon: float, lat: float) -> str:
        return f"{(lon - west) * stretch * scale:.0f} {(north - lat) * scale:.0f}"

    simple = shapely.coverage_simplify(polygons, (east - west) / _GRAIN)
    paths = "".join(
        "M" + "L".join(at(*point) for point in ring.coords[:-1]) + "Z"
        for ring in shapely.get_rings(shapely.force_2d(simple))
    )
    most = max((flow.journeys for flow in drawn), default=1)
    lines = "".join(_line(flow, centres, at, most, chosen) for flow in drawn)
    height = round((north - south) * scale)
    return Markup(
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}" fill="none">'
        f'<path d="{paths}" fill="#f3f5f7" stroke="#aab2ba" stroke-width=".7"/>{lines}</svg>'
    )


def _centres(
    reference: Path, places: pl.DataFrame, communes: Mapping[str, str], flows: Sequence[Flow]
) -> dict[str, tuple[float, float]]:
    """Where the flows' ends are: a commune, the middle of an EPCI's communes, a locality abroad."""
    own = places.select("place_code", pl.col("centre_lon").alias("lon"), pl.col("centre_lat").alias("lat"))
    epcis = (
        own.with_columns(pl.col("place_code").replace_strict(communes).alias("epci"))
        .group_by("epci")
        .agg(pl.col("lon", "lat").mean())
    )
    by_code = {code: (lon, lat) for code, lon, lat in [*own.iter_rows(), *epcis.iter_rows()]}
    names = {name for flow in flows for name in (flow.origin, flow.destination)}
    found = {name: by_code[name.split(" ")[0]] for name in names if name.split(" ")[0] in by_code}
    outside = sorted({name.split(" ")[0] for name in names - set(found)})
    beyond = pl.scan_parquet(reference / "places.parquet").filter(
        pl.col("place_code").is_in(outside) & ~pl.col("place_code").str.starts_with("99")
    )
    others = {
        code: (lon, lat)
        for code, lon, lat in beyond.select("place_code", "centre_lon", "centre_lat").collect().iter_rows()
    }
    found |= {name: others[name.split(" ")[0]] for name in names if name.split(" ")[0] in others}
    abroad = (
        pl.scan_parquet(reference / "localities.parquet")
        .with_columns((pl.col("country_code") + " " + pl.col("locality_name")).alias("name"))
        .filter(pl.col("name").is_in(sorted(names)))
        .group_by("name")
        .agg((pl.col("lon_cell").mean() / 100).alias("lon"), (pl.col("lat_cell").mean() / 100).alias("lat"))
        .collect()
    )
    return found | {name: (lon, lat) for name, lon, lat in abroad.iter_rows()}


def _largest(flows: Iterable[Flow]) -> list[Flow]:
    """The largest of each choice of a filter, the smallest first: large ones lie above."""
    by_marks: dict[tuple[tuple[str, str], ...], list[Flow]] = {}
    for flow in flows:
        by_marks.setdefault(tuple(sorted(flow.marks.items())), []).append(flow)
    order = [sorted(same, key=lambda flow: (flow.journeys, flow.origin, flow.destination)) for same in by_marks.values()]
    return [flow for same in order for flow in same[-_MOST_FLOWS:]]


def _line(
    flow: Flow, centres: Mapping[str, tuple[float, float]], at: Callable[[float, float], str], most: int, chosen: Mapping[str, str]
) -> str:
    """A curve to the right of its way, so that there and back are two; within one place, a disc."""
    data = "".join(f' data-{name}="{value}"' for name, value in flow.marks.items())
    is_hidden = any(value and flow.marks.get(name, value) != value for name, value in chosen.items())
    start, end = centres[flow.origin], centres[flow.destination]
    words = f"{_name(flow.origin)} → {_name(flow.destination)} : {flow.journeys} trajets"
    if start == end:
        x, y = at(*start).split(" ")
        shape = f'<circle cx="{x}" cy="{y}" r="{3 + 14 * (flow.journeys / most) ** 0.5:.1f}" fill="#d55e00" opacity=".6">'
        close = "</circle>"
    else:
        middle = ((start[0] + end[0]) / 2 + (end[1] - start[1]) * 0.18, (start[1] + end[1]) / 2 - (end[0] - start[0]) * 0.18)
        shape = (
            f'<path d="M{at(*start)}Q{at(*middle)} {at(*end)}" stroke="#0072b2" opacity=".65" '
            f'stroke-linecap="round" stroke-width="{1 + 9 * flow.journeys / most:.1f}">'
        )
        close = "</path>"
    return f"<g{data}{' hidden' if is_hidden else ''}>{shape}<title>{escape(words)}</title>{close}</g>"


def _name(place: str) -> str:
    return place.partition(" ")[2] or place
