"""Flows on a map of a territory, as SVG: communes' shapes, simplified together so that borders stay shared.

An end of a flow is a commune, an EPCI (the middle of its communes) or a locality abroad, as dbt names them:
"74012 Annemasse", "200067551 CA Thonon Agglomération", "99140 Genève". Shapes: data/reference.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from markupsafe import escape

from dagster_project.pages.charts import COLOURS, WIDTH, Picture, svg

_GRAINS = (500, 250, 100)  # of the map's width: nobody sees smaller corners
_MOST_BYTES = 300_000  # of borders; past it, the next grain
_MARGIN = 0.1  # of the territory's width, for its neighbours
_MOST_FLOWS = 30  # lines of a choice that can still be told apart
_MOST_NAMES = 8
_Point = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """Where degrees lie on a picture: the corner of the north and the west, and the pixels of a degree."""

    left: float
    top: float
    west: float
    north: float
    across: float
    down: float

    def at(self, point: _Point) -> str:
        """A point of longitude and latitude as SVG writes it."""
        x = self.left + (point[0] - self.west) * self.across
        y = self.top + (self.north - point[1]) * self.down
        return f"{x:.0f} {y:.0f}"

    def path(self, polygons: Sequence[shapely.Geometry]) -> str:
        """The path of all rings of all parts; corners that fall on one pixel are one."""
        corners, ring = shapely.get_coordinates(
            shapely.get_rings(shapely.get_parts(polygons)), return_index=True
        )
        x = np.rint(self.left + (corners[:, 0] - self.west) * self.across).astype(np.int64)
        y = np.rint(self.top + (self.north - corners[:, 1]) * self.down).astype(np.int64)
        firsts = np.sort(np.unique(np.stack([ring, x, y]), axis=1, return_index=True)[1])
        starts = np.append(True, np.diff(ring[firsts]) > 0)
        pairs = zip(starts.tolist(), x[firsts].tolist(), y[firsts].tolist(), strict=True)
        drawn = "".join(f"{'ZM' if is_start else 'L'}{right} {below}" for is_start, right, below in pairs)
        return f"{drawn[1:]}Z"


@dataclass(frozen=True)
class Flow:
    """Passenger journeys from one place to another, and the choice of a filter that shows them."""

    origin: str
    destination: str
    journeys: int
    mark: str


def territory_map(
    reference: Path, communes: Mapping[str, str], flows: Sequence[Flow], mark: str, shown: str, title: str
) -> Picture | None:
    """The communes of a territory (commune code: EPCI code) with the largest flows of each choice of `mark`.

    `shown`: the choice that is shown first. None where no shape is known.
    """
    places = _places(reference).filter(pl.col("place_code").is_in(list(communes)))
    if places.is_empty():
        return None
    polygons = shapely.from_wkb(places["geometry"].to_numpy())
    west, south, east, north = shapely.total_bounds(polygons)
    stretch, margin = cos(radians((south + north) / 2)), _MARGIN * (east - west)
    west, east, south, north = west - margin, east + margin, south - margin, north + margin
    scale = WIDTH / ((east - west) * stretch)
    frame = Frame(0, 0, west, north, stretch * scale, scale)
    centres = {
        name: (lon, lat)
        for name, (lon, lat) in _centres(reference, places, communes, flows).items()
        if west < lon < east and south < lat < north
    }
    drawn = _largest([flow for flow in flows if {flow.origin, flow.destination} <= set(centres)])

    borders = next(
        paths
        for grain in _GRAINS
        if len(paths := frame.path(shapely.coverage_simplify(polygons, (east - west) / grain))) < _MOST_BYTES
        or grain == _GRAINS[-1]
    )
    most = max((flow.journeys for flow in drawn), default=1)
    hidden = {True: "", False: ' hidden=""'}
    lines = "".join(
        f'<g data-{mark}="{flow.mark}"{hidden[flow.mark == shown]}>{_line(flow, centres, frame, most)}</g>'
        for flow in drawn
    )
    names = "".join(_label(name, frame.at(centres[name])) for name in _busiest(drawn))
    ground = f'<path d="{borders}" fill="#f3f5f7" stroke="#8a939c" stroke-width=".7"/>'
    return svg("carte", title, round((north - south) * scale), ground + lines + names)


@lru_cache(maxsize=1)
def _places(reference: Path) -> pl.DataFrame:
    return pl.read_parquet(reference / "places.parquet").sort("place_code")


def _centres(
    reference: Path, places: pl.DataFrame, communes: Mapping[str, str], flows: Sequence[Flow]
) -> dict[str, _Point]:
    """Where the ends of flows are; one that only says its country is nowhere."""
    names = {name for flow in flows for name in (flow.origin, flow.destination)}
    codes = {name: name.partition(" ")[0] for name in names}
    # The middle of a country is no place.
    others = _places(reference).filter(
        pl.col("place_code").is_in([code for code in codes.values() if not code.startswith("99")])
    )
    points = others.select("place_code", lon="centre_lon", lat="centre_lat")
    epcis = (
        places.select(pl.col("place_code").replace_strict(communes), lon="centre_lon", lat="centre_lat")
        .group_by("place_code")
        .agg(pl.col("lon", "lat").mean())
    )
    known = {code: (lon, lat) for code, lon, lat in [*points.iter_rows(), *epcis.iter_rows()]}
    abroad = (
        pl.scan_parquet(reference / "localities.parquet")
        .with_columns(name=pl.col("country_code") + " " + pl.col("locality_name"))
        .filter(pl.col("name").is_in(sorted(names)))
        .group_by("name")
        .agg(lon=pl.col("lon_cell").mean() / 100, lat=pl.col("lat_cell").mean() / 100)
        .collect()
    )
    return {name: known[code] for name, code in codes.items() if code in known} | {
        name: (lon, lat) for name, lon, lat in abroad.iter_rows()
    }


def _largest(flows: Sequence[Flow]) -> list[Flow]:
    """The largest of each choice, the smallest first: large ones lie above."""
    order = sorted(flows, key=lambda flow: (flow.mark, flow.journeys, flow.origin, flow.destination))
    return [
        flow
        for mark in sorted({flow.mark for flow in flows})
        for flow in [flow for flow in order if flow.mark == mark][-_MOST_FLOWS:]
    ]


def _busiest(flows: Sequence[Flow]) -> list[str]:
    """The places that are named: of most journeys, there and away."""
    busy = Counter[str]()
    for flow in flows:
        busy.update({flow.origin: flow.journeys})
        busy.update({flow.destination: flow.journeys})
    return [name for name, _ in sorted(busy.items(), key=lambda place: (-place[1], place[0]))[:_MOST_NAMES]]


def _label(name: str, place: str) -> str:
    x, y = place.split(" ")
    return f'<text class="place" x="{x}" y="{y}" dx="6" dy="-4">{escape(name.partition(" ")[2])}</text>'


def _line(flow: Flow, centres: Mapping[str, _Point], frame: Frame, most: int) -> str:
    """A curve to the right of its way, so that there and back are two; within one place, a disc."""
    (west, south), (east, north) = start, end = centres[flow.origin], centres[flow.destination]
    origin, destination = (name.partition(" ")[2] for name in (flow.origin, flow.destination))
    words = escape(f"{origin} → {destination} : {flow.journeys}")
    if start == end:
        x, y = frame.at(start).split(" ")
        radius = 3 + 14 * (flow.journeys / most) ** 0.5
        return (
            f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{COLOURS[1]}" opacity=".6">'
            f"<title>{words}</title></circle>"
        )
    middle = (west + east) / 2 + (north - south) * 0.15, (south + north) / 2 - (east - west) * 0.15
    return (
        f'<path d="M{frame.at(start)}Q{frame.at(middle)} {frame.at(end)}" stroke="{COLOURS[0]}" '
        f'opacity=".65" stroke-width="{1 + 9 * flow.journeys / most:.1f}"><title>{words}</title></path>'
    )
