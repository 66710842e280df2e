"""What every asset's page says: which code makes it, of which version, and its columns."""

import hashlib
import inspect
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.contracts.lake_table import Table
from dagster_project.contracts.lake_tables import TABLES
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, PERSONAL, row_count
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT

_KEY = "dagster/code_references"
_IMPORT = re.compile(r"^\s*from (dagster_project[\w.]*) import (?:\(([^)]*)\)|(.+))", re.MULTILINE)
# Of an asset that writes several tables, or has another name than its own: the one that its page shows.
_TABLE_OF = {
    "archive/months": "archived_months",
    "fraud/traces": "fraud_traces",
    "ledger/advances": "advances",
    "ledger/call_receipts": "call_receipts",
    "ledger/closings": "closings",
    "retention/retentions": "retentions",
}


def lies_in(file: Path, line: int, label: str) -> Mapping[str, Any]:
    """The metadata of an asset whose code lies there."""
    with _new_to_dagster():
        place = dg.LocalFileCodeReference(file_path=str(file), line_number=line, label=label)
        return {_KEY: dg.CodeReferencesMetadataValue(code_references=[place])}


def with_code(definitions: dg.Definitions) -> dg.Definitions:
    """Assets that lead to the function that makes them, with its version, and a lake's columns.

    Models say all of it themselves (defs/warehouse).
    """
    functions = {
        key: inspect.unwrap(made.op.compute_fn.decorated_fn)  # type: ignore[union-attr]
        for made in definitions.assets or ()
        if isinstance(made, dg.AssetsDefinition) and made.is_executable
        for key in made.keys
    }

    def led(spec: dg.AssetSpec) -> dg.AssetSpec:
        if _KEY in spec.metadata:
            return spec
        name = spec.key.to_user_string()
        table = TABLES.get(_TABLE_OF.get(name, name.removeprefix("lake/")))
        spec = spec.merge_attributes(metadata=_columns(table) if table else {})
        if not (function := functions.get(spec.key)):
            return spec
        file, line = Path(inspect.getsourcefile(function) or ""), inspect.getsourcelines(function)[1]
        led_there = spec.merge_attributes(metadata=lies_in(file, line, function.__name__))
        return led_there.replace_attributes(code_version=_version(file))

    # Tables that a step keeps beside its own: the next night reads them.
    kept = [
        dg.AssetSpec(
            ["lake", table.name],
            description=table.grain,
            group_name="lake",
            kinds={"parquet"},
            owners=OWNERS,
            tags=PERSONAL if table.personal_columns else NOT_PERSONAL,
        )
        for table in TABLES.values()
        if dg.AssetKey(["lake", table.name]) not in functions
    ]
    with _new_to_dagster():
        return dg.Definitions.merge(definitions, dg.Definitions(assets=kept)).map_asset_specs(func=led)


def _columns(table: Table) -> Mapping[str, Any]:
    columns = [
        dg.TableColumn(name, type=str(column.dtype), description=column.description)
        for name, column in table.columns.items()
    ]
    return {"dagster/column_schema": dg.TableSchema(columns)}


def heights(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[dg.AssetObservation]:
    """How many rows each table of the lake has that the graph shows and no step of its own makes."""
    shown = context.job_def.asset_layer.asset_graph.external_asset_keys
    tables = [table for table in TABLES.values() if dg.AssetKey(["lake", table.name]) in shown]
    for table, rows in zip(tables, lake.heights(*tables), strict=True):
        yield dg.AssetObservation(["lake", table.name], metadata=row_count(rows))


@cache
def _version(file: Path) -> str:
    """The package's, and a hash of the file with all code of ours that it imports, near or far."""
    reached, waiting = {file}, [file]
    while waiting:
        new = _imported(waiting.pop()) - reached
        reached |= new
        waiting += new
    hashed = hashlib.sha256(b"".join(sorted(map(_content, reached)))).hexdigest()
    return f"{version('entrepot-covoiturage')}-{hashed[:8]}"


@cache
def _imported(file: Path) -> frozenset[Path]:
    """The modules of ours that a module names, and what else lies beside it: SQL, templates, styles."""
    named = {beside for beside in file.parent.iterdir() if beside.suffix not in (".py", ".pyc")}
    for module, *names in _IMPORT.findall(_content(file).decode()):
        place = PROJECT / module.replace(".", "/")
        inside = [place / f"{name}.py" for name in re.findall(r"\w+", " ".join(names))]
        named |= {place.with_suffix(".py"), place / "__init__.py", *inside}
    return frozenset(path for path in named if path.is_file())


@cache
def _content(file: Path) -> bytes:
    return file.read_bytes()


@contextmanager
def _new_to_dagster() -> Iterator[None]:
    """What may change with its next version: a link on a page is no more than that."""
    with warnings.catch_warnings():
        for kind in (dg.BetaWarning, dg.PreviewWarning):
            warnings.simplefilter("ignore", kind)
        yield
