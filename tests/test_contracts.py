"""One definition, one truth: contracts, dbt sources, generated pages and dbt's own unit tests agree."""

import ast
import json
import re
from datetime import date
from pathlib import Path

import jinja2
import jsonschema
import pandera.polars as pa
import polars as pl
import pytest
import yaml
from pandera.errors import SchemaError
from polars.testing import assert_frame_equal

from dagster_project.campaigns.check.codes import METRES_PER_DEGREE
from dagster_project.campaigns.compile import logic
from dagster_project.campaigns.compile.parts import UNITS_PER_CENT
from dagster_project.campaigns.language.model import MAX_CAPS
from dagster_project.campaigns.language.money import MAX_POTS
from dagster_project.campaigns.language.tariff import MAX_ADJUSTMENTS
from dagster_project.campaigns.language.territories import LEVELS
from dagster_project.catalogue import rows
from dagster_project.contracts.archive import K
from dagster_project.contracts.lake_table import column
from dagster_project.contracts.lake_tables import CONTENT, TABLES, Table
from dagster_project.contracts.layouts import V2, V3
from dagster_project.contracts.published_schemas import table_schema
from dagster_project.contracts.risks import RISKS, SEVERITIES
from dagster_project.contracts.terms import TERMS
from dagster_project.documentation import pages
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT
from dagster_project.warehouse import cache, dbt_run, lineage
from tests.support.drop_rows import JSON_ROW

SOURCES = yaml.safe_load((PROJECT / "dbt/models/staging/_staging__sources.yml").read_text())["sources"]


def _tables(source: str) -> set[str]:
    return {table["name"] for one in SOURCES if one["name"] == source for table in one["tables"]}


def test_dbt_sources_are_the_contracts_tables() -> None:
    assert _tables("lake") == set(TABLES)
    assert _tables("catalogue") == {*rows.frames([], [], []), "territories"}


def test_the_base_compares_the_content_that_a_file_is_judged_by() -> None:
    text = (PROJECT / "dbt/macros/versions.sql").read_text("utf-8")
    hashed = text[text.index("hash(") :].split(") as content_hash")[0]
    assert [name for name in CONTENT if not re.search(rf"\b{name}\b", hashed)] == []


def test_generated_pages_are_up_to_date() -> None:
    for name, text in pages().items():
        assert (PROJECT / "docs" / name).read_text("utf-8") == text, f"run `entrepot docs` ({name})"


def test_the_published_json_schema_takes_the_guides_row_and_no_unknown_field() -> None:
    schema = json.loads((PROJECT / "docs/schemas/depot_v3.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    assert list(validator.iter_errors(JSON_ROW)) == []
    for wrong in ({"plaque": "AA"}, {"distance": 0}, {"operator_class": "D"}, {"start": {}}):
        assert list(validator.iter_errors(JSON_ROW | wrong))


def test_published_table_schemas_hold_every_column_in_order() -> None:
    for layout in (V2, V3):
        fields = table_schema(layout)["fields"]
        assert tuple(field["name"] for field in fields) == layout.columns
        read = {field["name"] for field in fields if field["description"] != "Colonne admise, non lue."}
        assert read == set(layout.sources.values())
    assert len(V2.required) == 51, "a file of V2 names all of them: one more refuses every file of today"


_ROADS = Table(
    name="roads",
    zone="warehouse",
    grain="one row per road",
    columns={
        "road": column(pl.String, "Its name."),
        "length_m": column(pl.Int64, "Its length.", checks=pa.Check.ge(1)),
        "slope": column(pl.Float64, "Its slope."),
        "opened_on": column(pl.Date, "When it was opened.", null=True),
    },
)


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        ([pl.lit(None, pl.String).alias("road")], "'road' contains null"),
        ([pl.lit(float("nan")).alias("slope")], "'slope' contains null"),
        ([pl.lit(-1, pl.Int64).alias("length_m")], "greater_than"),
        ([pl.lit(1, pl.Int32).alias("length_m")], "type Int64"),
        ([pl.lit(1).alias("lanes")], "'lanes'"),
        ([], "out-of-order"),
    ],
)
def test_a_row_that_breaks_its_tables_contract_is_not_written(
    tmp_path: Path, spoilt: list[pl.Expr], says: str
) -> None:
    lake = Lake(tmp_path)
    rows = pl.DataFrame([("D 1006", 800, 0.02, None)], schema=_ROADS.empty.schema, orient="row")
    wrong = rows.with_columns(spoilt) if spoilt else rows.select(reversed(rows.columns))
    with pytest.raises(SchemaError, match=says):
        lake.write(_ROADS, wrong, "roads-0")
    assert not list(lake.folder(_ROADS).rglob("*.parquet"))
    lake.write(_ROADS, rows, "roads-0")
    assert_frame_equal(lake.read(_ROADS), rows, check_exact=True)


