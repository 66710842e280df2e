"""What several places have to say is said in each: steps of CONTRIBUTING.md that no other test sees."""

import ast
import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from random import Random

import dagster as dg
import pytest

from dagster_project import contracts
from dagster_project.campaigns.language.conditions import Condition, Dated
from dagster_project.campaigns.language.located import located
from dagster_project.campaigns.language.territories import LEVELS
from dagster_project.campaigns.language.words import condition_words, value_words
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.fraud_rules import fraud_rows
from dagster_project.contracts.drop_fields import FIELDS
from dagster_project.contracts.labels import LABELS, Label
from dagster_project.contracts.lake_tables import IDENTITIES, JOURNEYS, TABLES, Table
from dagster_project.contracts.layouts import DECLARED
from dagster_project.contracts.processing import PROCESSINGS
from dagster_project.contracts.terms import TERMS
from dagster_project.definitions import definitions
from dagster_project.sample.frauds import PLANTS
from dagster_project.settings import PROJECT
from dagster_project.warehouse import dbt_run
from tests.support.random_campaigns import campaign, journeys

DATA = PROJECT / "data"


@cache
def _text(*folders: str) -> str:
    files = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.*"))]
    return "\n".join(path.read_text("utf-8") for path in files if path.suffix in (".py", ".sql"))


def test_every_field_of_a_drop_is_read_and_is_kept_or_says_that_it_is_not() -> None:
    assert set(FIELDS) == set(DECLARED), "FIELDS describes what the layouts read (contracts/layouts.py)"
    # The folder says whose a drop is; codes become places; incentives of both persons one list.
    elsewhere = {"operator", "start_insee", "end_insee", "driver_incentives"}
    kept = {
        *JOURNEYS.columns,
        *(f"{role}_{name}" for role in ("driver", "passenger") for name in IDENTITIES.columns),
    }
    lost = [
        name
        for name, field in FIELDS.items()
        if name not in kept | elsewhere and not re.search("[Nn]on conservée?s?", field.meaning)
    ]
    assert not lost, "a column of the lake lacks, or the words « non conservé » (contracts/lake_tables.py)"


def test_every_key_of_a_condition_is_tried_at_random_and_has_its_words() -> None:
    random = Random(1)
    tried: set[str] = set()
    for number in range(300):
        one, journey = campaign(random, number), journeys(random, number, 1)[0]
        for _, outermost in located(one):
            nested = [outermost]
            while nested:
                condition = nested.pop()
                nested += condition.inner()
                tried |= {name for name, _ in condition.conditions}
            assert condition_words(outermost)
        facts = {f"{end}_{level}": "x" for end in ("start", "end") for level in LEVELS} | journey
        assert [test.nom for test in one.eligibilite if not value_words(one, test.nom, facts)] == []
    assert tried == set(Condition.model_fields) - set(Dated.model_fields), "tests/support/random_campaigns.py"


def test_the_guide_tells_every_key_of_a_condition() -> None:
    guide = (PROJECT / "docs/campagnes.md").read_text("utf-8")
    keys = set(Condition.model_fields) - set(Dated.model_fields)
    assert {key for key in keys if not re.search(rf"\b{key}\b[:`]", guide)} == set()


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.code)
def test_every_label_is_found_by_a_model_and_planted_or_tried_by_hand(label: Label) -> None:
    assert f"'{label.code}'" in _text("dbt/models/fraud"), "no model of dbt/models/fraud finds it"
    tried = {*PLANTS, *re.findall(r'"(fraud_\w+)"', _text("tests"))}
    assert label.code in tried, (
        "plant it (sample/frauds.py), or try both sides of its threshold (tests/test_frauds.py)"
    )


_FOLDERS = sorted(path.parent.name for path in (PROJECT / "dagster_project/reports").glob("*/__init__.py"))


def test_a_label_that_sets_aside_looks_at_one_operator_or_says_so() -> None:
    """What is not one operator's own is shown to operators as a contradiction, without its sentence."""
    rows = fraud_rows(catalogue.frauds(DATA))
    aside = {str(row["rule_code"]) for row in rows if row["is_excluding"]}
    own = set(
        re.findall(
            r"'(fraud_\w+)'", _text("dbt/macros").partition("own_labels()")[2].partition("endmacro")[0]
        )
    )
    of_several = {"fraud_teleportation", "fraud_segmentation"}
    unsaid = {code for code in aside - own - of_several if "interoperator" not in code}
    assert own & aside and not unsaid, "own_labels of dbt/macros/privacy.sql, or the list above"


