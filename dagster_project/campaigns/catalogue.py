"""Reads data/campaigns, operators and authorities; names file, line and remedy where one is wrong."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from dagster_project.campaigns.checks import Known, Problem, known_codes, problems, unknown, unpublishable
from dagster_project.campaigns.conditions import Slug
from dagster_project.campaigns.model import Campaign
from dagster_project.contracts.luhn import is_siret


class CatalogueError(Exception):
    """A file of the catalogue is wrong; one line per problem: file, line, what, remedy."""


class Grant(BaseModel):
    """The proof class an operator may declare, from a day on (local date, Europe/Paris)."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    since: Annotated[Any, Field(alias="from")]
    proof_class: Annotated[Literal["A", "B", "C"], Field(alias="class")]


class Operator(BaseModel):
    """A carpooling platform that may send drops."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    name: str
    siret: str
    address: str
    proof_classes: list[Grant]

    @field_validator("siret")
    @classmethod
    def _luhn(cls, siret: str) -> str:
        if not is_siret(siret):
            raise ValueError(
                "is no SIRET: 14 digits with a right check digit; copy it from the register extract"
            )
        return siret


class Authority(BaseModel):
    """Who pays: a mobility authority, as the EPCIs it is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    name: str
    name_genitive: str  # as documents read: « Participation financière … »
    siren: Annotated[str, Field(pattern=r"^[0-9]{9}$")]
    address: str
    epci: list[str]


_Entry = TypeVar("_Entry", Operator, Authority, Campaign)


def operators(catalogue: Path) -> list[Operator]:
    """Every operator, by id. Raises CatalogueError."""
    return _load(catalogue / "operators", Operator)


def authorities(catalogue: Path) -> list[Authority]:
    """Every authority, by id. Raises CatalogueError."""
    return _load(catalogue / "authorities", Authority)


def campaigns(catalogue: Path) -> list[Campaign]:
    """Every campaign, by id. Raises CatalogueError, also where one is well formed and still wrong."""
    loaded = _load(catalogue / "campaigns", Campaign)
    told = [line for one in loaded for line in check(catalogue / "campaigns" / f"{one.id}.yml", catalogue)]
    if told:
        raise CatalogueError("\n".join(told))
    return loaded


def check(file: Path, catalogue: Path) -> list[str]:
    """Everything that is wrong with a campaign file, one line each: file, line, what, remedy."""
    if not file.is_file():
        return [f"{file}: n'existe pas ; vérifier le chemin"]
    entry, told = _read(file, Campaign)
    if entry is None:
        return told
    return _told(file, [*problems(entry), *unknown(entry, _known(catalogue)), *unpublishable(entry)])


def draft(file: Path, catalogue: Path) -> tuple[Campaign, list[str]]:
    """A campaign file and what of it the catalogue does not know. Raises CatalogueError."""
    entry = campaign(file)
    if wrong := problems(entry):
        raise CatalogueError("\n".join(_told(file, wrong)))
    return entry, _told(file, unknown(entry, _known(catalogue)))


def _known(catalogue: Path) -> Known:
    return Known(
        frozenset(operator.id for operator in operators(catalogue)),
        frozenset(authority.id for authority in authorities(catalogue)),
        known_codes(catalogue / "reference"),
    )


def _told(file: Path, found: Iterable[Problem]) -> list[str]:
    lines = _lines(file.read_text("utf-8"))
    return [f"{file}:{_line(lines, path)}: {'.'.join(map(str, path))}: {what}" for path, what in found]


def campaign(file: Path) -> Campaign:
    """One campaign file, wherever it lies. Raises CatalogueError."""
    entry, problems = _read(file, Campaign)
    if entry is None:
        raise CatalogueError("\n".join(problems))
    return entry


def _load(folder: Path, model: type[_Entry]) -> list[_Entry]:
    entries, problems = [], []
    for file in sorted(folder.glob("*.yml")):
        entry, found = _read(file, model)
        problems += found
        if entry is not None:
            if entry.id != file.stem:
                problems.append(f"{file}: id `{entry.id}` is not the file's name; rename one of them")
            entries.append(entry)
    if problems:
        raise CatalogueError("\n".join(problems))
    return entries


def _read(file: Path, model: type[_Entry]) -> tuple[_Entry | None, list[str]]:
    text = file.read_text("utf-8")
    try:
        return model.model_validate(yaml.safe_load(text)), []
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return None, [f"{file}:{mark.line + 1 if mark else '?'}: is no YAML; check indentation and quotes"]
    except ValidationError as error:
        lines = _lines(text)
        return None, [
            f"{file}:{_line(lines, one['loc'])}: {'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}"
            for one in error.errors()
        ]


def _lines(text: str) -> dict[tuple[str | int, ...], int]:
    """Line of each key path of a YAML text, from 1."""
    found: dict[tuple[str | int, ...], int] = {}

    def walk(node: yaml.Node | None, path: tuple[str | int, ...]) -> None:
        if node is None:
            return
        found[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                walk(value, (*path, key.value))
                found[*path, key.value] = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                walk(value, (*path, index))

    walk(yaml.compose(text), ())
    return found


def _line(lines: dict[tuple[str | int, ...], int], path: tuple[str | int, ...]) -> int:
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 1)
