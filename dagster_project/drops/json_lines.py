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
                cells = dict(_flat(json.loads(raw), ""))
            except (ValueError, TypeError, RecursionError):
                broken.append((line, "ligne", "json_unreadable", raw))
                continue
            if cells.keys() - known:
                broken.append((line, "ligne", "unknown_field", raw))
            else:
                rows.append((line, *(cells.get(name) for name in text.names)))
        yield Records(
            pl.DataFrame(rows, schema=schema, orient="row"),
            pl.DataFrame(broken, schema=BROKEN, orient="row"),
        )


def _flat(value: Any, path: str) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    elif not path:
        raise TypeError
    else:
        yield path, _as_text(value)


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        value.encode("utf-8")  # half of a surrogate pair is no text
        return value
    return None if value is None else json.dumps(value)
