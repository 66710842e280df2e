"""From when the dated parts of a rule file change money, and which of these changes has no statement yet.

A statement lies beside the rule's file and names the digest of the text that it speaks of. Not here: what a
change does to journeys (simulation.rule_replay), its words (pages.laboratory.statement). Why: D-296, D-297.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dagster_project.campaigns.language.acceptance import Acceptance
from dagster_project.catalogue.fraud_rules import Frauds
from dagster_project.catalogue.law import Law
from dagster_project.catalogue.parties import Authority
from dagster_project.files import yaml_files

# The first day on which a change needs a statement: those before it are as they are.
BEGAN_ON = date(2026, 12, 1)
# The files of data/rules that do, by name; the others are campaigns, and authorities with their members.
MODELS: dict[str, type[BaseModel]] = {"acceptance": Acceptance, "fraud": Frauds}
# Its figures change no journey's verdict or amount, and come when others have set them (D-309).
LAW = "juridique"
NO_RULE = ("periode", "acompte", "appels_de_fonds")  # of a campaign: their dates change no journey's amount
_DATED = ("du", "au", "avant")
_DAY = timedelta(days=1)


def is_campaign(file: Path) -> bool:
    """Whether a rule file is a campaign's; else it is an authority's, or one of data/rules."""
    return file.stem not in (*MODELS, LAW) and not is_authority(file)


def is_authority(file: Path) -> bool:
    """Whether a file is an authority's, by its folder."""
    return file.parent.name == "authorities"


def model(file: Path) -> type[BaseModel] | None:
    """What such a file must be; none: a campaign."""
    return Authority if is_authority(file) else (MODELS | {LAW: Law}).get(file.stem)


def read(file: Path) -> Any:
    """What a rule file says, dates and all; of an authority, its members alone, in a campaign's own keys."""
    data = yaml_files.written(file)
    return {"membres": [_member(member) for member in data["epci"]]} if is_authority(file) else data


def _member(written: Any) -> dict[str, Any]:
    member = written if isinstance(written, dict) else {"code": written}
    days = {"du": member.get("from"), "au": member.get("to")}
    return {"code": str(member["code"])} | {key: day for key, day in days.items() if day}


def changes(data: Any) -> dict[date, str]:
    """The days on which something begins or ends in a rule file, and the digest of what does.

    Where a part ends later is no matter of the day on which it begins.
    """
    parts_by_day: dict[date, list[Any]] = {}
    for day, text in _moments(_dated_part(data)):
        parts_by_day.setdefault(day, []).append(text)
    return {
        day: hashlib.sha256(
            json.dumps(parts_by_day[day], sort_keys=True, ensure_ascii=False, default=str).encode()
        ).hexdigest()
        for day in sorted(parts_by_day)
    }


def moved(data: Any, day: date, to: date) -> Any:
    """The file as if what changes on a day had changed on another one."""
    shifted = {"du": (day, to), "avant": (day, to), "au": (day - _DAY, to - _DAY)}
    return _rewritten(data, lambda key, value: shifted[key][1] if _is(value, shifted[key][0]) else value)


def without(data: Any, day: date) -> Any:
    """The file as if nothing changed on a day: what begins then is not there, what ends then goes on."""
    ends = {"avant": day, "au": day - _DAY}
    return _rewritten(
        data,
        lambda key, value: None if key in ends and _is(value, ends[key]) else value,
        lambda part: begins_on(part, day),
    )


def since(data: Any, day: date) -> Any:
    """The file as if what takes another's place on a day had always been there; to be read, not to pay by."""

    def is_ended(part: dict[str, Any]) -> bool:
        return _is(part.get("avant"), day) or _is(part.get("au"), day - _DAY)

    return _rewritten(data, lambda _, value: value, is_ended, replaced_on=day)


def begins_on(part: Any, day: date) -> bool:
    """Whether a part of a file begins on a day."""
    return isinstance(part, dict) and _is(part.get("du"), day)


def statement_file(file: Path, day: date, catalogue: Path) -> Path:
    """Where the statement of a rule file's change lies: beside the file of that name in the catalogue."""
    kind = "campaigns" if is_campaign(file) else "authorities" if is_authority(file) else "rules"
    folder = catalogue / kind / "statements"
    return folder / f"{file.stem}.{day}.yml"


