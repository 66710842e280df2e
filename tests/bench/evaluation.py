"""`python -m tests.bench.evaluation`: how often an evaluation tells a planted effect, or one where none is.

Made-up years at the grain that the estimator reads, territory and week: counts more scattered than chance,
levels that wander from week to week, a season and shocks of all. It writes the table of docs/evaluation.md.
"""

import sys
from collections.abc import Sequence

import numpy as np

from dagster_project.effects.effect import Counts, Effect, TooThinError, estimate
from dagster_project.settings import PROJECT

PAGE = PROJECT / "docs" / "evaluation.md"
WEEKS = 52
PLANTED = (0.0, 0.15, 0.4, 1.0)


def year(seed: int, planted: float, territories: int = 60) -> tuple[Counts, Counts, int]:
    """The campaign's territory, the others, the first week of the campaign; journeys by week."""
    rng = np.random.default_rng([seed, round(planted * 100)])
    weeks, first = np.arange(WEEKS), int(rng.integers(14, 38))
    shared = 0.35 * np.sin(2 * np.pi * (weeks + rng.integers(52)) / 52) + np.cumsum(
        rng.normal(0, 0.03, WEEKS)
    )
    memory, wander = 0.85, rng.uniform(0.03, 0.08)
    own = np.zeros((territories, WEEKS))
    own[:, 0] = rng.normal(0, wander / np.sqrt(1 - memory**2), territories)
    for week in weeks[1:]:
        own[:, week] = memory * own[:, week - 1] + rng.normal(0, wander, territories)
    slopes = rng.normal(0, 0.003, (territories, 1)) * weeks
    sizes = np.exp(rng.normal(np.log(rng.uniform(40, 400)), 0.6, (territories, 1)))
    sizes[0] = np.median(sizes)
    means = sizes * np.exp(shared + own + slopes)
    means[0, first:] *= 1 + planted
    crews = rng.uniform(8, 30)
    counts = rng.poisson(rng.gamma(crews, means / crews))
    return counts[0], counts[1:], first


def evaluated(seeds: Sequence[int], planted: float) -> list[Effect]:
    """The effects that are told; years that are too thin are left out."""
    found = []
    for seed in seeds:
        try:
            found.append(estimate(*year(seed, planted)))
        except TooThinError:
            continue
    return found


def main(today: str) -> None:
    """A hundred years of each size of effect, written to the page's last section."""
    lines = [
        "| effet planté | années | dans l’intervalle à 95 % | effet annoncé | début fictif annoncé "
        "| largeur médiane |\n",
        "| --- | --- | --- | --- | --- | --- |\n",
    ]
    for planted in PLANTED:
        found = evaluated(range(100), planted)
        right = sum(one.whole.low <= planted <= one.whole.high for one in found)
        told, earlier = (
            sum(getattr(one, name).is_clear_of_zero for one in found) for name in ("whole", "earlier")
        )
        width = np.median([100 * (one.whole.high - one.whole.low) for one in found])
        lines.append(
            f"| {100 * planted:+.0f} % | {len(found)} | {right} | {told} | {earlier} | {width:.0f} points |\n"
        )
    before, _ = PAGE.read_text("utf-8").split("## Essais\n")
    said = f"`python -m tests.bench.evaluation {today}`, cent graines par ligne.\n\n"
    PAGE.write_text(f"{before}## Essais\n\n{said}{''.join(lines)}", "utf-8")
    print("".join(lines))


if __name__ == "__main__":
    main(sys.argv[1])
