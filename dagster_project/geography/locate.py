"""Point → place: the one definition of where a journey's end lies.

Belongs here: the polygons in memory and the placing rule. Not here: what a place is called or which
territories it is part of in a year (`territories.parquet`, joined by whoever needs it), nor what to do with a
point that has none. Why: D-035.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

NEAREST_COMMUNE_M = 1_000.0
FOREIGN_PREFIX = "99"
CHUNK_POINTS = 200_000  # bounds the memory of one pass to some tens of MB
NOWHERE = -1

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """Places in ascending order of code, so that the lowest index is the lowest code.

    `codes` are INSEE codes (communes, arrondissements, 99xxx countries), `geometries` prepared polygons in
    longitude and latitude (EPSG:4326), `is_foreign` marks the countries, `tree` indexes the geometries.
    """

    codes: pl.Series
    geometries: npt.NDArray[np.object_]
    is_foreign: npt.NDArray[np.bool_]
    tree: shapely.STRtree


@lru_cache(maxsize=2)
def load_places(reference: Path) -> Places:
    """Read `places.parquet` of the folder `reference`; FileNotFoundError where there is none."""
    table = pl.read_parquet(reference / "places.parquet", columns=["place_code", "geometry"]).sort(
        "place_code"
    )
    geometries = shapely.from_wkb(table["geometry"].to_numpy())
    shapely.prepare(geometries)
    is_foreign = table["place_code"].str.starts_with(FOREIGN_PREFIX).to_numpy()
    return Places(table["place_code"], geometries, is_foreign, shapely.STRtree(geometries))


def locate(points: pl.DataFrame, places: Places) -> pl.Series:
    """The place of each point: one `place_code` per row of `points`, in order; null where there is none.

    `points` has the columns `lon` and `lat` (degrees); a null, NaN or infinite one has no place. A point in
    or on the border of communes takes their lowest code; else the country it is in; else the nearest commune
    within 1 000 m on the ground, lowest code among equals; else none. Each distinct point is placed once.
    Raises polars' ColumnNotFoundError where a column is missing.
    """
    points = points.select(pl.col("lon", "lat").cast(pl.Float64))
    distinct = points.filter(pl.all_horizontal(pl.col("lon", "lat").is_finite())).unique().sort("lon", "lat")
    lons, lats = distinct["lon"].to_numpy(), distinct["lat"].to_numpy()
    located = np.full(distinct.height, NOWHERE, dtype=np.int64)
    for chunk in _chunks(distinct.height):
        located[chunk] = _locate_chunk(lons[chunk], lats[chunk], places)
    index = pl.Series(located).replace(NOWHERE, None)
    placed = distinct.with_columns(place_code=places.codes.gather(index))
    return points.join(placed, on=["lon", "lat"], how="left", maintain_order="left")["place_code"]


def _chunks(height: int) -> Iterator[slice]:
    return (slice(start, start + CHUNK_POINTS) for start in range(0, height, CHUNK_POINTS))


def _locate_chunk(lons: Floats, lats: Floats, places: Places) -> Indices:
    """Index of each point's place, NOWHERE for none: communes, then countries, then the nearest commune."""
    located = np.full(len(lons), NOWHERE, dtype=np.int64)
    point, place = places.tree.query(shapely.points(lons, lats))
    for foreign in (False, True):
        pair = (places.is_foreign[place] == foreign) & (located[point] == NOWHERE)
        _keep_lowest(located, *_containing(point[pair], place[pair], lons, lats, places))
    lost = np.flatnonzero(located == NOWHERE)
    located[lost] = _nearest(lons[lost], lats[lost], places)
    return located


def _containing(
    point: Indices, place: Indices, lons: Floats, lats: Floats, places: Places
) -> tuple[Indices, Indices]:
    """Of the pairs whose boxes meet, those where the point is in the place or on its border."""
    inside = shapely.intersects_xy(places.geometries[place], lons[point], lats[point])
    return point[inside], place[inside]


def _keep_lowest(located: Indices, point: Indices, place: Indices) -> None:
    """Write into `found` the lowest place of each point that has one."""
    order = np.lexsort((place, point))
    first, at = np.unique(point[order], return_index=True)
    located[first] = place[order][at]


def _nearest(lons: Floats, lats: Floats, places: Places) -> Indices:
    """Index of the nearest commune within NEAREST_COMMUNE_M, the lowest among equals to the millimetre."""
    located = np.full(len(lons), NOWHERE, dtype=np.int64)
    scale = _metres_per_degree(lats)
    reach = 1.01 * NEAREST_COMMUNE_M / scale
    boxes = shapely.box(lons - reach[:, 0], lats - reach[:, 1], lons + reach[:, 0], lats + reach[:, 1])
    point, place = places.tree.query(boxes)
    home = ~places.is_foreign[place]
    point, place = point[home], place[home]
    # A plane tangent at each point: within 1 km its distances are true to less than a metre.
    vertices, pair = shapely.get_coordinates(places.geometries[place], return_index=True)
    origin = np.column_stack((lons, lats))[point]
    flat = shapely.set_coordinates(places.geometries[place], (vertices - origin[pair]) * scale[point][pair])
    distance_m = shapely.distance(flat, shapely.points(0.0, 0.0)).round(3)
    near = distance_m <= NEAREST_COMMUNE_M
    order = np.lexsort((place[near], distance_m[near], point[near]))
    first, at = np.unique(point[near][order], return_index=True)
    located[first] = place[near][order][at]
    return located


def _metres_per_degree(lats: Floats) -> Floats:
    """Metres per degree of longitude and of latitude on the WGS 84 ellipsoid, one row per latitude."""
    semi_major_m, eccentricity_squared = 6_378_137.0, 0.00669437999014
    latitude = np.radians(lats)
    bend = 1 - eccentricity_squared * np.sin(latitude) ** 2
    east = semi_major_m * np.cos(latitude) / np.sqrt(bend)
    north = semi_major_m * (1 - eccentricity_squared) / bend**1.5
    return np.radians(np.column_stack((east, north)))