def start(campaign: Any) -> date:
    """A campaign's first day."""
    return _day(campaign["periode"]["du"]) or date.max


def plain(data: dict[str, Any]) -> dict[str, Any]:
    """The file with its only table as its tariff, whatever its name, and an only version as its territory."""
    tariff, places = data.get("tarif", {}), data.get("territoires", {})
    match tariff.get("tables"):
        case [{**table}] if table.keys() <= {"nom", "mode", "tranches"}:
            rest = {key: value for key, value in tariff.items() if key != "tables"}
            tariff = rest | {key: value for key, value in table.items() if key != "nom"}
    places = {
        name: versions[0]
        if isinstance(versions, list) and len(versions) == 1 and "du" not in versions[0]
        else versions
        for name, versions in places.items()
    }
    return data | ({"tarif": tariff} if tariff else {}) | ({"territoires": places} if places else {})


def missing(file: Path, catalogue: Path) -> list[date]:
    """The changes of a well-formed rule file that need a statement and have none of their text."""
    data = read(file)
    return [
        day
        for day, digest in changes(data).items()
        if day >= BEGAN_ON
        and file.stem != LAW
        and (not is_campaign(file) or day > start(data))
        and not is_stated(statement_file(file, day, catalogue), digest)
    ]


def is_stated(statement: Path, digest: str) -> bool:
    """Whether a statement is there and speaks of this text."""
    written = yaml_files.written(statement) if statement.is_file() else None
    return isinstance(written, dict) and written.get("empreinte") == digest


def faults(file: Path, catalogue: Path) -> list[str]:
    """A line for each change without its statement: file, what, remedy."""
    return [
        f"{file}: la règle change le {day} et ce changement n'a pas de constat de ce texte ; lancer "
        f"`entrepot rule-statement {file} --from {day}`"
        for day in missing(file, catalogue)
    ]


def catalogue_faults(catalogue: Path) -> list[str]:
    """The same of all rule files of a catalogue."""
    return [line for file in files(catalogue) for line in faults(file, catalogue)]


def files(catalogue: Path) -> list[Path]:
    """The rule files that change money."""
    rules = [catalogue / "rules" / f"{name}.yml" for name in MODELS]
    folders = (catalogue / name for name in ("campaigns", "authorities"))
    return [*rules, *(file for folder in folders for file in sorted(folder.glob("*.yml")))]


def _dated_part(data: Any) -> Any:
    return {key: value for key, value in data.items() if key not in NO_RULE}


def _moments(node: Any) -> Iterator[tuple[date, Any]]:
    if isinstance(node, list):
        for value in node:
            yield from _moments(value)
    elif isinstance(node, dict):
        if begins := _day(node.get("du")):
            yield begins, {key: value for key, value in node.items() if key not in ("au", "avant")}
        if ends := _day(node.get("avant")):
            yield ends, node
        if last := _day(node.get("au")):
            yield last + _DAY, node
        for key, value in node.items():
            if key != "dates":  # the journeys' own days, which a condition names
                yield from _moments(value)


def _rewritten(
    data: Any,
    dated: Callable[[str, Any], Any],
    is_gone: Callable[[dict[str, Any]], bool] = lambda _: False,
    replaced_on: date | None = None,
) -> Any:
    """The data with other days, and without some parts of lists. A key without a value is left out.

    `replaced_on`: what begins then beside a part that is gone shows no beginning.
    """

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            kept = [part for part in node if not (isinstance(part, dict) and is_gone(part))]
            if replaced_on and len(kept) < len(node):
                kept = [_without_start(part, replaced_on) for part in kept]
            return [walk(part) for part in kept]
        if not isinstance(node, dict):
            return node
        new = {
            key: dated(key, value) if key in _DATED else value if key == "dates" else walk(value)
            for key, value in node.items()
        }
        # A list of which nothing is left was not there.
        return {
            key: value for key, value in new.items() if value is not None and (value != [] or not node[key])
        }

    return walk(_dated_part(data)) | {key: value for key, value in data.items() if key in NO_RULE}


def _without_start(part: Any, day: date) -> Any:
    return {key: value for key, value in part.items() if key != "du"} if begins_on(part, day) else part


def _is(value: Any, day: date) -> bool:
    return _day(value) == day


def _day(value: Any) -> date | None:
    if isinstance(value, str):  # in quotes
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
