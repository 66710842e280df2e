"""An adversary who knows what the public reads and the rule, and subtracts: no code of the models."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from dagster_project.contracts.archive import K

Journey = Mapping[str, Any]
LEVELS = ("departement", "epci", "commune")


def is_small(journeys: Iterable[Journey]) -> bool:
    """Fewer than six journeys, or somebody in more than a sixth: told from the rule alone."""
    group = list(journeys)
    people = Counter(
        person for one in group for person in {one["driver_identity_key"], one["passenger_identity_key"]}
    )
    return len(group) < K or max(people.values()) * K > len(group)


def _areas(journey: Journey, side: str) -> list[str]:
    """All territories that an end lies in, the largest first, each by its path."""
    codes = [journey[f"{side}_{level}"] for level in LEVELS]
    codes = codes[:1] if codes[0] == codes[1] else codes
    return ["/".join(codes[:steps]) for steps in range(len(codes) + 1)]


def _area(row: Mapping[str, Any], prefix: str = "") -> str:
    """The territory of a published row."""
    return "/".join(filter(None, (row[f"{prefix}{level}_code"] for level in LEVELS)))


def _place(journey: Journey, side: str, shown: set[str]) -> tuple[str, bool]:
    """Where the public is told a journey starts or ends: the finest territory shown, or its rest."""
    areas = _areas(journey, side)
    finest = [area for area in areas if area in shown][-1]
    return finest, finest != areas[-1]


def members_of(
    journeys: list[Journey], territories: pl.DataFrame, flows: pl.DataFrame
) -> tuple[dict[Any, list[Journey]], dict[Any, list[Journey]]]:
    """The journeys behind every published row, found from what is published alone."""
    shown = {_area(row) for row in territories.to_dicts() if not row["is_rest"]}
    origins = {one["journey_hash"]: _place(one, "origin", shown) for one in journeys}
    of_rows: dict[Any, list[Journey]] = {}
    for row in territories.to_dicts():
        area = _area(row)
        inside = [one for one in journeys if area in _areas(one, "origin")]
        rest = [one for one in inside if origins[one["journey_hash"]] == (area, True)]
        of_rows[(area, row["is_rest"])] = rest if row["is_rest"] else inside
    of_flows: dict[Any, list[Journey]] = {}
    for origin in set(origins.values()):
        told = [""]
        told += [
            _area(row, "destination_")
            for row in flows.to_dicts()
            if (_area(row, "origin_"), row["origin_is_rest"]) == origin
        ]
        # A territory that is a rest is one that has parts; those above what is shown are sums of it.
        above = {
            area
            for one in journeys
            if origins[one["journey_hash"]] == origin
            for area, below in product(_areas(one, "destination"), told)
            if below in _areas(one, "destination")
            and _areas(one, "destination").index(area) <= _areas(one, "destination").index(below)
        }
        for one in journeys:
            if origins[one["journey_hash"]] == origin:
                of_flows.setdefault((origin, _place(one, "destination", above)), []).append(one)
    return of_rows, of_flows


def check(journeys: list[Journey], territories: pl.DataFrame, flows: pl.DataFrame) -> None:
    """A month's published rows: exact, not small, and nothing small that a subtraction gives back."""
    if is_small(journeys) or sum(one["starts_car"] for one in journeys) < K:
        assert territories.is_empty() and flows.is_empty()
        return
    of_rows, of_flows = members_of(journeys, territories, flows)
    for row in territories.to_dicts():
        members = of_rows[(_area(row), row["is_rest"])]
        assert not is_small(members)
        assert row["journeys"] == len(members)
        assert row["passenger_journeys"] == sum(one["seats"] for one in members)
        assert row["passenger_m"] == sum(one["seats"] * one["distance_m"] for one in members)
        assert row["car_trips"] == sum(one["starts_car"] for one in members) >= K
        persons = {one[role] for one in members for role in ("driver_identity_key", "passenger_identity_key")}
        assert row["persons_to_ten"] % 10 == 0 and abs(row["persons_to_ten"] - len(persons)) <= 5
    assert flows.height == len(of_flows) and flows["journeys"].sum() == len(journeys)
    for row in flows.to_dicts():
        origin, destination = (
            (_area(row, f"{side}_"), row[f"{side}_is_rest"]) for side in ("origin", "destination")
        )
        members = of_flows[(origin, destination)]
        assert row["journeys"] == len(members) and not is_small(members)
    assert found_small(journeys, [*of_rows.values(), *of_flows.values()]) == []
    _check_persons(territories)


def _cell(journey: Journey) -> tuple[str, str]:
    return journey["origin_commune"], journey["destination_commune"]


def found_small(journeys: list[Journey], groups: Iterable[list[Journey]]) -> list[str]:
    """The adversary: each small territory or way that additions and subtractions of groups give exactly."""
    cells = {cell: n for n, cell in enumerate(sorted({_cell(one) for one in journeys}))}

    def of(group: Iterable[Journey]) -> np.ndarray:
        vector = np.zeros(len(cells))
        vector[[cells[_cell(one)] for one in group]] = 1
        return vector

    known = np.array([of(group) for group in groups])
    hidden: dict[str, list[Journey]] = {}
    for one in journeys:
        starts, ends = _areas(one, "origin"), _areas(one, "destination")
        for start, end in product(starts, ends):
            hidden.setdefault(f"{start} → {end}", []).append(one)
    found = []
    for name, group in hidden.items():
        if is_small(group):
            wanted = of(group)
            combination = np.linalg.lstsq(known.T, wanted, rcond=None)[0]
            if np.allclose(known.T @ combination, wanted, atol=1e-6):
                found.append(name)
    return found


def _bounds(row: Mapping[str, Any]) -> tuple[int, int]:
    """How many persons a row may stand for, to who knows the rules."""
    told, journeys = row["persons_to_ten"], row["journeys"]
    # Of fewer than twelve journeys nobody has two, so their persons are twice as many.
    least = 2 * journeys if journeys < 2 * K else 2 * K
    return max(told - 5, least), min(told + 4, 2 * journeys)


def _check_persons(territories: pl.DataFrame) -> None:
    """Whole and parts never tell exactly how many persons travel from two places, where these are few."""
    for whole in territories.filter(~pl.col("is_rest")).to_dicts():
        parts = [
            row
            for row in territories.to_dicts()
            if (_area(row) == _area(whole) and row["is_rest"])
            or (not row["is_rest"] and _area(row) and _area(row).rpartition("/")[0] == _area(whole))
        ]
        if len(parts) > 1:
            low = sum(_bounds(part)[0] for part in parts) - _bounds(whole)[1]
            high = sum(_bounds(part)[1] for part in parts) - _bounds(whole)[0]
            assert low < high or not 0 < low < K
