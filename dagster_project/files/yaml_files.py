"""A YAML file that people sign: its data as it is written, the line of each key, where its faults lie.

Not here: the words of a fault (yaml_faults), which files there are (catalogue), what a well-formed campaign
can still get wrong (checks).
Why: D-081.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from unicodedata import category

import yaml
from pydantic import BaseModel, ValidationError

from dagster_project.files.yaml_faults import Path_, in_french

_MOST_LEVELS, _MOST_NODES = 50, 1_000_000
Problem = tuple[Path_, str]
_Model = TypeVar("_Model", bound=BaseModel)


class _Loader(yaml.CSafeLoader):
    """Numbers stay as they are written: 6.10, 01004 and 17:30 are no numbers.

    libyaml reads a file in a sixth of the time that Python needs, and gives the same lines.
    """

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag.split(":")[-1] not in ("int", "float")]
        for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _moment(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:  # 30 February: the model says so, with the line
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _moment)


class _TooLargeError(yaml.YAMLError):
    """More than a file that people sign can need; further on, libyaml's own recursion ends the process."""

    def __init__(self, mark: Any) -> None:
        super().__init__()
        self.problem_mark = mark


def read(file: Path, model: type[_Model], *additions: Path) -> tuple[_Model | None, list[str]]:
    """The file as a model, or one line per fault: file, line, key, what, remedy.

    `additions` are files of the same shape: their keys add to the first one's, or take their place.
    """
    data: Any = {}
    for source in (file, *additions):
        given, faults = _data(source)
        if faults:
            return None, faults
        data = data | given if isinstance(data, dict) and isinstance(given, dict) else given
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        messages_of: dict[Path, dict[Path_, str]] = {source: {} for source in (file, *additions)}
        lines = {source: _lines(source) for source in messages_of}
        for fault in error.errors():
            holders = [source for source in messages_of if fault["loc"][:1] in lines[source]]
            place = holders[-1] if holders else file
            # A value of several possible types has one fault per type: the first says enough.
            path = _written(lines[place], fault["loc"], fault["type"] == "missing")
            messages_of[place].setdefault(path, in_french(dict(fault), model, path))
        return None, [
            line for source, messages in messages_of.items() for line in fault_lines(source, messages.items())
        ]


def written(file: Path) -> Any:
    """A file's data as it is written; None where it is no YAML."""
    return _data(file)[0]


def _data(file: Path) -> tuple[Any, list[str]]:
    try:
        text = file.read_text("utf-8-sig")
        _, data, flaws = _parsed(text)
    except UnicodeDecodeError:
        return None, [f"{file}:1: n'est pas en UTF-8 ; l'enregistrer dans cet encodage"]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        what = "n'est pas du YAML ; vérifier les retraits, les deux-points, les guillemets"
        if isinstance(error, _TooLargeError):
            what = f"plus de {_MOST_LEVELS} niveaux ou de {_MOST_NODES} éléments ; aplatir, ou couper en deux"
        elif mark and text[mark.index : mark.index + 1] == "\t":
            what = "une tabulation, que YAML n'admet pas ; mettre des espaces à sa place"
        return None, [f"{file}:{line}: {what}"]
    return (None, fault_lines(file, flaws)) if flaws else (data, [])


@lru_cache(maxsize=512)
def _parsed(text: str) -> tuple[yaml.Node | None, Any, list[Problem]]:
    """A text's nodes, with their lines, its data and what in it YAML would take in silence.

    By content: a file that has changed is another one.
    """
    _check_size(text)
    loader = _Loader(text)
    node = loader.get_single_node()
    return node, None if node is None else loader.construct_document(node), list(_flaws(node, ()))


def _check_size(text: str) -> None:
    """Raise _TooLargeError where what is nested, aliases included, is too deep or too much."""
    open_ones: list[tuple[str | None, list[int]]] = [(None, [0, 0])]  # anchor; nodes and levels inside
    anchors: dict[str | None, list[int]] = {}
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_ones.append((event.anchor, [1, 1]))
            closed = [0, 0]
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, closed = open_ones.pop()
            anchors[anchor] = closed
        elif isinstance(event, yaml.AliasEvent):  # of what is still open: without end
            is_open = any(anchor == event.anchor for anchor, _ in open_ones)
            closed = [_MOST_NODES + 1, 0] if is_open else anchors.get(event.anchor, [1, 0])
        else:
            closed = [1, 0]
        inside = open_ones[-1][1]
        inside[0], inside[1] = inside[0] + closed[0], max(inside[1], closed[1] + 1)
        if inside[0] > _MOST_NODES or len(open_ones) + closed[1] > _MOST_LEVELS:
            raise _TooLargeError(event.start_mark)


def salvaged(file: Path, model: type[_Model], stand_ins: Mapping[str, Any]) -> tuple[_Model | None, set[str]]:
    """A file with stand-ins for keys that are missing or wrong, so that others can be judged; these keys."""
    data, faults = _data(file)
    if faults or not isinstance(data, dict):
        return None, set()
    broken: set[str] = set()
    try:
        return model.model_validate(data), broken
    except ValidationError as error:
        broken = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    kept = {key: value for key, value in data.items() if key not in broken}
    try:
        return model.model_validate(kept | {key: stand_ins[key] for key in broken & stand_ins.keys()}), broken
    except ValidationError:
        return None, broken


def fault_lines(file: Path, faults: Iterable[Problem]) -> list[str]:
    """Faults as lines, in the order of the file."""
    if not (faults := list(faults)):
        return []
    lines = _lines(file)
    placed = sorted(((_line(lines, path), path, what) for path, what in faults), key=lambda fault: fault[0])
    return [f"{file}:{line}: {'.'.join(map(str, path)) or 'fichier'} : {what}" for line, path, what in placed]


def _nodes(node: yaml.Node | None, path: Path_) -> Iterator[tuple[Path_, int]]:
    if node is None:
        return
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _nodes(value, (*path, key.value))
            yield (*path, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _nodes(value, (*path, index))


def _flaws(node: yaml.Node | None, path: Path_) -> Iterator[Problem]:
    # YAML keeps the last one in silence: half of a convention would be gone.
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield (*path, key.value), "clé écrite deux fois ; réunir les deux, ou en retirer une"
            seen.add(key.value)
            yield from _flaws(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _flaws(value, (*path, index))
    elif node and any(category(sign) == "Cc" and sign != "\n" for sign in node.value):
        yield path, "signe de contrôle, que ni une facture ni un tableau ne portent ; le retirer"


def _lines(file: Path) -> dict[Path_, int]:
    """Line of each key path of a YAML file, from 1."""
    return dict(_nodes(_parsed(file.read_text("utf-8-sig"))[0], ()))


def _line(lines: dict[Path_, int], path: Path_) -> int:
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 1)


def _written(lines: dict[Path_, int], place: Path_, is_missing: bool) -> Path_:
    """The path as the file has it, without the names of the types that were tried."""
    path: Path_ = ()
    for step in place:
        if (*path, step) in lines:
            path = (*path, step)
    return (*path, place[-1]) if is_missing else path
