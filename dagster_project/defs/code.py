"""What every asset's page says: which code makes it, of which version, and its columns."""

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.contracts.lake_table import Table
from dagster_project.contracts.lake_tables import TABLES
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, PERSONAL

_KEY = "dagster/code_references"
_VERSION = version("entrepot-covoiturage")
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
    places = {
        key: _place(made)
        for made in definitions.assets or ()
        if isinstance(made, dg.AssetsDefinition) and made.is_executable
        for key in made.keys
    }

    def led(spec: dg.AssetSpec) -> dg.AssetSpec:
        if _KEY in spec.metadata:
            return spec
        name = spec.key.to_user_string()
        table = TABLES.get(_TABLE_OF.get(name, name.removeprefix("lake/")))
        metadata = {**places.get(spec.key, {}), **(_columns(table) if table else {})}
        return spec.merge_attributes(metadata=metadata).replace_attributes(code_version=_VERSION)

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
        if dg.AssetKey(["lake", table.name]) not in places
    ]
    with _new_to_dagster():
        return dg.Definitions.merge(definitions, dg.Definitions(assets=kept)).map_asset_specs(func=led)


def _columns(table: Table) -> Mapping[str, Any]:
    columns = [
        dg.TableColumn(name, type=str(column.dtype), description=column.description)
        for name, column in table.columns.items()
    ]
    return {"dagster/column_schema": dg.TableSchema(columns)}


def _place(made: dg.AssetsDefinition) -> Mapping[str, Any]:
    function = inspect.unwrap(made.op.compute_fn.decorated_fn)  # type: ignore[union-attr]
    file, line = inspect.getsourcefile(function), inspect.getsourcelines(function)[1]
    return lies_in(Path(file or ""), line, function.__name__)


@contextmanager
def _new_to_dagster() -> Iterator[None]:
    """What may change with its next version: a link on a page is no more than that."""
    with warnings.catch_warnings():
        for kind in (dg.BetaWarning, dg.PreviewWarning):
            warnings.simplefilter("ignore", kind)
        yield
