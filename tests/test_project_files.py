"""What the project says of itself: packages, version, commands, its models' home page, publiccode.yml."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dagster_project.cli.main import main
from dagster_project.contracts.lake_tables import TABLES
from dagster_project.files.statements import statements
from dagster_project.settings import PROJECT
from dagster_project.warehouse import dbt_run
from tests.support import quick

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
PUBLIC_CODE: dict[str, Any] = yaml.safe_load((PROJECT / "publiccode.yml").read_text("utf-8"))
OURS = {"dagster_project", "tests", "tools"}


def _declared(lines: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


RUN = _declared(PYPROJECT["project"]["dependencies"])
DEVELOP = RUN | _declared(PYPROJECT["dependency-groups"]["dev"])


@cache
def _homes() -> dict[str, set[str]]:
    """Distributions that bring a top-level name."""
    return {
        name: {canonicalize_name(home) for home in homes}
        for name, homes in metadata.packages_distributions().items()
    }


def _imported(file: Path) -> set[str]:
    """Top-level names of all that a file imports, in functions, too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - OURS - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("folder", "declared"),
    [("dagster_project", RUN), ("tests", DEVELOP), ("tools", DEVELOP), ("data", DEVELOP)],
)
def test_what_is_imported_is_declared(folder: str, declared: set[str]) -> None:
    homes = _homes()
    files = list((PROJECT / folder).rglob("*.py"))
    assert files
    undeclared = {
        f"{file.relative_to(PROJECT)}: {name}"
        for file in files
        for name in _imported(file)
        if not homes.get(name, set()) & declared
    }
    assert not undeclared, "declare them in pyproject.toml, then `make constraints`"


def test_no_test_module_is_imported() -> None:
    """What tests share lies in tests/support, plain second readings in tests/reference."""
    files = {file: ast.parse(file.read_text("utf-8")) for file in (PROJECT / "tests").rglob("*.py")}
    tests = {file.stem for file in files if file.stem.startswith("test_")}
    for file, tree in files.items():
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        named = {part for node in imports for part in (getattr(node, "module", None) or "").split(".")}
        named |= {part for node in imports for one in node.names for part in one.name.split(".")}
        assert not named & tests, file.relative_to(PROJECT)


def test_the_readme_names_every_command_and_no_other() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+): ", (PROJECT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"\bentrepot ([a-z-]+)", readme)) == set(main.commands)
    assert set(re.findall(r"\bmake ([a-z]+)", readme)) == targets - {"help"}


def test_the_architecture_shows_the_layers_that_lint_proves() -> None:
    layers = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    assert "```\n" + "\n".join(layers) + "\n```" in (PROJECT / "docs/architecture.md").read_text("utf-8")


