"""The same drops give the same base, whatever the order and the nights in which they are taken."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project import warehouse
from dagster_project.campaigns import rows
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import Registry, ingest
from dagster_project.lake import Lake
from dagster_project.sample import Drop, Spec, generate, write
from dagster_project.settings import PROJECT
from dagster_project.settings import settings as installation

from .conftest import REFERENCE, make_registry

SPEC = Spec(journeys=400, nights=4)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return make_registry(frozenset(SPEC.operators))


@pytest.fixture(scope="module")
def drops() -> list[Drop]:
    return generate(SPEC, REFERENCE)[0]


def base(drops: list[Drop], seed: int | None, registry: Registry, home: Path) -> list[tuple[object, ...]]:
    """The active base and the amounts after taking each drop on some night, in some order."""
    chance = random.Random(seed)
    lake = Lake(home)
    order = list(drops) if seed is None else chance.sample(drops, len(drops))
    for number, drop in enumerate(order):
        write([drop], lake.drops)
        (claimed,) = claim(lake.drops)
        ingest(claimed, lake, registry, SPEC.last_day + timedelta(days=1 + number * (seed is not None)))
    lake.write_catalogue(rows.read(PROJECT / "data"))
    warehouse.build(lake, installation(), SPEC.last_day)
    with warehouse.reading(lake) as connection:
        journeys = connection.sql(
            "select * exclude (business_date, version_number) from active.journeys "
            "order by operator_id, operator_journey_id"
        ).fetchall()
        amounts = connection.sql(
            "select * from campaigns.campaign_incentives "
            "order by campaign_id, operator_id, operator_journey_id"
        ).fetchall()
    return [*journeys, *amounts]


@pytest.fixture(scope="module")
def straight(
    drops: list[Drop], registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[object, ...]]:
    return base(drops, None, registry, tmp_path_factory.mktemp("straight"))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_the_base_does_not_depend_on_when_drops_are_taken(
    straight: list[tuple[object, ...]],
    drops: list[Drop],
    registry: Registry,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
) -> None:
    assert len(straight) > 500
    assert base(drops, seed, registry, tmp_path_factory.mktemp("shuffled")) == straight
