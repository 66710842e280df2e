"""Where points fall and which territories they belong to, on the reference tables as committed."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

from dagster_project.geography.locate import Places, load_places, locate

REFERENCE = Path(__file__).parent.parent / "data" / "reference"
YEARS = range(2021, 2027)
PMGF = ["240100750", "247400690", "200011773", "200067551"]
PMGF += ["240100891", "247400724", "200000172", "247400583"]


@pytest.fixture(scope="module")
def places() -> Places:
    return load_places(REFERENCE)


@pytest.fixture(scope="module")
def territories() -> pl.DataFrame:
    return pl.read_parquet(REFERENCE / "territories.parquet")


def place_of(places: Places, *points: tuple[float | None, float | None]) -> list[str | None]:
    return locate(
        pl.DataFrame(points, schema={"lon": pl.Float64, "lat": pl.Float64}, orient="row"), places
    ).to_list()


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        pytest.param(6.2356, 46.1944, "74012", id="Annemasse, town hall"),
        pytest.param(6.1432, 46.2044, "99140", id="Geneva, centre"),
        pytest.param(2.3522, 48.8566, "75104", id="Paris, town hall, by arrondissement"),
        pytest.param(4.8320, 45.7578, "69382", id="Lyon, Bellecour, by arrondissement"),
        pytest.param(5.3698, 43.2965, "13202", id="Marseille, Old Port, by arrondissement"),
        pytest.param(13.4050, 52.5200, "99109", id="Berlin, far from France"),
        pytest.param(7.4246, 43.7384, "99138", id="Monaco"),
        pytest.param(7.5900, 47.5600, "99140", id="Basel"),
        pytest.param(1.5218, 42.5063, "99130", id="Andorra la Vella"),
        pytest.param(-0.1276, 51.5072, "99132", id="London"),
        pytest.param(55.4504, -20.8789, "97411", id="Saint-Denis de La Réunion"),
        pytest.param(6.5500, 46.4300, None, id="middle of Lake Geneva"),
        pytest.param(-4.0000, 46.0000, None, id="out at sea"),
        pytest.param(None, 46.0, None, id="no longitude"),
        pytest.param(float("nan"), 46.0, None, id="not a number"),
    ],
)
def test_a_known_point_gets_its_place(
    places: Places, lon: float | None, lat: float | None, expected: str | None
) -> None:
    assert place_of(places, (lon, lat)) == [expected]


def test_every_town_hall_lies_in_its_commune_and_rows_keep_their_order(places: Places) -> None:
    centres = pl.read_parquet(
        REFERENCE / "places.parquet", columns=["place_code", "centre_lon", "centre_lat"]
    )
    repeated = pl.concat([centres.reverse(), centres])
    found = locate(repeated.rename({"centre_lon": "lon", "centre_lat": "lat"}), places)
    assert found.to_list() == repeated["place_code"].to_list()


def test_off_the_coast_the_nearest_commune_counts_up_to_1000_m_on_the_ground(places: Places) -> None:
    """Due west of the westernmost point of the mainland, where nothing else is nearer: Plouarzel, 29177."""
    plouarzel = places.geometries[places.codes.to_list().index("29177")]
    vertices = shapely.get_coordinates(plouarzel)
    lon, lat = vertices[vertices[:, 0].argmin()]
    degree_m = 111_320 * np.cos(np.radians(lat)) * 1.0022  # of longitude, on the ellipsoid near 48° N
    points = [(lon - metres / degree_m, lat) for metres in (1, 500, 995, 1005)]
    assert place_of(places, *points) == ["29177", "29177", "29177", None]


def border_and_random_points(places: Places) -> pl.DataFrame:
    """100 000 points: on vertices, most of them shared between communes, and anywhere around the mainland."""
    rng = np.random.default_rng(20)
    vertices = rng.choice(
        shapely.get_coordinates(places.geometries[~places.is_foreign]), 25_000, replace=False
    )
    anywhere = np.column_stack((rng.uniform(-5, 8.3, 75_000), rng.uniform(42.3, 51.1, 75_000)))
    return pl.DataFrame(np.vstack((vertices, anywhere)), schema=["lon", "lat"], orient="row")


@pytest.mark.slow
def test_points_in_communes_agree_with_a_spatial_join_and_the_lowest_code(places: Places) -> None:
    points = border_and_random_points(places)
    home = ~places.is_foreign
    polygons = gpd.GeoDataFrame({"code": places.codes.to_numpy()[home]}, geometry=places.geometries[home])
    ends = gpd.GeoDataFrame(geometry=gpd.points_from_xy(points["lon"], points["lat"]))
    joined = gpd.sjoin(ends, polygons, predicate="intersects")
    lowest = joined.groupby(level=0)["code"].min()
    found = locate(points, places).to_numpy()
    assert joined.index.duplicated().sum() > 1_000, "no shared border was tried"
    assert (found[lowest.index] == lowest.to_numpy()).all()
    outside = np.delete(found, lowest.index)
    assert {code[:2] for code in outside if code} >= {"99"}


def test_the_nearest_commune_is_the_one_a_local_projection_finds(places: Places) -> None:
    """Against GeoPandas in Lambert 93, whose metres are those on the ground to some per mille."""
    rng = np.random.default_rng(7)
    brittany = pl.DataFrame({"lon": rng.uniform(-5.2, -2.3, 4_000), "lat": rng.uniform(47.2, 48.95, 4_000)})
    ends = gpd.GeoDataFrame(geometry=gpd.points_from_xy(brittany["lon"], brittany["lat"]), crs=4326).to_crs(
        2154
    )
    west = np.array([code[:2] in ("22", "29", "35", "44", "50", "56") for code in places.codes])
    polygons = gpd.GeoSeries(places.geometries[west], crs=4326).to_crs(2154)
    nearest, distance_m = polygons.sindex.nearest(ends.geometry, return_all=False, return_distance=True)
    at_sea = distance_m > 0
    codes = places.codes.to_numpy()[west][nearest[1]]
    found = locate(brittany, places).to_numpy()
    sure = at_sea & (np.abs(distance_m - 1_000) > 5)
    expected = np.where(distance_m < 1_000, codes, None)
    assert (at_sea & (distance_m < 1_000)).sum() > 50
    assert (found[sure] == expected[sure]).mean() > 0.999


def test_every_place_has_one_territory_row_per_year(places: Places, territories: pl.DataFrame) -> None:
    assert territories.select("year", "place_code").is_unique().all()
    years = territories.group_by("place_code").agg(pl.col("year").sort())
    assert years["year"].map_elements(list, return_dtype=pl.Object).to_list() == [list(YEARS)] * years.height
    assert set(places.codes) <= set(years["place_code"])
    assert (
        territories.select("commune_name", "city_code", "country_code").null_count().sum_horizontal().item()
        == 0
    )


@pytest.mark.parametrize(
    ("place", "communes"),
    [
        pytest.param("85041", ["85041"] * 3 + ["85292"] * 3, id="merged in 2024"),
        pytest.param("12076", ["12076"] * 4 + ["12218"] * 2, id="changed its code in 2025"),
        pytest.param("15031", ["15141"] * 4 + ["15031"] * 2, id="became a commune again in 2025"),
        pytest.param("85165", ["85084"] * 3 + ["85165"] * 3, id="became a commune again in 2024"),
        pytest.param("27676", ["27058"] * 2 + ["27676"] * 4, id="changed its code in 2023"),
        pytest.param("75101", ["75101"] * 6, id="an arrondissement never changes"),
        pytest.param("99140", ["99140"] * 6, id="nor does a country"),
    ],
)
def test_a_place_follows_its_commune_from_year_to_year(
    territories: pl.DataFrame, place: str, communes: list[str]
) -> None:
    assert territories.filter(place_code=place).sort("year")["commune_code"].to_list() == communes


def by_commune(territories: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    for (year,), rows in territories.group_by("year"):
        yield year, rows.unique("commune_code")


def test_each_year_counts_the_people_and_the_surface_of_france(territories: pl.DataFrame) -> None:
    for year, communes in by_commune(territories.filter(country_code="XXXXX")):
        assert 65e6 < communes["population"].sum() < 69.5e6, year
        assert 625e3 < communes["area_km2"].sum() < 645e3, year
        assert communes["departement_code"].n_unique() >= 101, year


def test_the_authorities_of_the_reference_convention_exist_every_year(territories: pl.DataFrame) -> None:
    for year in YEARS:
        assert set(PMGF) <= set(territories.filter(year=year)["epci_code"]), year


def test_arrondissements_take_the_epci_of_their_city(territories: pl.DataFrame) -> None:
    parts = territories.filter(pl.col("city_code").is_in(["75056", "69123", "13055"]))
    assert parts.height == 45 * len(YEARS)
    assert parts["epci_code"].null_count() == 0


def test_the_committed_reference_stays_small() -> None:
    assert sum(file.stat().st_size for file in REFERENCE.iterdir() if file.is_file()) < 20_000_000
