"""Made-up campaigns day by day, and what the models that forecast a pot say of them on a night.

Not here: how right they are (tests/bench/forecast.py), and any rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import duckdb
import numpy as np
import polars as pl
from jinja2 import Environment

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.members import member_periods
from dagster_project.sample.journeys import WEEKDAY_WEIGHTS, ride
from dagster_project.sample.people import populate
from dagster_project.sample.spec import Spec
from dagster_project.sample.zone import survey
from dagster_project.settings import PROJECT

MODELS = (
    *("int_pot_calendar", "int_pot_demands", "int_pot_rhythms", "int_pot_levels", "int_pot_trends"),
    "pot_forecasts",
)
KINDS = ("steady", "growth", "holidays", "wander", "launch", "decline", "all", "sample")
_DATA = PROJECT / "data"
_DAYS = 100 * 7


@dataclass(frozen=True)
class World:
    """What a campaign is asked by each day's journeys, cents, from its first day on."""

    id: str
    kind: str
    first_on: date
    asked_cents: tuple[int, ...]

    def between(self, after_on: date, until_on: date) -> int:
        """Cents asked after a day and until another."""
        first, last = ((day - self.first_on).days + 1 for day in (after_on, until_on))
        return sum(self.asked_cents[max(first, 0) : last])

    def end_on(self, night: date, left_cents: int) -> date | None:
        """The day on which journeys after the night have asked for that much; None: not in this world."""
        after = (night - self.first_on).days + 1
        ends = np.flatnonzero(np.cumsum(self.asked_cents[after:]) >= left_cents)
        return self.first_on + timedelta(after + int(ends[0])) if len(ends) else None


def worlds(kinds: Sequence[str], seeds: Sequence[int]) -> Iterator[World]:
    """Campaigns that begin in 2021, one of each kind and seed."""
    for kind in kinds:
        for seed in seeds:
            yield _of_the_sample(seed) if kind == "sample" else _made_up(kind, seed)


def _made_up(kind: str, seed: int) -> World:
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    first_on = date(2021, 1, 1) + timedelta(int(rng.integers(0, 240)))
    days, weeks = [first_on + timedelta(day) for day in range(_DAYS)], _DAYS // 7
    since, public, school = np.arange(_DAYS), *_holidays(days)
    level = WEEKDAY_WEIGHTS[[day.weekday() for day in days]]
    level = np.where(public, 0.2, level) * float(np.exp(rng.uniform(np.log(6), np.log(150))))
    if kind in ("growth", "all"):  # up to the sample's own
        level = level * (1 + 2.2 * rng.uniform(0.3, 1) * since / 150)
    if kind == "launch":
        level = level * (0.15 + 1 / (1 + np.exp((rng.uniform(40, 110) - since) / 25)))
    if kind == "decline":
        level = level * np.exp(-since / rng.uniform(250, 500))
    if kind in ("holidays", "all"):
        level = level * np.where(school, rng.uniform(0.5, 0.8), 1)
    if kind in ("wander", "all", "holidays"):  # each week goes on from the one before
        step = 0.02 if kind == "holidays" else rng.uniform(0.02, 0.06)
        level = level * np.repeat(np.exp(np.cumsum(rng.normal(0, step, weeks))), 7)
    level = level * np.repeat(np.exp(rng.normal(0, rng.uniform(0.03, 0.12), weeks)), 7)
    crews = rng.uniform(3, 15)  # people ride together or stay at home together: more than chance
    journeys = rng.poisson(rng.gamma(crews, level / crews))
    cents = np.maximum(journeys * 260 + rng.normal(0, 80, _DAYS) * np.sqrt(journeys), 0).astype(int)
    return World(f"{kind}-{seed}", kind, first_on, tuple(cents.tolist()))


def _of_the_sample(seed: int) -> World:
    """The journeys of `entrepot sample`, at the convention's prices (articles 6.2, 6.3) without a cap."""
    spec = Spec(seed=seed, journeys=3_000 + 1_500 * (seed % 8), last_day=date(2022, 5, 31))
    rng = np.random.Generator(np.random.PCG64(spec.seed))
    zone = survey(_DATA / "reference", spec.first_day.year, spec.epcis)
    journeys = ride(spec, zone, populate(spec, zone, rng), rng)
    asked = (
        journeys.filter(pl.col("subsidy_cents") > 0)
        .group_by(pl.col("start_at").dt.convert_time_zone("Europe/Paris").dt.date().alias("day"))
        .agg(((pl.col("subsidy_cents") + 60) * pl.col("seats")).sum())
    )
    by_day = dict(asked.iter_rows())
    cents = tuple(by_day.get(spec.first_day + timedelta(day), 0) for day in range(spec.days))
    return World(f"sample-{seed}", "sample", spec.first_day, cents)


