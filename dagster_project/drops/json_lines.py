"""JSON Lines, the shape of the modern API: one object per line → a record in the v3 layout's names."""

import json
import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from dagster_project.contracts.layouts import FORMER_FIELDS
from dagster_project.drops.text import BROKEN, Records, Text

# A field's name is told back where a programmer wrote it; one made of data (a phone, an address) is not.
_WRITTEN_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,38}[0-9]?")
_MOST_NAMES = 100  # of a file; past them, the object that holds the field is told
_ID = re.compile(r'"operator_journey_id"\s*:\s*("(?:[^"\\]|\\.)*")')


def split_json(text: Text, chunks: Iterator[tuple[bytes, int]]) -> Iterator[Records]:
    """The records of a JSON Lines file: one object per line, in the modern API's nested shape."""
    shape = _Shape(text.names)
    schema = {"drop_line": pl.Int64, **dict.fromkeys(text.names, pl.String)}
    for chunk, first_line in chunks:
        rows, broken = [], []
        for line, raw in enumerate(chunk.decode().removesuffix("\n").split("\n"), first_line):
            if not raw.strip():
                continue
            try:
                cells, fault = shape.flat(json.loads(raw))
            except (ValueError, TypeError, RecursionError):
                broken.append((line, "ligne", "json_unreadable", raw, _journey_id(raw)))
                continue
            if fault:
                broken.append((line, *fault, raw, cells.get("operator_journey_id")))
            else:
                rows.append((line, *(cells.get(name) for name in text.names)))
        yield Records(
            pl.DataFrame(rows, schema=schema, orient="row"),
            pl.DataFrame(broken, schema=BROKEN, orient="row"),
        )


class _Shape:
    """The fields that a line may have, and the names of others that were told."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._known = set(names)
        depths = ((name, range(1, name.count(".") + 1)) for name in names)
        self._objects = {name.rsplit(".", depth)[0] for name, all_of_it in depths for depth in all_of_it}
        self._shown_names: set[str] = set()

    def flat(self, value: Any) -> tuple[dict[str, str | None], tuple[str, str] | None]:
        """Dotted names and texts of an object; what is wrong with it, if anything: field, code."""
        if not isinstance(value, dict):
            raise TypeError
        cells: dict[str, str | None] = {}
        faults: list[tuple[str, str]] = []
        pending = [("", value)]
        while pending:
            path, inner = pending.pop()
            for key, inside in inner.items():
                name = f"{path}.{key}" if path else key
                if name in self._known:
                    cells[name] = _as_text(inside)
                elif name in FORMER_FIELDS:
                    faults.append((name, "former_field"))
                elif name not in self._objects:
                    faults.append((self._shown(name, key, path), "unknown_field"))
                elif isinstance(inside, dict):
                    pending.append((name, inside))
                elif inside is not None:
                    faults.append((name, "value_unreadable"))
        return cells, min(faults, default=None)

    def _shown(self, name: str, key: str, path: str) -> str:
        if _WRITTEN_NAME.fullmatch(key) and (
            name in self._shown_names or len(self._shown_names) < _MOST_NAMES
        ):
            self._shown_names.add(name)
            return name
        return path or "ligne"


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        value.encode("utf-8")  # half of a surrogate pair is no text
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1.0 is an integer to JSON Schema
    return None if value is None else json.dumps(value)


def _journey_id(raw: str) -> str | None:
    """The journey that a line names, though it is no JSON object."""
    match = _ID.search(raw)
    try:
        return _as_text(json.loads(match[1])) if match else None
    except ValueError:
        return None
