"""Runs dbt in this process, on an encrypted database (four seconds less a night than its command line).

Not here: which models a night builds, and when (cache). Why: D-002.
"""

import gc
import hashlib
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode, SingularTestNode
from duckdb import DuckDBPyConnection

from dagster_project.files.statements import statements
from dagster_project.lake import encryption
from dagster_project.lake.encryption import Database, prepare
from dagster_project.settings import PROJECT, duckdb_memory, settings
from dagster_project.warehouse import dbt_quiet

FOLDER = PROJECT / "dbt"
# Of journeys in the lake: below it, to plan month after month takes longer than to make all.
SMALL_BYTES = 2**22
PATIENCE_S = 600  # that a worker waits for a month of another


@dataclass(frozen=True)
class Worker:
    """One of several processes or machines: of the months of a model each makes its share (D-323)."""

    number: int
    of: int


ALONE = Worker(0, 1)


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node: its status, the seconds it took and a test's failing rows."""

    unique_id: str
    status: str
    seconds: float
    failures: int
    cause: str = ""  # of a failure: the kind of DuckDB's error, and its words where they can hold no value
    # Of a model by month: how many were made and kept; of one that is kept whole, whether it was.
    months: Mapping[str, int] = field(default_factory=dict)
    rows: int | None = None  # none: a view
    columns: Mapping[str, str] = field(default_factory=dict)  # of a model: names and DuckDB's types


class BuildError(Exception):
    """dbt could not build, or a test failed: the cache that readers open stays as it was."""

    def __init__(self, message: str, results: Sequence[NodeResult] = ()) -> None:
        super().__init__(message)
        self.results = results


dbt_quiet.begin()
_parsed: list[Manifest] = []

_SQL = statements(__file__)
# dbt says where in its first line, DuckDB what begins the second; what comes after may repeat a cell.
_KIND = re.compile(r"[^\n]*\n\s*([A-Z][A-Za-z ]* Error): ([^\n]*)")
_LINE = re.compile(r"^\s*LINE \d+: (?:\.\.\.)?(.*?)(?:\.\.\.)?$", re.M)
OF_THE_DISK = ("IO Error", "Out of Memory Error")  # or of memory: their words hold no value
_BEFORE_A_ROW = ("Binder Error", "Catalog Error", "Parser Error")  # is read: nor do theirs


def manifest(output: Path) -> Manifest:
    """dbt's manifest, parsed once per process; its artifacts go to `output`. Raises BuildError."""
    if not _parsed:
        outcome = _invoke(["parse"], output, None)
        if not isinstance(outcome, Manifest):  # dbt stumbles over what an older version left in target/
            outcome = _invoke(["--no-partial-parse", "parse"], output, None)
        if not isinstance(outcome, Manifest):
            raise BuildError("dbt could not parse the project; run `dbt parse` in dbt/ to see why.")
        _parsed.append(outcome)
    return _parsed[0]


def pages(output: Path) -> Path:
    """The models' pages as one HTML file, from the project's text: no database opens. Raises BuildError."""
    parsed, target = manifest(output), output / "target"
    parsed.writable_manifest().write(str(target / "manifest.json"))
    if _invoke(["docs", "generate", "--static", "--empty-catalog", "--no-compile"], output, parsed) is None:
        raise BuildError("dbt could not write its pages; run `dbt docs generate` in dbt/ to see why.")
    return target / "static_index.html"


