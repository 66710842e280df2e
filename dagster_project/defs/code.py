"""Where an asset's page leads to: the function that makes it, or the model's file."""

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg

_KEY = "dagster/code_references"


def lies_in(file: Path, line: int, label: str) -> Mapping[str, Any]:
    """The metadata of an asset whose code lies there."""
    with _new_to_dagster():
        place = dg.LocalFileCodeReference(file_path=str(file), line_number=line, label=label)
        return {_KEY: dg.CodeReferencesMetadataValue(code_references=[place])}


def with_code(definitions: dg.Definitions) -> dg.Definitions:
    """Assets that lead to the function that makes them, where they do not name a file of their own."""
    places = {
        key: _place(made)
        for made in definitions.assets or ()
        if isinstance(made, dg.AssetsDefinition) and made.is_executable
        for key in made.keys
    }

    def led(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec if _KEY in spec.metadata else spec.merge_attributes(metadata=places.get(spec.key, {}))

    with _new_to_dagster():
        return definitions.map_asset_specs(func=led)


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
