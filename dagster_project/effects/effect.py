"""A campaign's effect on journeys: its territory's weeks beside those of comparable territories.

Difference-in-differences of logarithms. How much territories without a campaign differ among themselves says
how much this one may differ by chance (Conley and Taber, 2011), whatever links one week to the next: D-304.
Not here: where weeks come from (panel.py), what is told of it (pages/effects).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

FEWEST_TERRITORIES = 10
FEWEST_BEFORE, FEWEST_SINCE = 12, 8  # weeks
FEWEST_A_WEEK = 10  # journeys of the campaign's territory, before it
PERIOD = 4  # weeks
_SIZE = 2  # a comparable territory has between half and twice as many journeys before


class TooThinError(Exception):
    """There is too little to tell an effect from chance; the French message says of what."""


@dataclass(frozen=True)
class Difference:
    """A ratio to what comparable territories let expect, less one, and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear_of_zero(self) -> bool:
        """Does the interval leave out zero?"""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Effect:
    """The effect, what it rests on, and what should be nothing and is shown beside it."""

    whole: Difference
    territories: int
    weeks_before: int
    weeks_since: int
    periods: tuple[tuple[int, Difference], ...]  # first week, from the start on; before it, below zero
    earlier: Difference  # as if it had begun halfway through the weeks before
    others_told: int  # of the comparable territories, how many would be told an effect in its place


def estimate(treated: Counts, others: Counts, first: int) -> Effect:
    """The effect from week `first` on. `treated`: journeys by week; `others`: by territory and week.

    Raises TooThinError.
    """
    before, since = first, len(treated) - first
    if before < FEWEST_BEFORE or since < FEWEST_SINCE:
        raise TooThinError(
            f"Il faut {FEWEST_BEFORE} semaines entières avant la campagne et {FEWEST_SINCE} depuis ; le "
            f"registre en conserve {before} et {since}."
        )
    if treated[:first].mean() < FEWEST_A_WEEK:
        raise TooThinError(
            f"Avant la campagne, le territoire avait moins de {FEWEST_A_WEEK} trajets par semaine : trop peu "
            "pour distinguer un effet du hasard."
        )
    size = others[:, :first].sum(axis=1) / treated[:first].sum()
    alike = others[(size >= 1 / _SIZE) & (size <= _SIZE)]
    if len(alike) < FEWEST_TERRITORIES:
        raise TooThinError(
            f"Il faut {FEWEST_TERRITORIES} territoires sans campagne dont l’activité d’avant va de la moitié "
            f"au double de celle du territoire ; le registre en connaît {len(alike)}."
        )
    every, half = np.arange(len(treated)), first // 2
    placebo_differences = [
        _difference(alike[territory], np.delete(alike, territory, axis=0), every[first:], every[:first])
        for territory in range(len(alike))
    ]
    return Effect(
        whole=_difference(treated, alike, every[first:], every[:first]),
        territories=len(alike),
        weeks_before=before,
        weeks_since=since,
        periods=tuple(
            (int(weeks[0] - first), _difference(treated, alike, weeks, every[:first]))
            for weeks in _periods(every, first)
        ),
        earlier=_difference(treated, alike, every[half:first], every[:half]),
        others_told=sum(difference.is_clear_of_zero for difference in placebo_differences),
    )


def _periods(every: Counts, first: int) -> Iterator[Counts]:
    """Four whole weeks each, counted from the start, both ways."""
    for start in range(first % PERIOD, len(every) - PERIOD + 1, PERIOD):
        yield every[start : start + PERIOD]


def _difference(treated: Counts, others: Counts, weeks: Counts, base: Counts) -> Difference:
    """What the weeks have more than the base, beside the others'."""
    own, theirs = _change(treated, weeks, base), _change(others, weeks, base)
    count = len(theirs)
    value = own - theirs.mean()
    spread = theirs.std(ddof=1) * np.sqrt(1 + 1 / count) * _student(count - 1)
    low, middle, high = (float(np.exp(edge) - 1) for edge in (value - spread, value, value + spread))
    return Difference(middle, low, high)


def _change(counts: Counts, weeks: Counts, base: Counts) -> npt.NDArray[np.float64]:
    """Logarithm of the ratio of weekly means; half a journey keeps an empty side finite."""
    after, before = (counts[..., chosen].sum(axis=-1) + 0.5 for chosen in (weeks, base))
    changed: npt.NDArray[np.float64] = np.log(after / len(weeks)) - np.log(before / len(base))
    return changed


def _student(freedom: int) -> float:
    """Student's 97.5 % quantile, right to the third decimal from nine degrees of freedom on."""
    z = NormalDist().inv_cdf(0.975)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(z + sum(term / freedom**power for power, term in enumerate(terms, 1)))
