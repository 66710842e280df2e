"""What rule files said on the last night, so that nobody changes on the spot what has been paid by.

A change gets a day, and a statement (rule_changes). One without a day is refused before a night, and told by
the night that it reaches. Why: D-307.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.catalogue import rule_changes

# One row per file and night, of the last two nights: a night that runs again compares with the one before it.
RULE_TEXTS = {"file": pl.String, "night_on": pl.Date, "digest": pl.String}
_NAME = "rule_texts"
_NO_MONEY = ("article", "source")
_NAMES = ("nom", "convention")  # of a campaign


def faults(file: Path, catalogue: Path, lake_rules: Path | None) -> list[str]:
    """What a well-formed rule file changes on the spot or without a statement: file, what, remedy."""
    edits = edited(file, known(lake_rules)) if lake_rules else []
    return [*edits, *rule_changes.faults(file, catalogue)]


def known(folder: Path) -> pl.DataFrame:
    """What nights have written down in a lake's folder of rule rows; empty before any night."""
    file = folder / f"{_NAME}.parquet"
    return pl.read_parquet(file) if file.is_file() else pl.DataFrame(schema=RULE_TEXTS)


def tonight(catalogue: Path, night_on: date, before: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rule table of a night: what its files say that day, beside the night before."""
    rows = [
        {"file": _key(file), "night_on": night_on, "digest": _digest(data, night_on)}
        for file in rule_changes.files(catalogue)
        for data in [rule_changes.read(file)]
        if _has_begun(file, data, night_on)
    ]
    return {_NAME: pl.concat([_latest(before, night_on), pl.DataFrame(rows, schema=RULE_TEXTS)])}


def edited(file: Path, texts: pl.DataFrame, night_on: date = date.max) -> list[str]:
    """A line where a well-formed rule file says otherwise what it said on the last night before one."""
    data = rule_changes.read(file)
    return [
        f"{file}: ce qui valait la nuit du {then} a été changé sur place ; remettre le texte d'avant, et "
        "donner la règle nouvelle avec le jour où elle commence (`du`, `from`)"
        for _, then, digest in _latest(texts, night_on).filter(pl.col("file") == _key(file)).iter_rows()
        if _digest(data, then) != digest
    ]


def _latest(texts: pl.DataFrame, night_on: date) -> pl.DataFrame:
    earlier = texts.filter(pl.col("night_on") < night_on)
    return earlier.sort("file", "night_on").unique("file", keep="last", maintain_order=True)


def _key(file: Path) -> str:
    return f"authorities/{file.stem}" if rule_changes.is_authority(file) else file.stem


def _has_begun(file: Path, data: Any, day: date) -> bool:
    return not rule_changes.is_campaign(file) or rule_changes.start(data) <= day


def _digest(data: Any, day: date) -> str:
    """Of what a rule file says of journeys until a day, however it says what comes after."""
    for later in rule_changes.changes(data):
        if later > day:
            data = rule_changes.without(data, later)
    rules = dict(_rules(rule_changes.plain(data)))
    return hashlib.sha256(json.dumps(rules, sort_keys=True, default=str).encode()).hexdigest()


def _rules(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if key not in (*_NAMES, *rule_changes.NO_RULE):
            yield key, _without_words(value)


def _without_words(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_words(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_words(value) for key, value in node.items() if key not in _NO_MONEY}
