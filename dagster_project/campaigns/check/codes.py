"""Codes of a campaign's territories that the reference does not know, and shapes that hold no place of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from stdnum.fr import siren

from dagster_project.campaigns.language.conditions import Condition
from dagster_project.campaigns.language.located import located
from dagster_project.campaigns.language.model import Campaign
from dagster_project.campaigns.language.territories import LEVELS, Circle, Selector
from dagster_project.files.yaml_faults import Path_, nearest
from dagster_project.files.yaml_files import Problem
from dagster_project.geography.locate import load_places

COLUMNS = {
    "commune": "commune_code",
    "ville": "city_code",
    "epci": "epci_code",
    "departement": "departement_code",
    "region": "region_code",
    "pays": "country_code",
}
METRES_PER_DEGREE = 111_195  # dbt/macros/distance.sql


@dataclass(frozen=True)
class Known:
    """What the catalogue knows: operators, authorities and the codes of each place by level, year by year.

    `judged`: the problems of each campaign that was held against it, by its content.
    """

    operators: frozenset[str]
    authorities: frozenset[str]
    places: pl.DataFrame
    reference: Path
    judged: dict[str, list[Problem]] = field(default_factory=dict)


@lru_cache(maxsize=4)
def known_places(reference: Path) -> pl.DataFrame:
    """The codes of every place in each year of the reference; no AOM, which our authorities say."""
    territories = pl.scan_parquet(reference / "territories.parquet")
    columns = (pl.col(column).alias(level) for level, column in COLUMNS.items())
    return territories.select("year", "place_code", *columns).collect()


def unknown_codes(campaign: Campaign, known: Known) -> Iterator[Problem]:
    """Codes that no place bore in the year that they speak of."""
    years = known.places["year"]
    first, last = (int(bound) for bound in (years.min(), years.max()))  # type: ignore[arg-type]
    for where, level, code, written in _codes(campaign):
        year = min(max(written, first), last)
        of_code = known.places.filter(pl.col(level) == code)
        if of_code.is_empty():
            yield where, _unknown(level, code, known)
        elif level != "aom" and year not in of_code["year"]:
            yield where, _of_another_year(level, code, year, of_code, known.places)


def _unknown(level: str, code: str, known: Known) -> str:
    if level == "aom" and siren.is_valid(code):
        return f"aom `{code}` : un SIREN juste, mais aucune fiche de data/authorities ; ajouter sa fiche"
    source = "de data/authorities" if level == "aom" else "du référentiel"
    close = nearest(code, known.places[level].drop_nulls().unique())
    return f"{level} `{code}` inconnu {source}{close} ; corriger le code"


def _of_another_year(level: str, code: str, year: int, of_code: pl.DataFrame, places: pl.DataFrame) -> str:
    """Which year the code is of, and who bears its territory in the year that is meant."""
    there = of_code["year"].unique().sort().to_list()
    near = min(there, key=lambda known_year: abs(known_year - year))
    then = of_code.filter(year=near)["place_code"].implode()
    codes = places.filter(pl.col("year") == year, pl.col("place_code").is_in(then))[level]
    following = (
        ", ".join(f"`{successor}`" for successor in codes.drop_nulls().unique().sort()) or "aucun code"
    )
    message = f"{level} `{code}` n'est pas un code de {year} : il vaut de {there[0]} à {there[-1]}"
    return f"{message}, et son territoire porte en {year} {following} ; l'écrire, ou `millesime: {near}`"


def _codes(campaign: Campaign) -> Iterator[tuple[Path_, str, str, int]]:
    for path, selector, year in _selectors(campaign):
        for level in LEVELS:
            for index, code in enumerate(getattr(selector, level)):
                yield (*path, level, index), level, code, year

    def excepted(condition: Condition) -> Iterator[tuple[str, str]]:
        if condition.meme_code:
            yield from ((condition.meme_code.niveau, code) for code in condition.meme_code.sauf)
        for inner in condition.inner():
            yield from excepted(inner)

    for path, condition in located(campaign):
        for level, code in excepted(condition):
            yield path, level, code, campaign.year


def _selectors(campaign: Campaign) -> Iterator[tuple[Path_, Selector, int]]:
    for name, given in campaign.territoires.items():
        for place, (_, selector, year) in enumerate(campaign.versions(name)):
            version: Path_ = () if isinstance(given, Selector) else (place,)
            yield ("territoires", name, *version), selector, year


def unknown_shapes(campaign: Campaign, known: Known) -> Iterator[Problem]:
    """Polygons and circles in which no known place lies, not even in part."""
    for path, selector, _ in _selectors(campaign):
        if selector.polygone and not _meets(shapely.geometry.shape(selector.polygone.model_dump()), known):
            what = "ce polygone ne touche aucun lieu connu"
            yield (*path, "polygone"), f"{what} ; vérifier l'ordre, [longitude, latitude]"
        if selector.cercle and not _meets(_disc(selector.cercle), known):
            yield (*path, "cercle"), "ce cercle ne touche aucun lieu connu ; vérifier `lat` et `lon`"


def _meets(shape: shapely.Geometry, known: Known) -> bool:
    # A ring may cross itself: what it covers is told all the same.
    return len(load_places(known.reference).tree.query(shapely.make_valid(shape), "intersects")) > 0


def _disc(circle: Circle) -> shapely.Geometry:
    north = circle.rayon_m / METRES_PER_DEGREE
    east = north / max(np.cos(np.radians(circle.lat)), 0.01)
    turn = np.linspace(0, 2 * np.pi, 65)
    return shapely.Polygon(
        np.column_stack([circle.lon + east * np.cos(turn), circle.lat + north * np.sin(turn)])
    )
