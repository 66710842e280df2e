"""`python -m tests.bench.forecast`: how often a pot's true end lies between the days that its forecast names.

Campaigns of the sample and made-up ones, at many nights, with pots of two weeks to half a year. It writes the
table of docs/prevision.md.
"""

import sys
from datetime import date, timedelta

import numpy as np
import polars as pl

from dagster_project.settings import PROJECT
from tests.support.pot_worlds import KINDS, World, forecasts, worlds

PAGE = PROJECT / "docs" / "prevision.md"
HEAD = (
    "| campagnes | essais | vraie fin dans l’intervalle | avant | après | "
    "largeur médiane | erreur médiane |\n"
)
NIGHTS = tuple(date(2021, 5, 7) + timedelta(37 * number) for number in range(16))
_WORDS = {
    "steady": "stables", "growth": "en croissance", "holidays": "creux des vacances scolaires",
    "wander": "au niveau changeant", "launch": "qui démarrent", "decline": "en baisse",
    "all": "croissance, vacances et niveau changeant", "sample": "de l’échantillon (`entrepot sample`)",
}  # fmt: skip


def backtests(made: list[World], nights: tuple[date, ...] = NIGHTS) -> pl.DataFrame:
    """One row per forecast whose true end is known: kind, the three days, the true one."""
    tried = []
    for number, night in enumerate(nights):
        rng = np.random.default_rng([2021, number])
        # From its ninth week to the last year of the world.
        running = [
            world
            for world in made
            if 63 <= (night - world.first_on).days <= len(world.asked_cents) - 200
            and world.between(night - timedelta(28), night) > 0
        ]
        cases = [
            (world, int(world.between(night - timedelta(28), night) * weeks / 4), int(late))
            for world, weeks, late in zip(
                running, rng.uniform(2, 26, len(running)), rng.integers(0, 15, len(running)), strict=True
            )
        ]
        if not cases:
            continue
        true = pl.DataFrame(
            [(world.id, world.kind, night, world.end_on(night, left)) for world, left, _ in cases],
            schema={"campaign_id": pl.String, "kind": pl.String, "night": pl.Date, "end_on": pl.Date},
            orient="row",
        )
        tried.append(forecasts(cases, night).join(true, on="campaign_id", validate="1:1"))
    far = pl.lit(date(9999, 12, 31))
    earliest, latest = (pl.col(name).fill_null(far) for name in ("earliest_on", "latest_on"))
    days = pl.col("end_on") - pl.col("night")
    return (
        # Too few weeks: none told. Past what is looked ahead, a later end is right; past the world: unknown
        pl.concat(tried)
        .filter(pl.col("end_on").is_not_null() & pl.col("horizon_on").is_not_null())
        .with_columns(
            is_within=pl.col("end_on").is_between(earliest, latest),
            is_before=pl.col("end_on") < earliest,
            is_after=pl.col("end_on") > latest,
            width=(
                pl.col("latest_on").fill_null(pl.col("horizon_on")) - pl.col("earliest_on")
            ).dt.total_days(),
            miss=(pl.col("expected_on") - pl.col("end_on")).dt.total_days().abs()
            / (days.dt.total_days() + 1),
        )
    )


def table(tried: pl.DataFrame) -> str:
    """The rows of the page, by kind and all together."""
    rows = [(words, tried.filter(kind=kind)) for kind, words in _WORDS.items()]
    lines = []
    for words, of_kind in (*rows, ("**ensemble**", tried)):
        shares = " | ".join(
            f"{of_kind[name].mean():.0%}".replace("%", " %")
            for name in ("is_within", "is_before", "is_after")
        )
        weeks = f"{of_kind['width'].median() / 7:.0f} semaines"
        miss = f"{of_kind['miss'].median():.0%} du délai".replace("%", " %")
        lines.append(f"| {words} | {of_kind.height} | {shares} | {weeks} | {miss} |\n")
    return HEAD + "| --- | --- | --- | --- | --- | --- | --- |\n" + "".join(lines)


def main(today: str) -> None:
    """Try all, write the page's last section."""
    tried = backtests(list(worlds(KINDS, range(30))))
    before, _ = PAGE.read_text("utf-8").split("## Essais\n")
    said = f"`python -m tests.bench.forecast {today}`, {len(NIGHTS)} nuits, 30 campagnes de chaque sorte.\n\n"
    PAGE.write_text(f"{before}## Essais\n\n{said}{table(tried)}", "utf-8")
    print(table(tried))


if __name__ == "__main__":
    main(sys.argv[1])