@pytest.fixture(scope="module")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("empty"))
    lake.write_catalogue(rows.read(PROJECT / "data"))
    cache.build(lake, date(2021, 3, 1))
    return lake


def test_the_lineage_of_columns_is_up_to_date(empty_lake: Lake) -> None:
    assert lineage.FILE.read_text("utf-8") == lineage.read(empty_lake), "run `entrepot docs`"
    known = lineage.known()
    assert known["finance.fund_calls"]["total_cents"] == [
        ("finance.int_fund_call_journeys", name)
        for name in ("fee_ex_vat_cents", "incentive_cents", "vat_cents")
    ]
    models = [
        node
        for node in dbt_run.manifest(empty_lake.dbt_output).nodes.values()
        if node.resource_type == "model"
    ]
    assert len(known) > 0.95 * len(models)


def test_dbt_unit_tests_pass_on_an_empty_lake(empty_lake: Lake) -> None:
    select = ["test", "--select", "test_type:unit"]
    units = dbt_run.run(empty_lake.cache(), empty_lake.dbt_output, select)
    assert len(units) >= 2
    assert [result.unique_id for result in units if result.status != "pass"] == []


def test_what_python_and_dbt_both_number_is_the_same() -> None:
    """Rule rows are made in Python and read by macros: one fact in two languages, held together here."""
    dbt = PROJECT / "dbt"
    macros = jinja2.Environment().from_string(
        "".join((dbt / f"macros/{name}.sql").read_text("utf-8") for name in ("clauses", "money", "distance"))
    )
    said = macros.make_module({"return": lambda value: value})
    assert ast.literal_eval(said.levels().strip()) == list(LEVELS)
    assert int(said.minus_infinity()) == -logic.INFINITE
    assert int(said.units_per_cent()) == UNITS_PER_CENT
    assert int(said.straight_m(*"abcd").split()[0]) == METRES_PER_DEGREE
    figures = " ".join((PROJECT / "dagster_project/simulation/figures.sql").read_text("utf-8").split())
    share = said.passenger_cents("budget.incentive_cents", "payees.passenger_percent")
    for words in (share, said.distance_band_km("facts.distance_m")):
        assert " ".join(words.split()) in figures
    variables = yaml.safe_load((dbt / "dbt_project.yml").read_text("utf-8"))["vars"]
    assert {name: variables[name] for name in variables if name.endswith("_positions")} == {
        "cap_positions": MAX_CAPS,
        "pot_positions": MAX_POTS,
        "adjustment_positions": MAX_ADJUSTMENTS,
    }
    assert (variables["archive_k"], variables["active_months"]) == (K, TERMS["journeys"].months)


def test_every_measure_of_the_impact_assessment_is_shown_by_a_test_or_an_asset() -> None:
    assets = (PROJECT / "tests/asset_keys.txt").read_text().split()
    for risk in RISKS:
        assert {risk.severity, risk.likelihood} <= set(SEVERITIES)
        for measure in risk.measures:
            assert measure.shown_by in assets or (PROJECT / measure.shown_by).exists(), measure