@pytest.mark.parametrize(
    ("asset", "folders"),
    [
        ("exports/fund_calls", tuple(set(_FOLDERS) - {"account", "authority", "observatory"})),
        ("exports/accounts", ("account",)),
        ("exports/authority_journeys", ("authority",)),
        ("exports/observatory", ("observatory",)),
    ],
)
def test_documents_are_made_after_the_models_that_they_read_and_show_in_their_lineage(
    asset: str, folders: tuple[str, ...], tmp_path: Path
) -> None:
    text = _text(*(f"dagster_project/reports/{folder}" for folder in folders))
    models = {path.stem: path.parent.name for path in (PROJECT / "dbt/models").rglob("*.sql")}
    named = re.findall(r"\b([a-z]+)\.([a-z_]+)\b", text)
    reads = {f"{area}/{model}" for area, model in named if models.get(model) == area}
    graph = definitions().resolve_asset_graph()
    upstream, waiting = set[str](), [dg.AssetKey(asset.split("/"))]
    while waiting:
        parents = {key for key in graph.get(waiting.pop()).parent_keys if graph.has(key)}
        waiting += [key for key in parents if key.to_user_string() not in upstream]
        upstream |= {key.to_user_string() for key in parents}
    assert reads and reads <= upstream, "the asset's deps (dagster_project/defs)"
    deps = {key.to_user_string() for key in graph.get(dg.AssetKey(asset.split("/"))).parent_keys}
    unread = {dep for dep in deps - reads if models.get(dep.split("/")[-1]) == dep.split("/")[0]}
    assert not unread, "a folder of dagster_project/reports that reads it"
    exposures = dbt_run.manifest(tmp_path).exposures.values()
    shown = {node.split(".")[-1] for exposure in exposures for node in exposure.depends_on.nodes}
    hidden = sorted(model for model in reads if model.split("/")[1] not in shown)
    assert not hidden, "dbt/models/_exposures.yml"


def test_every_module_is_imported_by_another() -> None:
    package = PROJECT / "dagster_project"
    modules = {
        ".".join(path.relative_to(PROJECT).with_suffix("").parts): path for path in package.rglob("*.py")
    }
    assert [path for path in modules.values() if not (path.parent / "__init__.py").exists()] == []
    imported: set[str] = set()
    for path in modules.values():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    # The command; what Dagster loads by its folder or by its name in dagster.yaml.
    loaded = re.compile(r"dagster_project\.(cli\.main|defs\.\w+|runner\.event_log)|.*__init__")
    assert not {name for name in modules if name not in imported and not loaded.fullmatch(name)}


def test_every_table_of_a_zone_is_one_of_the_lakes() -> None:
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.iter_modules(contracts.__path__, "dagster_project.contracts.")
    ]
    tables = [value for module in modules for value in vars(module).values() if isinstance(value, Table)]
    assert {table.name for table in tables if table.zone in ("active", "archive", "warehouse")} == set(TABLES)


def test_every_personal_table_goes_by_a_term_and_stands_in_the_register_of_processing() -> None:
    active = {name for name, table in TABLES.items() if table.zone == "active"}
    removed = _text("dagster_project/retention", "dagster_project/rights")
    assert [name for name in active if not re.search(rf"\b{name.upper()}\b", removed)] == [], (
        "retention/plan.py"
    )
    registered = {name for processing in PROCESSINGS for name in processing.tables}
    personal = {name for name in active if TABLES[name].personal_columns}
    assert personal <= registered, "contracts/processing.py"


def test_every_term_is_applied_and_stands_in_the_register_of_processing() -> None:
    assert set(TERMS) == {name for processing in PROCESSINGS for name in processing.terms}
    text = _text("dagster_project/retention", "dagster_project/backup")
    applied = set(re.findall(r'\bterms\["(\w+)"\]', text, re.IGNORECASE))
    assert applied == set(TERMS), "retention/plan.py"


def test_every_party_of_the_catalogue_is_complete_and_every_campaign_signed() -> None:
    parties = [*catalogue.operators(DATA), *catalogue.authorities(DATA)]
    last = max(first for party in parties for _, first, _ in party.periods())
    lacking = {party.id: party.missing(last) for party in parties if party.production_on}
    assert {name: pieces for name, pieces in lacking.items() if pieces} == {}, "entrepot onboarding"
    conventions = (one for authority in catalogue.authorities(DATA) for one in authority.conventions)
    whole = [party for party in parties if party.production_on]
    asked = [piece for one in (*whole, *conventions) for piece in one.asked()]
    assert [name for name, came in asked if came is None] == [], "entrepot onboarding"
    campaigns = catalogue.campaigns(DATA)
    paying = {campaign.autorite for campaign in campaigns}
    signed = {authority.id for authority in catalogue.authorities(DATA) if authority.conventions}
    assert signed <= paying, "data/campaigns: the campaign of a convention"
    paid = {name for campaign in campaigns for entry in campaign.operateurs for name in entry.named}
    in_production = {party.id for party in parties if party.production_on}
    assert paying | paid <= in_production, "production_on of whoever a campaign names"
    warnings = [*catalogue.warnings((DATA / "campaigns").glob("*.yml"), DATA)]
    assert not warnings, "entrepot check-campaign"
