"""One definition, one truth: contracts, dbt sources, generated pages and dbt's own unit tests agree."""

from datetime import date
from pathlib import Path

import polars as pl
import yaml

from dagster_project import warehouse
from dagster_project.campaigns import catalogue, rows
from dagster_project.contracts.tables import TABLES
from dagster_project.documentation import pages
from dagster_project.lake import Lake
from dagster_project.settings import PROJECT, settings

from .conftest import REFERENCE

SOURCES = yaml.safe_load((PROJECT / "dbt/models/staging/_staging__sources.yml").read_text())["sources"]


def _tables(source: str) -> set[str]:
    return {table["name"] for one in SOURCES if one["name"] == source for table in one["tables"]}


def test_dbt_sources_are_the_contracts_tables() -> None:
    assert _tables("lake") == set(TABLES)
    assert _tables("catalogue") == {*rows.frames([], [], []), "territories"}


def test_generated_pages_are_up_to_date() -> None:
    for name, text in pages().items():
        assert (PROJECT / "docs" / name).read_text("utf-8") == text, f"run `entrepot docs` ({name})"


def test_dbt_unit_tests_pass_on_an_empty_lake(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    root = PROJECT / "data"
    frames = rows.frames(catalogue.operators(root), catalogue.authorities(root), catalogue.campaigns(root))
    frames["territories"] = pl.read_parquet(REFERENCE / "territories.parquet")
    lake.write_catalogue(frames)
    results = warehouse.build(lake, settings(), date(2021, 3, 1), extra_arguments=())
    units = [result for result in results if result.unique_id.startswith("unit_test.")]
    assert len(units) >= 4
    assert {result.status for result in units} == {"pass"}
