"""What is wrong with a signed file, in the words of who signs it: pydantic's faults in French, with a remedy.

Not here: where a fault lies (yaml_files).
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from dagster_project.contracts.signed_files import FORMS

Path_ = tuple[str | int, ...]
_FRENCH = {
    "missing": "clé obligatoire, absente ; l'ajouter",
    "literal_error": "`{input}` n'est pas admis ; écrire {expected}",
    "string_type": "un texte est attendu ; mettre la valeur entre guillemets",
    "string_too_short": "texte vide ; le compléter",
    "too_long": "{actual_length} éléments, {max_length} au plus ; en réunir, ou couper la campagne en deux",
    "too_short": "au moins {min_length} élément(s) attendu(s) ; compléter la liste",
    "list_type": "une liste est attendue ; l'écrire entre crochets ou avec des tirets",
    "dict_type": "des clés sont attendues ici, une par ligne ou entre accolades",
    "model_type": "des clés sont attendues ici, une par ligne ou entre accolades",
    "greater_than_equal": "au moins {ge} attendu ; ici `{input}`",
    "greater_than": "plus que {gt} attendu ; ici `{input}`",
    "less_than_equal": "au plus {le} attendu ; ici `{input}`",
    "decimal_max_places": "au plus {decimal_places} décimale(s) ; ici `{input}`",
    "int": "un nombre entier est attendu, sans virgule ni point (150 centimes pour 1,50 €) ; ici `{input}`",
    "decimal": "un nombre est attendu, avec un point s'il a des décimales ; ici `{input}`",
    "float": "un nombre est attendu, avec un point s'il a des décimales ; ici `{input}`",
    "bool": "true ou false attendu ; ici `{input}`",
    "date": "date attendue, par exemple 2022-09-01, ou instant, 2022-09-01T00:00:00Z ; ici `{input}`",
}  # fmt: skip


def in_french(fault: dict[str, Any], model: type[BaseModel], path: Path_) -> str:
    """One fault that pydantic found at a place of the file."""
    kind, known = fault["type"], fault.get("ctx", {}) | {"input": fault["input"]}
    if kind == "extra_forbidden":
        name, keys = str(fault["loc"][-1]), _keys(model, path[:-1])
        if name.isdigit():
            return (
                "une virgule sépare deux clés ; un montant est en centimes entiers (150), les décimales d'un "
                "taux ont un point (12.5)"
            )
        return f"clé inconnue ici{nearest(name, keys)} ; la corriger ou la retirer"
    if kind == "value_error":
        return str(known["error"])
    if kind == "string_pattern_mismatch":
        return f"{FORMS[known['pattern']]} ; ici `{fault['input']}`"
    if "expected" in known:
        known["expected"] = str(known["expected"]).replace(" or ", " ou ").replace("'", "`")
    form = _FRENCH.get(kind) or _FRENCH.get(kind.split("_")[0])
    return form.format(**known) if form else str(fault["msg"])


def nearest(name: str, names: Iterable[str]) -> str:
    """The known name that a wrong one is likely to mean, as the end of a sentence."""
    known = sorted(names)
    if close := get_close_matches(name, known, 1, 0.5):
        return f" ; le plus proche est `{close[0]}`"
    return f" ; connus : {', '.join(known)}" if 0 < len(known) <= 20 else ""


def _keys(model: type[BaseModel], place: Path_) -> list[str]:
    """The keys that the schema has at a place of the file."""
    schema = model.model_json_schema()

    def kinds(node: dict[str, Any]) -> list[dict[str, Any]]:
        if "$ref" in node:
            return kinds(schema["$defs"][node["$ref"].rpartition("/")[2]])
        ways = node.get("anyOf") or node.get("oneOf")
        return [kind for way in ways for kind in kinds(way)] if ways else [node]

    def child(node: dict[str, Any], step: str | int) -> dict[str, Any] | None:
        if isinstance(step, int):
            return node.get("items")
        named = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
        return node.get("properties", {}).get(step) or next(
            (subschema for subschema in named if subschema), None
        )

    nodes = kinds(schema)
    for step in place:
        nodes = [kind for node in nodes if (inner := child(node, step)) for kind in kinds(inner)]
    return [key for node in nodes for key in node.get("properties", {})]
