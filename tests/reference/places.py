"""Where a journey's ends lie, for the sequential reading of a campaign (reference)."""

from math import asin, cos, dist, radians, sin
from typing import Any

from dagster_project.campaigns.language.model import Selector

LEVELS = {
    "commune": "commune", "ville": "city", "epci": "epci", "aom": "aom",
    "departement": "departement", "region": "region", "pays": "country",
}  # fmt: skip
EARTH_RADIUS_M = 6_371_008.8


def selected(selector: Selector, journey: dict[str, Any], end: str) -> bool:
    """Any code or shape holds the end."""
    codes = any(journey[f"{end}_{LEVELS[level]}"] == code for level, code in selector.codes)
    return codes or any(_shapes(selector, journey, end))


def same_area(selector: Selector, journey: dict[str, Any]) -> bool:
    """One code, or one shape, holds both ends."""
    codes = any(
        journey[f"start_{LEVELS[level]}"] == journey[f"end_{LEVELS[level]}"] == code
        for level, code in selector.codes
    )
    both = zip(_shapes(selector, journey, "start"), _shapes(selector, journey, "end"), strict=True)
    return codes or any(start and end for start, end in both)


def _shapes(selector: Selector, journey: dict[str, Any], end: str) -> list[bool]:
    """Whether the end lies in the circle, and in the polygon (a rectangle here)."""
    lat, lon = journey[f"{end}_lat"], journey[f"{end}_lon"]
    if lat is None:
        return [False, False]
    within = [False, False]
    if circle := selector.cercle:
        chord = dist(_on_sphere(circle.lat, circle.lon), _on_sphere(lat, lon))
        within[0] = 2 * EARTH_RADIUS_M * asin(chord / 2) <= circle.rayon_m
    if selector.polygone:
        lons, lats = zip(*selector.polygone.coordinates[0], strict=True)
        within[1] = min(lats) <= lat <= max(lats) and min(lons) <= lon <= max(lons)
    return within


def _on_sphere(lat: float, lon: float) -> tuple[float, float, float]:
    return cos(radians(lat)) * cos(radians(lon)), cos(radians(lat)) * sin(radians(lon)), sin(radians(lat))
