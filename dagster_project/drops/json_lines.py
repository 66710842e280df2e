"""JSON Lines, the shape of the modern API: one object per line → a record in the v3 layout's names."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_project.drops.records import BROKEN, Records

if TYPE_CHECKING:
    from dagster_project.drops.read import Text


def split_json(text: "Text", chunks: Iterator[tuple[bytes, int]]) -> Iterator[Records]:
    """The records of a JSON Lines file: one object per line, in the modern API's nested shape."""
    known = set(text.names)
    schema = {"drop_line": pl.Int64, **dict.fromkeys(text.names, pl.String)}
    for chunk, first_line in chunks:
        rows, broken = [], []
        for line, raw in enumerate(chunk.decode().removesuffix("\n").split("\n"), first_line):
            if not raw.strip():
                continue
            try:
                cells, faults = _flat(json.loads(raw), known)
            except (ValueError, TypeError, RecursionError):
                broken.append((line, "ligne", "json_unreadable", raw))
                continue
            if faults:
                broken += [(line, column, code, raw) for column, code in faults]
            else:
                rows.append((line, *(cells.get(name) for name in text.names)))
        yield Records(
            pl.DataFrame(rows, schema=schema, orient="row"),
            pl.DataFrame(broken, schema=BROKEN, orient="row"),
        )


def _flat(value: Any, known: set[str]) -> tuple[dict[str, str | None], list[tuple[str, str]]]:
    """Dotted names and texts of an object, or what is wrong with it: (nearest known place, code)."""
    if not isinstance(value, dict):
        raise TypeError
    objects = {"", *(name.rsplit(".", depth)[0] for name in known for depth in range(1, name.count(".") + 1))}
    cells: dict[str, str | None] = {}
    faults: list[tuple[str, str]] = []
    pending = [("", value)]
    while pending:
        path, inner = pending.pop()
        for key, one in inner.items():
            name = f"{path}.{key}" if path else key
            if name in known:
                cells[name] = _as_text(one)
            elif name not in objects:
                faults.append((path or "ligne", "unknown_field"))
            elif isinstance(one, dict):
                pending.append((name, one))
            elif one is not None:
                faults.append((name, "value_unreadable"))
    return cells, sorted(set(faults))[:1]


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        value.encode("utf-8")  # half of a surrogate pair is no text
        return value
    return None if value is None else json.dumps(value)
