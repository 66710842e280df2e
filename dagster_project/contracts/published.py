"""The drop contract as the standards write it: Table Schema (frictionless) and JSON Schema, from FIELDS."""

from typing import Any

from dagster_project.contracts.declared import FIELDS, Field
from dagster_project.contracts.layouts import Layout

_INCENTIVE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["index", "siret", "amount"],
    "properties": {
        "index": {"type": "integer", "minimum": 0, "maximum": 19},
        "siret": {"type": "string", "pattern": "^[0-9]{14}$"},
        "amount": {"type": "integer", "minimum": 0, "maximum": 100_000},
    },
}
_PAYMENT = {
    **_INCENTIVE,
    "required": ["index", "siret", "type", "amount"],
    "properties": {**_INCENTIVE["properties"], "type": {"type": "string"}},  # type: ignore[dict-item]
}


def meanings(layout: Layout) -> dict[str, tuple[str, Field] | None]:
    """Each column of a layout: our name of it and its field; None for one that is not read."""
    ours = {theirs: name for name, theirs in layout.sources.items()}
    return {name: (ours[name], FIELDS[ours[name]]) if name in ours else None for name in layout.columns}


def table_schema(layout: Layout) -> dict[str, Any]:
    """The layout as a Table Schema: every column in order, its type, bounds and meaning."""
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": f"depot-covoiturage-{layout.name}",
        "missingValues": [""],
        "primaryKey": layout.sources["operator_journey_id"],
        "fields": [_table_field(name, found, layout) for name, found in meanings(layout).items()],
    }


def _table_field(name: str, found: tuple[str, Field] | None, layout: Layout) -> dict[str, Any]:
    if not found:
        return {"name": name, "type": "string", "description": "Colonne admise, non lue."}
    ours, field = found
    constraints = {
        "required": ours in layout.mandatory or None,
        "minimum": field.low,
        "maximum": field.high,
        "maxLength": field.longest if field.kind == "text" else None,
        "enum": list(field.choices) or None,
        "pattern": field.pattern or None,
    }
    described = {
        "name": name,
        "type": _table_type(field, layout),
        "description": _described(field),
        "example": field.example or None,
        "constraints": {key: value for key, value in constraints.items() if value is not None},
    }
    return {key: value for key, value in described.items() if value}


def _table_type(field: Field, layout: Layout) -> str:
    # A date in the French form is text to the standard.
    instant = "string" if layout.has_french_forms else "datetime"
    kinds = {"text": "string", "decimal": "number", "instant": instant, "json": "array"}
    return kinds.get(field.kind, field.kind)


def json_schema(layout: Layout) -> dict[str, Any]:
    """One line of a JSON Lines drop: the layout's dotted columns as nested objects, nothing else."""
    root: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Un trajet passager, une ligne d'un dépôt JSON Lines",
        **_object(),
    }
    for name, found in meanings(layout).items():
        node = root
        *parents, leaf = name.split(".")
        for parent in parents:
            node = node["properties"].setdefault(parent, _object())
        node["properties"][leaf] = _json_field(*found) if found else {}
    for name in sorted(layout.required):
        node = root
        for part in name.split("."):
            node["required"] = sorted({*node["required"], part})
            node = node["properties"][part]
    return root


def _object() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": [], "properties": {}}


def _json_field(ours: str, field: Field) -> dict[str, Any]:
    if field.kind == "json":
        entry = _PAYMENT if ours == "payments" else _INCENTIVE
        return {"type": "array", "maxItems": 20, "items": entry, "description": _described(field)}
    kinds = {"integer": "integer", "decimal": "number", "boolean": "boolean"}
    described = {
        "type": [kinds.get(field.kind, "string"), "null"],
        "format": "date-time" if field.kind == "instant" else None,
        "minimum": field.low,
        "maximum": field.high,
        "maxLength": field.longest,
        "enum": [*field.choices, None] if field.choices else None,
        "pattern": field.pattern or None,
        "description": _described(field),
    }
    return {key: value for key, value in described.items() if value is not None}


def _described(field: Field) -> str:
    return f"{field.meaning} En {field.unit}." if field.unit else field.meaning
