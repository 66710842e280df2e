"""The territories of a campaign file: codes by level, a polygon, a circle. Not here: known codes (checks)."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, field_validator, model_validator

from dagster_project.contracts.moments import PARIS, first_instant
from dagster_project.contracts.signed_files import Moment, Part


class Circle(Part):
    """All that lies within `rayon_m` of a point."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    rayon_m: Annotated[int, Field(ge=1, le=1_000_000)]


class Polygon(Part):
    """A GeoJSON polygon or multipolygon, longitude first; its border counts as inside."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Any]

    @property
    def polygons(self) -> list[list[list[list[float]]]]:
        """The rings of each polygon."""
        return [self.coordinates] if self.type == "Polygon" else self.coordinates

    @field_validator("coordinates")
    @classmethod
    def _numbers(cls, given: list[Any]) -> list[Any]:
        try:
            return [cls._numbers(part) if isinstance(part, list) else float(part) for part in given]
        except (TypeError, ValueError):
            raise ValueError("un nombre est attendu à chaque position : [longitude, latitude]") from None

    @model_validator(mode="after")
    def _closed_rings(self) -> "Polygon":
        try:
            rings = [ring for polygon in self.polygons for ring in polygon]
            well = rings and all(len(r) >= 4 and r[0] == r[-1] for r in rings)
            well = well and all(
                len(p) in (2, 3) and abs(p[0]) <= 180 and abs(p[1]) <= 90 for r in rings for p in r
            )
        except TypeError:
            well = False
        if not well:
            raise ValueError(
                "`coordinates` n'est pas une liste d'anneaux fermés d'au moins quatre points "
                "[longitude, latitude] ; reprendre le premier point à la fin de chacun"
            )
        return self


LEVELS = ("commune", "ville", "epci", "aom", "departement", "region", "pays")


class Selector(Part):
    """A territory: the places that its codes meant in its year, and all within its polygon or circle."""

    commune: list[str] = []
    ville: list[str] = []
    epci: list[str] = []
    aom: list[str] = []
    departement: list[str] = []
    region: list[str] = []
    pays: list[str] = []
    polygone: Polygon | None = None
    cercle: Circle | None = None
    millesime: Annotated[
        int | None,
        Field(description="Année dont parlent les codes ; par défaut celle où commence la campagne."),
    ] = None

    @model_validator(mode="after")
    def _not_empty(self) -> "Selector":
        if not (self.codes or self.polygone or self.cercle):
            raise ValueError("aucun code ; lister au moins une commune, un EPCI, un département…")
        return self

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Every level and code."""
        return [(level, code) for level in LEVELS for code in getattr(self, level)]


class Version(Selector):
    """A territory from a day on; the first version has none, for it holds from the start."""

    du: Moment | None = None


def _in_order(versions: list[Version]) -> list[Version]:
    starts = [None if version.du is None else first_instant(version.du, PARIS) for version in versions]
    later = [start for start in starts[1:] if start]
    if starts[0] or len(later) < len(starts) - 1 or any(b <= a for a, b in pairwise(later)):
        raise ValueError(
            "la première version d'un territoire vaut dès le début, sans `du` ; chacune des suivantes a son "
            "`du`, de la plus ancienne à la plus récente"
        )
    return versions


def _form(given: Any) -> str:
    return "versions" if isinstance(given, list) else "toujours"


Territory = Annotated[
    Annotated[Selector, Tag("toujours")]
    | Annotated[list[Version], Field(min_length=1), AfterValidator(_in_order), Tag("versions")],
    Discriminator(_form),
]


def selector_rows(name: str, selector: Selector, mask: int, year: int) -> dict[str, list[dict[str, Any]]]:
    """The rule rows of a territory: its codes of a year, the edges of its polygon, its circle."""
    rows: dict[str, list[dict[str, Any]]] = {
        "campaign_selectors": [
            {"selector_id": name, "selector_mask": mask, "level": level, "code": code, "code_year": year}
            for level, code in selector.codes
        ],
        "campaign_edges": [],
        "campaign_circles": [],
    }
    rings = [ring for polygon in selector.polygone.polygons for ring in polygon] if selector.polygone else []
    for ring in rings:
        for start, end in pairwise(ring):
            ends = dict(
                zip(("from_lon", "from_lat", "to_lon", "to_lat"), (*start[:2], *end[:2]), strict=True)
            )
            rows["campaign_edges"].append({"selector_mask": mask} | ends)
    if circle := selector.cercle:
        rows["campaign_circles"].append(
            {"selector_mask": mask, "lon": circle.lon, "lat": circle.lat, "radius_m": circle.rayon_m}
        )
    return rows