@cache
def _reference() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    columns = ["year", "epci_code", "departement_code"]
    territories = pl.read_parquet(_DATA / "reference/territories.parquet", columns=columns)
    members = member_periods(catalogue.authorities(_DATA))
    epcis = pl.DataFrame(members, orient="row").filter(pl.col("authority_id") == "pmgf")
    return (
        pl.read_parquet(_DATA / "reference/holidays.parquet"),
        territories.join(epcis, on="epci_code", how="semi"),
        epcis,
    )


def _holidays(days: Sequence[date]) -> tuple[np.ndarray, np.ndarray]:
    """Which of the days are public holidays, which school holidays of the Haute-Savoie."""
    found = []
    for chosen in (pl.col("departement_code").is_null(), pl.col("departement_code") == "74"):
        runs = _reference()[0].filter(chosen).select("from_on", "to_on").rows()
        free = {first + timedelta(day) for first, last in runs for day in range((last - first).days + 1)}
        found.append(np.array([day in free for day in days]))
    return found[0], found[1]


def forecasts(cases: Sequence[tuple[World, int, int]], night: date) -> pl.DataFrame:
    """What the models say on a night. A case: a world, cents left in its pot, days one operator is late."""
    days = pl.concat(
        pl.DataFrame({
            "campaign_id": world.id, "operator_id": operator,
            "start_on": [world.first_on + timedelta(day) for day in range(len(world.asked_cents))],
            "capped_cents": [share * cents // 5 for cents in world.asked_cents],
        }).filter(pl.col("start_on") <= night - timedelta(late), pl.col("capped_cents") > 0)
        for world, _, late_days in cases for operator, share, late in (("a", 3, 0), ("b", 2, late_days))
    )  # fmt: skip
    drawn = {
        "incentive_cents": pl.col("capped_cents"), "fee_cents": pl.lit(0), "is_cut_by_budget": pl.lit(False)
    }  # fmt: skip
    end = night + timedelta(700)
    campaign = {"authority_id": "pmgf", "is_fee_in_budget": True}
    balances = [
        {
            "campaign_id": world.id, "business_date": night, "exhausted_on": None,
            "is_until_empty": True, "closes_until_on": end,
            # What the late operator has not delivered is not drawn yet.
            "left_cents": left + 2 * world.between(night - timedelta(late), night) // 5,
        }
        for world, left, late in cases
    ]  # fmt: skip
    holidays, territories, epcis = _reference()
    frames = {
        "catalogue.campaigns": pl.DataFrame([campaign | {"campaign_id": world.id} for world, _, _ in cases]),
        "catalogue.holidays": holidays,
        "catalogue.territories": territories,
        "catalogue.authority_epcis": epcis,
        "made.campaign_days": days.with_columns(**drawn),
        "made.int_pot_balances": pl.DataFrame(balances, schema_overrides={"exhausted_on": pl.Date}),
    }
    with duckdb.connect() as connection:
        connection.execute("create schema catalogue; create schema made")
        for name, frame in frames.items():
            connection.register("given", frame)
            connection.execute(f"create table {name} as from given")
        for name in MODELS:
            connection.execute(f"create table made.{name} as {_rendered(name, night)}")
        return connection.execute("from made.pot_forecasts order by campaign_id").pl()


def _rendered(name: str, night: date) -> str:
    """A model as dbt renders it, but for its places."""
    macros = (PROJECT / "dbt/macros/forecast.sql").read_text("utf-8")
    model = (PROJECT / "dbt/models/finance" / f"{name}.sql").read_text("utf-8")
    return Environment().from_string(macros + model).render(
        ref=lambda name: f"made.{name}",
        source=lambda schema, name: f"{schema}.{name}",
        var=lambda _: night.isoformat(),
    )  # fmt: skip
