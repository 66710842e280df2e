"""Journeys straight from the sample, with the truth of each, and the fraud models run on them alone."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.fraud_rules import FRAUD_RULES, fraud_rows
from dagster_project.contracts.lake_tables import TABLES
from dagster_project.lake.encryption import Database
from dagster_project.sample.frauds import PLANTS, plant
from dagster_project.sample.journeys import ride
from dagster_project.sample.people import populate
from dagster_project.sample.spec import Spec
from dagster_project.sample.zone import survey
from dagster_project.settings import PROJECT
from dagster_project.warehouse.cache import load, run_models

KEY = ["operator_id", "operator_journey_id"]
_FIRST = pl.col("from_on") == pl.col("from_on").min().over("rule_code")
_RULES = pl.DataFrame(fraud_rows(catalogue.frauds(PROJECT / "data")), schema=FRAUD_RULES).with_columns(
    # A label of tomorrow is found in made-up journeys of yesterday, too.
    from_on=pl.when(_FIRST).then(pl.date(2019, 1, 1)).otherwise("from_on")
)
# Labels that the sample plants: those that set aside, and those that are told only.
ASIDE, TOLD = (
    set(_RULES.filter(is_excluding=is_excluding)["rule_code"]) & set(PLANTS) for is_excluding in (True, False)
)
GIVEN = ("identities", "fraud_counts", "fraud_verdicts", "fraud_unjudged", "fraud_decisions", "fraud_traces")


def planted(spec: Spec) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sample's journeys as acceptance leaves them, with `fraud` and `verdict`; who their people are."""
    rng = np.random.Generator(np.random.PCG64(spec.seed))
    zone = survey(PROJECT / "data" / "reference", spec.first_day.year, spec.epcis)
    crowd = populate(spec, zone, rng)
    journeys, people = plant(spec, ride(spec, zone, crowd, rng), crowd.people)
    people = people.with_row_index("number")
    operator = pl.Series(spec.operators).gather(journeys["operator"])
    phones, is_cut = people["phone"], people["is_truncated"]
    keys = {
        f"{role}_identity_key": pl.select(
            pl.when(is_cut.gather(who := journeys[role]))
            .then(pl.format("{}-{}", operator, who))
            .otherwise(phones.gather(who))
        ).to_series()
        for role in ("driver", "passenger")
    }
    base = journeys.with_columns(operator_id=operator, **keys).select(
        "operator_id",
        pl.col("journey").cast(pl.String).alias("operator_journey_id"),
        pl.col("trip").cast(pl.String).alias("operator_trip_id"),
        *keys,
        *(pl.col(f"{end}_at").dt.replace_time_zone("UTC") for end in ("start", "end")),
        pl.col("start_at")
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone("Europe/Paris")
        .dt.date()
        .alias("start_on"),
        *(f"{end}_{axis}" for end in ("start", "end") for axis in ("lat", "lon")),
        *(pl.col(f"{end}_place").cast(pl.String).alias(f"{end}_place_code") for end in ("start", "end")),
        "distance_m",
        pl.lit("valid").alias("outcome"),
        pl.lit([], dtype=pl.List(pl.String)).alias("refusal_codes"),
        "fraud",
        "verdict",
    )
    accounts = pl.concat(
        base.select("operator_id", pl.col(f"{role}_identity_key").alias("identity_key")).with_columns(
            operator_user_id=journeys[role].cast(pl.String), phone=phones.gather(journeys[role])
        )
        for role in ("driver", "passenger")
    ).unique()
    return base, accounts


@contextmanager
def night(
    journeys: pl.DataFrame, *, before: pl.DataFrame | None = None, **given: pl.DataFrame
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The base of a night with these journeys and their labels; `given`: rows of staging tables.

    With `before`, the journeys of the night before, only what has changed since is judged again. A journey
    whose outcome is hidden is a limited person's.
    """
    staging = {
        f"stg_{name}": pl.concat([TABLES[name].empty, given[name]], how="diagonal")
        if name in given
        else TABLES[name].empty
        for name in GIVEN
    }
    with tempfile.TemporaryDirectory(prefix="entrepot-") as folder:
        yesterday, key = None, secrets.token_bytes(32)
        for number, base in enumerate([one for one in (before, journeys) if one is not None]):
            database = Database(Path(folder) / f"{number}.duckdb", key, months=Path(folder) / "months")
            neighbours = base.filter(pl.col("outcome").is_in(["valid", "refused"]))
            dropped = {"drop_id": pl.lit("d"), "version_number": pl.lit(1), "is_current": pl.lit(True)}
            active = {
                "int_accepted_journeys": base.filter(pl.col("outcome") != "hidden"),
                "int_neighbours": neighbours,
                "int_kept_verdicts": base.clear(),
                "int_journey_versions": base.with_columns(
                    **{name: one for name, one in dropped.items() if name not in base.columns}
                ),
            }
            with database.open() as connection:
                tables = {"active": active, "staging": staging, "catalogue": {"fraud_rules": _RULES}}
                load(connection, tables)
            run_models(database, Path(folder), ["fraud", "journeys"], yesterday=yesterday)
            yesterday = database
        with database.open(read_only=True) as connection:
            yield connection


def judged(
    journeys: pl.DataFrame, *, before: pl.DataFrame | None = None, **given: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The labels of these journeys, the journeys after them, alerts; see `night`."""
    with night(journeys, before=before, **given) as connection:
        labels = connection.execute("from fraud.fraud_labels order by all").pl()
        alerts = connection.execute("from fraud.operator_alerts order by all").pl()
        return labels, connection.execute("from active.journeys order by all").pl(), alerts


def label(
    journeys: pl.DataFrame, *, before: pl.DataFrame | None = None, **given: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The labels of these journeys, and the journeys after them; see `night`."""
    labels, after, _ = judged(journeys, before=before, **given)
    return labels, after


def measure(journeys: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Per planted kind that must go, how many journeys did; the share of honest journeys set aside."""
    is_aside = pl.col("outcome") == "refused"
    kinds = (
        journeys.filter(pl.col("verdict") == "aside")
        .group_by("fraud")
        .agg(pl.len().alias("planted"), is_aside.sum().alias("found"), (is_aside.mean()).alias("recall"))
    )
    honest = journeys.filter(pl.col("verdict").is_null() | (pl.col("verdict") != "aside"))
    return kinds.sort("fraud"), float(honest.select(is_aside.mean()).item())
