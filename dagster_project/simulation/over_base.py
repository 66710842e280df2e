"""Variants of a campaign over months of the base: each journey once, all variants in one evaluation.

What the base has paid before the first month stays: pots and caps start where it left them. Nothing is
written but a private database. Not here: figures (figures), a file of journeys (simulate). Why: D-290, D-291.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta

import duckdb
import polars as pl

from dagster_project.campaigns.compile.rule_tables import SETTLED
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.catalogue.rows import frames
from dagster_project.contracts.moments import first_instant
from dagster_project.files.statements import statements
from dagster_project.lake.encryption import Database
from dagster_project.lake.store import Lake
from dagster_project.settings import settings
from dagster_project.simulation.evaluate import territories
from dagster_project.warehouse.cache import know_models, private_database, reading, run_models

_SQL = statements(__file__)


@contextmanager
def over_base(
    lake: Lake,
    campaigns: Sequence[Campaign],
    first_on: date,
    last_on: date,
    operators: list[Operator],
    authorities: list[Authority],
    other: Database | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published cache and, as `variants` beside it, what each campaign's pot gives for its journeys.

    `payees` says who gets it, `valid` has the journeys by number. `campaigns` may be drafts of one id: their
    number, from 1, tells them apart. The first one's id names the campaign of the base, and its time zone the
    months, from `first_on` (a first) to `last_on`. Journeys are the base's valid ones, or those of a database
    of `judged`.
    Raises BuildError, and FileNotFoundError before any night.
    """
    know_models(lake)
    known = campaigns[0]
    numbered = [
        campaign.model_copy(update={"id": f"variante_{number}"})
        for number, campaign in enumerate(campaigns, 1)
    ]
    tables = {
        "catalogue": frames(operators, authorities, numbered)
        | {"territories": territories(settings().catalogue)},
        "ledger": {name: pl.DataFrame(schema=schema) for name, schema in SETTLED.items()},
    }
    with private_database(tables) as database:
        with _beside(lake, database, other) as connection:
            connection.execute("create schema variants.active")
            connection.execute(_SQL["areas"])
            _open(connection, known, first_on, last_on)
        folder = database.file.parent
        run_models(database, folder, ["int_selector_areas"])
        with _beside(lake, database, other) as connection:
            months = {
                "from_at": first_instant(first_on, known.zone),
                "until_at": first_instant(last_on + timedelta(days=1), known.zone),
            }
            is_everywhere = any(map(_is_everywhere, campaigns))
            connection.execute(_SQL["journeys"], months | {"is_everywhere": is_everywhere})
        # Up to the pot, and no further: to write all that a night says of each journey costs as much again.
        alternates = any(len(campaign.beneficiaire) > 1 for campaign in campaigns)
        models = ["+int_campaign_budget,campaigns", *(["campaign_payees"] if alternates else [])]
        run_models(database, folder, models)
        with _beside(lake, database, other) as connection:
            connection.execute(_SQL["payees" if alternates else "one_payee"])
            yield connection


def _open(connection: duckdb.DuckDBPyConnection, known: Campaign, first_on: date, last_on: date) -> None:
    """Give the variants the balances that the base has before their first month."""
    connection.execute(_SQL["opening"], {"campaign": known.id, "first": first_on, "last": last_on})
    numbers = connection.execute(_SQL["number"], {"campaign": known.id}).fetchall()
    if numbers and first_instant(known.periode.du, known.zone) < first_instant(first_on, known.zone):
        of_number = {"number": numbers[0][0], "from_at": first_instant(first_on, known.zone)}
        connection.execute(_SQL["counters"], of_number)


@contextmanager
def _beside(lake: Lake, database: Database, other: Database | None) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(lake) as connection:
        database.attach(connection, "variants")
        if other:
            other.attach(connection, "other", read_only=True)
        connection.execute(_SQL["other_valid" if other else "valid"])
        yield connection


def _is_everywhere(campaign: Campaign) -> bool:
    """Whether codes alone do not bound the journeys that are the campaign's matter."""
    if campaign.perimetre is None:
        return True
    versions = campaign.versions(campaign.perimetre.territoire)
    return any(selector.polygone or selector.cercle for _, selector, _ in versions)
