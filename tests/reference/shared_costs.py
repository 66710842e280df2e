"""What a car's trip costs each person aboard, second by second, in plain fractions."""

from fractions import Fraction
from typing import Any

Journey = dict[str, Any]
CENTS_PER_M = Fraction(558, 10_000)  # JURIDIQUE étape 6: 0,558 €/km


def metres(journeys: list[Journey]) -> dict[int, Fraction]:
    """How far the car drives in each second with somebody aboard: the shortest ride says, then the next."""
    found: dict[int, Fraction] = {}
    for journey in sorted(journeys, key=lambda j: (j["stop"] - j["start"], j["distance_m"])):
        ride = range(journey["start"], journey["stop"])
        new = [second for second in ride if second not in found]
        told = sum((found[second] for second in ride if second in found), Fraction(0))
        found |= {second: max(journey["distance_m"] - told, Fraction(0)) / len(new) for second in new}
    return found


def shares_of(journeys: list[Journey]) -> tuple[Fraction, list[Fraction]]:
    """The driver's share and each journey's, second by second: who is aboard, and how far it is."""
    each = {
        second: length
        * CENTS_PER_M
        / (1 + sum(j["seats"] for j in journeys if j["start"] <= second < j["stop"]))
        for second, length in metres(journeys).items()
    }
    return sum(each.values(), Fraction(0)), [
        j["seats"] * sum((each[s] for s in range(j["start"], j["stop"])), Fraction(0)) for j in journeys
    ]