def test_one_version_and_its_day_stand_everywhere() -> None:
    version = PYPROJECT["project"]["version"]
    changelog = (PROJECT / "CHANGELOG.md").read_text("utf-8")
    (last, day), *_ = re.findall(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", changelog, re.M)
    dbt = yaml.safe_load((PROJECT / "dbt/dbt_project.yml").read_text("utf-8"))
    assert {last, dbt["version"], PUBLIC_CODE["softwareVersion"]} == {version}
    assert PUBLIC_CODE["releaseDate"] == date.fromisoformat(day)


def test_the_home_page_of_the_models_tells_their_areas_and_needs_no_night(tmp_path: Path) -> None:
    page = dbt_run.pages(tmp_path).read_text("utf-8")
    assert not list(tmp_path.rglob("*.duckdb")) and str(PROJECT) not in page
    given = json.JSONDecoder().raw_decode(page, page.index('{"metadata": {"dbt_schema_version"'))[0]
    home = given["docs"]["doc.entrepot.__overview__"]["block_contents"]
    rows = re.findall(r"^\| `(\w+)` .*\|(.*)\|$", home, re.M)
    reads = {area: set(re.findall(r"`(\w+)`", text)) for area, text in rows}
    nodes = {name: node for name, node in given["nodes"].items() if node["resource_type"] == "model"}
    area_of = {name: node["fqn"][1] for name, node in nodes.items()}
    truth: dict[str, set[str]] = {area: set() for area in area_of.values()}
    for name, area in area_of.items():
        truth[area] |= {area_of[one] for one in nodes[name]["depends_on"]["nodes"] if one in area_of} - {area}
    assert reads == truth
    named = set(re.findall(r"`((?:int_)?[a-z]+(?:_[a-z]+)+)`", home.partition("## Units")[0]))
    assert named <= {node["name"] for node in nodes.values()} | {"personal_data", "no_personal_data"}


def test_what_a_closed_version_brought_is_written_once() -> None:
    lines = (PROJECT / "CHANGELOG.md").read_text("utf-8").splitlines()
    firsts = [line for line in lines if line.startswith("- ")]
    assert len(firsts) == len(set(firsts)), "merged twice"
    assert lines[-1].endswith("first trip was too close to another."), "new lines go to the newest day"


# Mandatory keys of the standard's version 0.4, and what each may hold.
_STATUSES = {"concept", "development", "beta", "stable", "obsolete"}
_TYPES = {"standalone/backend", "standalone/web", "standalone/desktop", "standalone/other"}


def test_publiccode_has_what_its_standard_demands() -> None:
    assert PUBLIC_CODE["publiccodeYmlVersion"].startswith("0.4")
    assert PUBLIC_CODE["name"] and PUBLIC_CODE["platforms"] and PUBLIC_CODE["categories"]
    address = urlsplit(PUBLIC_CODE["url"])
    assert address.scheme == "https" and address.hostname
    assert PUBLIC_CODE["developmentStatus"] in _STATUSES and PUBLIC_CODE["softwareType"] in _TYPES
    assert PUBLIC_CODE["legal"]["license"] == PYPROJECT["project"]["license"]
    for language, text in PUBLIC_CODE["description"].items():
        assert len(text["shortDescription"]) <= 150, language
        assert 150 <= len(text["longDescription"]) <= 10_000, language
        assert text["features"], language
    maintenance = PUBLIC_CODE["maintenance"]
    assert maintenance["type"] == "internal"
    assert maintenance["contacts"] and [one for one in maintenance["contacts"] if not one["name"]] == []
    languages = PUBLIC_CODE["localisation"]
    assert languages["localisationReady"] in (True, False) and "fr" in languages["availableLanguages"]


def test_sql_of_more_than_a_few_lines_lies_where_sqlfluff_reads_it_and_every_statement_is_asked_for() -> None:
    query = re.compile(r"(select|with|from|create)\b")
    for file in (PROJECT / "dagster_project").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        texts = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        composed = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
        composed = {text.strip("f'\"").replace("\\n", "\n") for text in composed}
        queries = [text.strip() for text in texts | composed if query.match(text.strip())]
        assert [text for text in queries if text.count("\n") > 3] == [], file
        if file.with_suffix(".sql").exists():
            assert statements(str(file)).keys() <= texts | {table.name for table in TABLES.values()}, file


_SAY_NOTHING = {"told", "found", "one", "wrong"}


def _bound_names(file: Path) -> Iterator[tuple[int, str]]:
    """What a module and its lines call by a name of their own: line and name."""
    yield 1, file.stem
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.alias(asname=str(name)):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield node.lineno, name
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield node.lineno, name


def test_names_say_what_they_hold() -> None:
    """Tables' columns, keys and SQL are no names of Python's: they keep theirs."""
    nothing = [
        f"{file.relative_to(PROJECT)}:{line} {name}"
        for file in sorted((PROJECT / "dagster_project").rglob("*.py"))
        for line, name in sorted(_bound_names(file))
        if name.lstrip("_").lower() in _SAY_NOTHING
    ]
    assert not nothing, "names that say nothing of what they hold: " + "; ".join(nothing)


def _named(module: str, name: str) -> Any:
    return vars(import_module(module))[name]  # by text, so that these tests are taken for quick themselves


def test_what_is_taken_for_quick_starts_no_dbt() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"@pytest\.mark\.slow"):
        _named("dagster_project.warehouse.dbt_run", "run")()


@pytest.mark.parametrize(
    ("module", "name", "runs"),
    [
        ("tests.support.deliveries", "run_models", True),
        ("tests.support.fraud_base", "label", True),  # through two functions
        ("tests.support.fraud_base", "planted", False),
        ("tests.test_closed_documents", "Lived", True),  # a class, through a method of another one's
        ("tests.test_campaigns", "test_two_runs_with_opening_balances_equal_one", True),  # a property
        ("tests.test_campaigns", "_used", False),
    ],
)
def test_what_is_slow_is_known_by_what_it_calls(module: str, name: str, *, runs: bool) -> None:
    assert quick.starts(_named(module, name)) == runs