class Plugin(BasePlugin):
    """Attaches the encrypted database to dbt's connection; no key is in a profile, an artifact or a log."""

    database: Database
    yesterday: Database | None

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Called by dbt-duckdb on the connection it has just opened."""
        prepare(conn, self.database.file.with_name(f"{self.database.file.name}.tmp"))
        self.database.attach(conn, "entrepot")
        if self.yesterday:
            self.yesterday.attach(conn, "yesterday", read_only=True)
        # Once, for all cursors: what a profile sets, dbt-duckdb sets again before each node.
        conn.execute(
            f"set global threads = {settings().threads}; set global memory_limit = '{duckdb_memory()}'; "
            "set global preserve_insertion_order = false; use entrepot"
        )
        for name in ("schema", "files", "lake_files", "closing_files", "inputs"):
            conn.execute(_SQL[name])
        conn.create_function("is_told", _Waiting().has_come, ["VARCHAR"], "BOOLEAN", side_effects=True)


class _Waiting:
    """For months of other workers; who waited once in vain makes what is left alone."""

    def __init__(self) -> None:
        self.patience_s = PATIENCE_S

    def has_come(self, file: str) -> bool:
        """Whether the file by which another worker tells of its month comes to lie there."""
        until = time.monotonic() + self.patience_s
        while not (is_there := Path(file).exists()) and time.monotonic() < until:
            time.sleep(0.05)
        self.patience_s = self.patience_s if is_there else 0
        return is_there


@cache
def _engine(output: Path) -> str:
    """What makes month files and tests them: another version of it may make others of the same rows."""
    names = ("macros/by_month", "macros/data_tests", "macros/unique_together")
    macros = manifest(output).macros.values()
    texts = sorted(macro.macro_sql for macro in macros if macro.original_file_path.startswith(names))
    return hashlib.sha256(json.dumps([duckdb.__version__, texts]).encode()).hexdigest()[:16]


def run(
    database: Database,
    output: Path,
    arguments: list[str],
    variables: Mapping[str, object] | None = None,
    yesterday: Database | None = None,
    tested: Sequence[str] = (),
    worker: Worker = ALONE,
) -> list[NodeResult]:
    """What became of each node; `yesterday`: a database to take month files over from. Raises BuildError.

    In a database without a folder of months, and of a small base, models by month are tables. `tested`:
    folders of models that there are then; the data tests that read these alone are run where one of their
    models was built.
    """
    Plugin.database, Plugin.yesterday = database, yesterday
    folder = None if _is_small(database) else database.months
    months = {
        "folder": str(folder or "").replace("'", "''"),  # as SQL quotes it
        "key": encryption.key_name(database.key),
        "engine": _engine(output),
        "worker": {"number": worker.number, "of": worker.of},
    }
    given = json.dumps({**(variables or {}), "yesterday": yesterday is not None, "months": months})
    os.environ["DBT_ENTREPOT_BUILDING"] = str(database.file)
    (output / "target" / "run_results.json").unlink(missing_ok=True)  # an older version's
    parsed = manifest(output)
    for node in parsed.nodes.values():
        if folder and node.config.materialized in ("by_month", "kept_whole"):
            (folder / f"{node.schema}.{node.alias}").mkdir(parents=True, exist_ok=True)
    gc.freeze()  # what dbt leaves behind is then looked for among what is new
    try:
        outcome = _invoke([*arguments, "--vars", given], output, parsed)
        if outcome is None:
            raise BuildError("dbt stopped before it ran; run `dbt parse` in dbt/ to see why.")
        results = [_result(result) for result in outcome.results]
        tests = _tests(parsed, {result.unique_id for result in results}, tested)
        if not tests or any(result.status != "success" for result in results):
            return results
        counting = ["run-operation", "count_failures", "--args", json.dumps({"tests": tests})]
        counted = _invoke([*counting, "--vars", given], output, parsed)
        if counted is None or counted.results[0].status != "success":
            raise BuildError(_which_cannot_run(tests, given, output, parsed), results)
    finally:
        _close_dbt()
        gc.unfreeze()
    with database.open(read_only=True) as connection:
        failures = connection.execute(_SQL["failures"]).fetchall()
        months_of = {
            model: {"is_kept": bool(kept)} if is_whole else {"months_made": made, "months_kept": kept}
            for model, is_whole, made, kept in connection.execute(_SQL["months"]).fetchall()
        }
        rows = dict(connection.execute(_SQL["rows"]).fetchall())
        columns: dict[str, dict[str, str]] = {}
        for model, name, dtype in connection.execute(_SQL["columns"]).fetchall():
            columns.setdefault(model, {})[name] = dtype
    names = [_relation(parsed, result) for result in results]
    return [
        *(
            replace(
                result, months=months_of.get(name, {}), rows=rows.get(name), columns=columns.get(name, {})
            )
            for result, name in zip(results, names, strict=True)
        ),
        *(NodeResult(test, status, 0, failing) for test, failing, status in failures),
    ]


def _is_small(database: Database) -> bool:
    with database.open() as connection:
        connection.execute(_SQL["schema"])
        connection.execute(_SQL["lake_files"])
        (size,) = connection.execute("select coalesce(sum(bytes), 0) from months.lake_files").fetchall()[0]
    return bool(size < SMALL_BYTES)


def _relation(parsed: Manifest, result: NodeResult) -> str:
    node = parsed.nodes[result.unique_id]
    return f"{node.schema}.{node.alias}"


def _result(result: Any) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        status=str(result.status),
        seconds=result.execution_time,
        failures=result.failures or 0,
        cause=_cause(str(result.message or ""), result.node.compiled_code or ""),
    )


def _cause(message: str, sql: str) -> str:
    """ "Conversion Error at: cast(n as integer)": the kind, its words where these hold no value, the line.

    Words of disk and memory name files and sizes; of what is met before a row is read, the model's own names.
    """
    match = _KIND.match(message)
    if not match:
        return ""
    kind, words = match.groups()
    cause = f"{kind}: {words.strip()}" if kind in (*OF_THE_DISK, *_BEFORE_A_ROW) else kind
    # A cell can hold such a line, too: what the model does not say is left out.
    lines = [line for text in _LINE.findall(message) if (line := text.strip()) and line in sql]
    return cause + "".join(f" at: {line}" for line in lines[-1:])


def _tests(parsed: Manifest, built: set[str], folders: Sequence[str]) -> list[str]:
    """The data tests that read something that was built, and nothing outside the folders."""
    tests = []
    for test in parsed.nodes.values():
        if isinstance(test, GenericTestNode | SingularTestNode):
            models = {name for name in test.depends_on.nodes if name.startswith("model.")}
            if models & built and {parsed.nodes[name].fqn[1] for name in models} <= set(folders):
                tests.append(test.unique_id)
    return tests


def _which_cannot_run(tests: Sequence[str], given: str, output: Path, parsed: Manifest) -> str:
    """What to say of tests that could not be counted together: run alone, the broken ones name themselves."""
    names = [parsed.nodes[test].name for test in tests]
    alone = _invoke(["test", "--select", *names, "--vars", given], output, parsed)
    broken = [result.node.name for result in alone.results if result.status == "error"] if alone else []
    return f"These data tests could not run: {', '.join(broken) or 'all together, though each can alone'}."


def _close_dbt() -> None:
    # dbt-duckdb keeps its connection for the life of the process: the file would stay locked and unfinished.
    with DuckDBConnectionManager._LOCK:
        environment, DuckDBConnectionManager._ENV = DuckDBConnectionManager._ENV, None
    if environment:
        environment.close()
    gc.collect()


def _invoke(arguments: list[str], output: Path, parsed: Manifest | None) -> Any:
    folders = ["--project-dir", str(FOLDER), "--profiles-dir", str(FOLDER)]
    artifacts = ["--target-path", str(output / "target"), "--log-path", str(output / "logs")]
    # Rows of a failing test or a cast's message could hold a value: nothing is printed or logged, and results
    # (run_results.json) are returned alone.
    silent = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
    silent.append("--no-write-json")
    return dbtRunner(manifest=parsed).invoke([*silent, *arguments, *folders, *artifacts]).result
