"""Make the départements' outlines (departements.parquet) out of places and territories (see SOURCES.md).

`python data/reference/build_departements.py`, after build.py. The same tables give the same bytes.
"""

from pathlib import Path

import numpy as np
import polars as pl
import shapely

HERE = Path(__file__).parent
SLIVER_DEGREES = 1e-4  # about 1 km²: smaller holes are gaps between communes, smaller isles are not seen
GRAIN_DEGREES = 0.01  # about 1 km: less than a pixel of a map of the country


def outline(polygons: np.ndarray) -> shapely.Geometry:
    """What communes cover, without slivers; the largest part stays however small."""
    parts = sorted(shapely.get_parts(shapely.union_all(polygons)), key=shapely.area, reverse=True)
    kept = [part for part in parts if part is parts[0] or part.area > SLIVER_DEGREES]
    return shapely.MultiPolygon([shapely.Polygon(part.exterior, _holes(part)) for part in kept])


def _holes(part: shapely.Polygon) -> list[shapely.LinearRing]:
    return [ring for ring in part.interiors if shapely.Polygon(ring).area > SLIVER_DEGREES]


def main() -> None:
    """Build the table beside this file and print what it holds."""
    territories = pl.read_parquet(HERE / "territories.parquet").filter(pl.col("year") == pl.col("year").max())
    places = pl.read_parquet(HERE / "places.parquet", columns=["place_code", "geometry"]).join(
        territories.select("place_code", "departement_code", "departement_name"), on="place_code"
    )
    groups = (
        places.drop_nulls("departement_code")
        .sort("place_code")
        .partition_by("departement_code", "departement_name", as_dict=True)
    )
    keys = sorted(groups)
    outlines = np.array([outline(shapely.from_wkb(groups[key]["geometry"].to_numpy())) for key in keys])
    frame = pl.DataFrame(keys, ["departement_code", "departement_name"], orient="row").with_columns(
        geometry=pl.Series(shapely.to_wkb(shapely.coverage_simplify(outlines, GRAIN_DEGREES)))
    )
    path = HERE / "departements.parquet"
    frame.write_parquet(path, compression="zstd", compression_level=19, statistics=False)
    print(f"departements: {frame.height} rows, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
