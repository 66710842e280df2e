"""The drop contract as the standards write it: Table Schema (frictionless) and JSON Schema, from FIELDS."""

from collections.abc import Callable
from typing import Any

from dagster_project.contracts.couple import ROLES
from dagster_project.contracts.drop_fields import FIELDS, FRENCH_FORM, INSTANT_FORM, Field
from dagster_project.contracts.layouts import Layout

_TEXT: dict[str, Any] = {"type": "string", "pattern": r"\S"}
_INCENTIVE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["index", "siret", "amount"],
    "properties": {
        "index": {"type": "integer", "minimum": 0, "maximum": 19},
        "siret": {"type": "string", "pattern": "^[0-9]{14}$"},
        "amount": {"type": "integer", "minimum": 0, "maximum": 100_000},
    },
}
_PAYMENT: dict[str, Any] = {
    **_INCENTIVE,
    "required": ["index", "siret", "type", "amount"],
    "properties": {**_INCENTIVE["properties"], "type": {"type": "string", "maxLength": 64}},
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
        "description": "Une ligne status=cancelled n'a besoin que de l'identifiant du trajet.",
        "missingValues": [""],
        "primaryKey": layout.sources["operator_journey_id"],
        "fields": [_table_field(name, meaning, layout) for name, meaning in meanings(layout).items()],
    }


def _table_field(name: str, meaning: tuple[str, Field] | None, layout: Layout) -> dict[str, Any]:
    if not meaning:
        return {"name": name, "type": "string", "description": "Colonne admise, non lue."}
    ours, field = meaning
    constraints = {
        "required": ours in layout.mandatory or None,
        "minimum": field.low,
        "maximum": field.high,
        "maxLength": field.longest if field.kind == "text" else None,
        "enum": list(field.choices) or None,
        "pattern": _pattern(field, layout),
    }
    described = {
        "name": name,
        "type": _table_type(field),
        "description": _described(field),
        "example": field.example or None,
        "constraints": {key: value for key, value in constraints.items() if value is not None},
    }
    return {key: value for key, value in described.items() if value}


def _table_type(field: Field) -> str:
    # The standard knows one form of instants, and one of numbers: the others are texts with a pattern.
    return {"text": "string", "decimal": "number", "instant": "string", "json": "array"}.get(
        field.kind, field.kind
    )


def _pattern(field: Field, layout: Layout) -> str | None:
    if field.kind != "instant":
        return field.pattern or None
    return f"{INSTANT_FORM}|{FRENCH_FORM}" if layout.has_french_forms else INSTANT_FORM


def json_schema(layout: Layout) -> dict[str, Any]:
    """One line of a JSON Lines drop: the layout's dotted columns as nested objects, nothing else.

    A cancellation needs its key only; any other line all that is mandatory, and each person identified.
    """
    root: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Un trajet passager, une ligne d'un dépôt JSON Lines",
        **_object(),
    }
    journey = _needed()
    for name, meaning in meanings(layout).items():
        *parents, leaf = name.split(".")
        _inside(root, parents, _object)["properties"][leaf] = _json_field(*meaning) if meaning else {}
        if meaning and (meaning[0] in layout.mandatory or name in layout.required):
            _need(_inside(journey, parents, _needed), leaf, _filled(meaning[1]))
    for role in ROLES:
        identified = [_given("phone"), _given("phone_trunc", "operator_user_id")]
        _need(_inside(journey, [role], _needed), "identity", {"type": "object", "anyOf": identified})
    cancels = {"properties": {"status": {"const": "cancelled"}}, "required": ["status"]}
    key = _given(layout.sources["operator_journey_id"])
    return root | {"if": cancels, "then": key, "else": journey}


def _inside(
    node: dict[str, Any], parents: list[str], make_node: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The object that holds a field, made with those around it where it is not there yet."""
    for part in parents:
        if part not in node["properties"]:
            if "required" in node:
                _need(node, part, make_node())
            else:
                node["properties"][part] = make_node()
        node = node["properties"][part]
    return node


def _need(node: dict[str, Any], name: str, described: dict[str, Any]) -> None:
    node["required"] = sorted({*node["required"], name})
    node["properties"][name] = described


def _needed() -> dict[str, Any]:
    return {"type": "object", "required": [], "properties": {}}


def _object() -> dict[str, Any]:
    return {"type": ["object", "null"], "additionalProperties": False, "properties": {}}


def _given(*texts: str) -> dict[str, Any]:
    return {"required": list(texts), "properties": dict.fromkeys(texts, _TEXT)}


def _filled(field: Field) -> dict[str, Any]:
    """What a mandatory field holds beyond its own constraints: anything but null or an empty text."""
    return _TEXT if field.kind in ("text", "instant") else {"not": {"type": "null"}}


def _json_field(ours: str, field: Field) -> dict[str, Any]:
    if field.kind == "json":
        entry = _PAYMENT if ours == "payments" else _INCENTIVE
        return {"type": ["array", "null"], "maxItems": 20, "items": entry, "description": _described(field)}
    kinds = {"integer": "integer", "decimal": "number", "boolean": "boolean"}
    described = {
        "type": [kinds.get(field.kind, "string"), "null"],
        "minimum": field.low,
        "maximum": field.high,
        "maxLength": field.longest,
        "enum": [*field.choices, None] if field.choices else None,
        "pattern": (INSTANT_FORM if field.kind == "instant" else field.pattern) or None,
        "description": _described(field),
    }
    return {key: value for key, value in described.items() if value is not None}


def _described(field: Field) -> str:
    return f"{field.meaning} En {field.unit}." if field.unit else field.meaning
