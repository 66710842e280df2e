"""The places a sample plays in: who lives where, who works where, and points inside them.

Distances are straight lines in metres on a plane tangent at the zone's middle: good to one
per cent over a region, and only used to draw plausible lives.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

METRES_PER_DEGREE = 111_320.0
MOST_PLACES = 3_000  # the gravity matrix is dense: past it, only the most populated
ADJACENT_M = 32_000.0
# Work places beyond the border: a point inside the city, its pull in inhabitants, its spread.
CITIES_ABROAD = {"99140": (6.1405, 46.2025, 420_000.0, 900.0)}
# Towns that draw more workers than they have inhabitants.
PULLS = {"74010": 1.6, "74012": 1.8, "74281": 1.3, "01173": 1.3, "01033": 1.3, "74042": 1.2}


@dataclass(frozen=True)
class Zone:
    """Places and their weights, row by row alike; `codes` are sorted."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    polygons: npt.NDArray[np.object_]
    centres: Floats  # (place, lon and lat)
    spread_m: Floats  # how far from the centre people live
    home_weight: Floats
    work_weight: Floats  # (home place, work place)
    neighbours: Ints  # (place, the nearest with homes)
    is_member: Bools  # in one of the spec's EPCIs
    is_abroad: Bools

    def points(self, places: Ints, rng: np.random.Generator) -> Floats:
        """One (lon, lat) inside each place, six decimals, near its centre rather than its edge."""
        points = np.round(self.centres[places], 6)
        open_rows = np.arange(len(places))
        for narrowing in (1.0, 0.7, 0.5, 0.3):
            drawn = rng.normal(size=(len(open_rows), 2)) * self.spread_m[places[open_rows], None] * narrowing
            tried = self.centres[places[open_rows]]
            scale = METRES_PER_DEGREE * np.cos(np.radians(tried[:, 1]))
            tried = np.round(
                tried + drawn / np.column_stack([scale, np.full(len(tried), METRES_PER_DEGREE)]), 6
            )
            is_inside = shapely.contains_xy(self.polygons[places[open_rows]], tried[:, 0], tried[:, 1])
            points[open_rows[is_inside]] = tried[is_inside]
            open_rows = open_rows[~is_inside]
        return points


def straight_m(start: Floats, end: Floats) -> Floats:
    """Straight line between rows of (lon, lat), in metres."""
    scale = np.cos(np.radians((start[..., 1] + end[..., 1]) / 2))
    east, north = (end[..., 0] - start[..., 0]) * scale, end[..., 1] - start[..., 1]
    return np.asarray(np.hypot(east, north) * METRES_PER_DEGREE)


def _places(reference: Path, year: int) -> pl.DataFrame:
    territories = pl.read_parquet(
        reference / "territories.parquet",
        columns=["year", "place_code", "commune_name", "population", "epci_code"],
    )
    years = territories["year"].unique().sort()
    known = years.filter(years <= year)
    wanted = known.max() if len(known) else years.min()
    of_year = territories.filter(pl.col("year") == wanted).unique(
        "place_code", keep="first", maintain_order=True
    )
    columns = ["place_code", "geometry", "area_m2", "centre_lon", "centre_lat"]
    shapes = pl.read_parquet(reference / "places.parquet", columns=columns)
    return of_year.join(shapes, on="place_code").sort("place_code")


def _nearby(places: pl.DataFrame, epcis: tuple[str, ...]) -> tuple[pl.DataFrame, Floats]:
    """The places within reach of the EPCIs' communes, and their distance to them in metres."""
    at = places.select("centre_lon", "centre_lat").to_numpy()
    is_member = places["epci_code"].is_in(epcis).fill_null(False).to_numpy()
    if not epcis:
        is_member = ~places["place_code"].str.starts_with("99").to_numpy()
    if not is_member.any():
        raise ValueError(f"No commune of the reference lies in the EPCIs {', '.join(epcis)}.")
    tree = shapely.STRtree(shapely.points(at[is_member]))
    nearest = np.asarray(tree.nearest(shapely.points(at)))
    away_m = straight_m(at, at[is_member][nearest])
    is_near = (away_m < ADJACENT_M) & ~places["place_code"].str.starts_with("99").to_numpy()
    population = places["population"].fill_null(0).to_numpy()
    ranked = np.flatnonzero(is_near)[np.argsort(-population[is_near], kind="stable")][:MOST_PLACES]
    kept = np.sort(np.concatenate([ranked, np.flatnonzero(places["place_code"].is_in(list(CITIES_ABROAD)))]))
    return places[kept].with_columns(pl.Series("is_member", is_member[kept])), away_m[kept]


def survey(reference: Path, year: int, epcis: tuple[str, ...]) -> Zone:
    """The zone of these EPCIs: homes in and around them, work drawn by mass and distance."""
    places, away_m = _nearby(_places(reference, year), epcis)
    codes = tuple(places["place_code"])
    polygons = shapely.from_wkb(places["geometry"].to_numpy())
    shapely.prepare(polygons)
    centres = places.select("centre_lon", "centre_lat").to_numpy().copy()
    inner = shapely.point_on_surface(polygons)
    is_outside = ~shapely.contains_xy(polygons, np.round(centres[:, 0], 6), np.round(centres[:, 1], 6))
    centres[is_outside] = shapely.get_coordinates(inner)[is_outside]
    population = places["population"].fill_null(0).to_numpy().astype(np.float64)
    spread_m = np.minimum(0.22 * np.sqrt(places["area_m2"].to_numpy()), 2_500.0)
    mass = population * np.array([PULLS.get(code, 1.0) for code in codes])
    is_abroad = np.array([code in CITIES_ABROAD for code in codes])
    for row in np.flatnonzero(is_abroad):
        *lon_lat, mass[row], spread_m[row] = CITIES_ABROAD[codes[row]]
        centres[row] = lon_lat
    is_member = places["is_member"].to_numpy()
    home_weight = population * np.where(is_member, 1.0, 0.5 * np.exp(-away_m / 14_000)) * ~is_abroad
    apart_m = straight_m(centres[:, None], centres[None, :])
    np.fill_diagonal(apart_m, 0.6 * spread_m)
    pull = np.exp(-apart_m / 8_000) + 0.02 * np.exp(-apart_m / 45_000)
    reluctance = 1 - 0.85 * np.exp(-apart_m / 4_000)  # nobody shares a car for a walk
    near = np.argsort(np.where(is_abroad, np.inf, apart_m), axis=1, kind="stable")[:, : min(5, len(codes))]
    return Zone(
        codes=codes,
        names=tuple(places["commune_name"]),
        polygons=polygons,
        centres=centres,
        spread_m=spread_m,
        home_weight=home_weight / home_weight.sum(),
        work_weight=mass * pull * reluctance,
        neighbours=near,
        is_member=is_member & ~is_abroad,
        is_abroad=is_abroad,
    )
