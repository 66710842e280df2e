"""Reads data/campaigns, operators and authorities; names file, line and remedy where one is wrong."""

from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from pydantic import BaseModel

from dagster_project.campaigns import yaml_files
from dagster_project.campaigns.checks import Known, known_places, problems, unknown, unpublishable
from dagster_project.campaigns.decisions import Decision, read_decisions
from dagster_project.campaigns.frauds import Frauds
from dagster_project.campaigns.law import Law
from dagster_project.campaigns.model import Campaign
from dagster_project.campaigns.notes import read_notes
from dagster_project.campaigns.parties import Authority, Operator
from dagster_project.campaigns.yaml_files import Problem, told


class CatalogueError(Exception):
    """A file of the catalogue is wrong; one line per problem: file, line, what, remedy."""


_Entry = TypeVar("_Entry", Operator, Authority, Campaign)
_Rules = TypeVar("_Rules", bound=BaseModel)


def operators(catalogue: Path) -> list[Operator]:
    """Every operator, by id. Raises CatalogueError."""
    return _load(catalogue / "operators", Operator)


def authorities(catalogue: Path) -> list[Authority]:
    """Every authority, by id. Raises CatalogueError."""
    loaded = _load(catalogue / "authorities", Authority)
    known = {one.id for one in operators(catalogue)}
    wrong, owners = [], dict[str, str]()
    for one in loaded:
        faults: list[Problem] = []
        for index, code in enumerate(one.epci):
            if code in owners:
                what = f"EPCI `{code}` déjà dans l'autorité `{owners[code]}` ; le retirer de l'une des deux"
                faults.append((("epci", index), what))
            owners.setdefault(code, one.id)
        for index, signed in enumerate(one.conventions):
            if signed.operator not in known:
                what = f"opérateur `{signed.operator}` absent de data/operators ; ajouter sa fiche"
                faults.append((("conventions", index), what))
        wrong += told(catalogue / "authorities" / f"{one.id}.yml", faults)
    if wrong:
        raise CatalogueError("\n".join(wrong))
    return loaded


def law(catalogue: Path) -> Law:
    """The dated figures of the law. Raises CatalogueError."""
    return _rules(catalogue / "rules" / "juridique.yml", Law)


def frauds(catalogue: Path) -> Any:
    """The dated thresholds of fraud labels. Raises CatalogueError."""
    return _rules(catalogue / "rules" / "fraud.yml", Frauds)


def decisions(catalogue: Path, private: Path | None) -> list[tuple[Decision, str]]:
    """Reviewed decisions on labels, each with its file and line. Raises CatalogueError."""
    folders = [folder / "decisions" for folder in (catalogue, private) if folder]
    read, wrong = read_decisions(folders, {one.id for one in operators(catalogue)})
    if wrong:
        raise CatalogueError("\n".join(wrong))
    return read


def campaigns(catalogue: Path) -> list[Campaign]:
    """Every campaign, by id. Raises CatalogueError, also where one is well formed and still wrong."""
    loaded = _load(catalogue / "campaigns", Campaign)
    wrong = [line for one in loaded for line in check(catalogue / "campaigns" / f"{one.id}.yml", catalogue)]
    if wrong:
        raise CatalogueError("\n".join(wrong))
    return loaded


def notes(catalogue: Path, campaigns: list[Campaign], operators: list[Operator]) -> list[dict[str, Any]]:
    """What happened during campaigns, as rows. Raises CatalogueError."""
    known = {one.id for one in campaigns}, {one.id for one in operators}
    rows, wrong = read_notes(catalogue / "notes", *known)
    if wrong:
        raise CatalogueError("\n".join(wrong))
    return rows


def check(file: Path, catalogue: Path) -> list[str]:
    """Everything that is wrong with a campaign file, one line each: file, line, what, remedy."""
    if not file.is_file():
        return [f"{file}: n'existe pas ; vérifier le chemin"]
    entry, wrong = yaml_files.read(file, Campaign)
    if entry is None:
        return wrong
    known = _known(catalogue)
    return told(file, [*problems(entry, known), *unknown(entry, known), *unpublishable(entry)])


def draft(file: Path, catalogue: Path) -> tuple[Campaign, list[str]]:
    """A campaign file and what of it the catalogue does not know. Raises CatalogueError."""
    entry, known = campaign(file), _known(catalogue)
    if wrong := problems(entry, known):
        raise CatalogueError("\n".join(told(file, wrong)))
    return entry, told(file, unknown(entry, known))


def _known(catalogue: Path) -> Known:
    named = authorities(catalogue)
    members = {code: authority.siren for authority in named for code in authority.epci}
    return Known(
        frozenset(operator.id for operator in operators(catalogue)),
        frozenset(authority.id for authority in named),
        known_places(catalogue / "reference").with_columns(
            pl.col("epci").replace_strict(members, default=None, return_dtype=pl.String).alias("aom")
        ),
    )


def campaign(file: Path) -> Campaign:
    """One campaign file, wherever it lies. Raises CatalogueError."""
    entry, problems = yaml_files.read(file, Campaign)
    if entry is None:
        raise CatalogueError("\n".join(problems))
    return entry


def _rules(file: Path, model: type[_Rules]) -> _Rules:
    entry, wrong = yaml_files.read(file, model)
    if entry is None:
        raise CatalogueError("\n".join(wrong))
    return entry


def _load(folder: Path, model: type[_Entry]) -> list[_Entry]:
    entries, problems = [], []
    for file in sorted(folder.glob("*.yml")):
        entry, found = yaml_files.read(file, model)
        problems += found
        if entry is not None:
            if entry.id != file.stem:
                what = f"`{entry.id}` n'est pas le nom du fichier ; renommer l'un des deux"
                problems += told(file, [(("id",), what)])
            entries.append(entry)
    if problems:
        raise CatalogueError("\n".join(problems))
    return entries
