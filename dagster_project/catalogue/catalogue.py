"""Reads data/campaigns, operators and authorities; names file, line and remedy where one is wrong."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from pydantic import BaseModel

from dagster_project.campaigns.check.checks import STAND_INS, problems, sound, unknown, unpublishable
from dagster_project.campaigns.check.codes import Known, known_places
from dagster_project.campaigns.language.acceptance import Acceptance
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import rule_changes, rule_texts
from dagster_project.catalogue.decisions import Decision, read_decisions
from dagster_project.catalogue.fraud_rules import Frauds
from dagster_project.catalogue.law import Law
from dagster_project.catalogue.members import doubly_claimed, ended, member_periods, places_with_authority
from dagster_project.catalogue.notes import read_notes
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.catalogue.registry import Registry
from dagster_project.catalogue.signatures import unsigned
from dagster_project.files import yaml_files
from dagster_project.files.typesetting import PictureError, picture
from dagster_project.files.yaml_files import Problem, fault_lines
from dagster_project.settings import PROJECT, settings


class CatalogueError(Exception):
    """A file of the catalogue is wrong; one line per problem: file, line, what, remedy."""


_MOST_LOGO = 200_000  # bytes
_Entry = TypeVar("_Entry", Operator, Authority, Campaign)
_Party = TypeVar("_Party", Operator, Authority)
_File = TypeVar("_File", bound=BaseModel)


def operators(catalogue: Path) -> list[Operator]:
    """Every operator, by id; what the private catalogue says of it wins. Raises CatalogueError."""
    loaded = _load(catalogue / "operators", Operator, _private("operators"))
    if messages := _same_siren(catalogue / "operators", loaded, _private("operators")):
        raise CatalogueError("\n".join(messages))
    return loaded


def authorities(catalogue: Path) -> list[Authority]:
    """Every authority, by id. Raises CatalogueError."""
    folder, private = catalogue / "authorities", _private("authorities")
    loaded = _load(folder, Authority, private)
    known = {operator.id for operator in operators(catalogue)}
    places = known_places(_reference(catalogue))
    last_years = dict(places.group_by("epci").agg(pl.max("year")).rows())
    messages, owners = _same_siren(folder, loaded, private), dict[str, list[tuple[date, date, str]]]()
    for authority in loaded:
        faults = [*doubly_claimed(authority, owners), *ended(authority, places, last_years)]
        named = [
            ("conventions", index, signed.operator) for index, signed in enumerate(authority.conventions)
        ]
        named += [
            ("selected_operators", index, chosen.operator)
            for index, chosen in enumerate(authority.selected_operators)
        ]
        for key, index, operator_id in named:
            if operator_id not in known:
                what = f"opérateur `{operator_id}` absent de data/operators ; ajouter sa fiche"
                faults.append(((key, index), what))
        messages += fault_lines(_files(folder, authority.id, private)[0], faults)
    if messages:
        raise CatalogueError("\n".join(messages))
    return loaded


def _same_siren(folder: Path, loaded: Sequence[Operator | Authority], private: Path | None) -> list[str]:
    messages, holders = list[str](), dict[str, Path]()
    for party in loaded:
        file = _files(folder, party.id, private)[-1]
        if party.siren in holders:
            what = f"SIREN {party.siren} déjà celui de {holders[party.siren]} ; corriger, ou en retirer une"
            messages += fault_lines(file, [(("siret",), what)])
        holders.setdefault(party.siren, file)
    return messages


def registry(catalogue: Path) -> Registry:
    """Who keeps the registry, by date. Raises CatalogueError."""
    return _only(catalogue / "rules" / "registry.yml", Registry)


def law(catalogue: Path) -> Law:
    """The dated figures of the law. Raises CatalogueError."""
    return _only(catalogue / "rules" / "juridique.yml", Law)


def acceptance(catalogue: Path) -> Acceptance:
    """The dated acceptance rules. Raises CatalogueError."""
    return _only(catalogue / "rules" / "acceptance.yml", Acceptance)


def frauds(catalogue: Path) -> Any:
    """The dated thresholds of fraud labels. Raises CatalogueError."""
    return _only(catalogue / "rules" / "fraud.yml", Frauds)


def decisions(catalogue: Path) -> list[tuple[Decision, str]]:
    """Reviewed decisions on labels, each with its file and line. Raises CatalogueError."""
    folders = [folder for folder in (catalogue / "decisions", _private("decisions")) if folder]
    read, messages = read_decisions(folders, {operator.id for operator in operators(catalogue)})
    if messages:
        raise CatalogueError("\n".join(messages))
    return read


def campaigns(catalogue: Path) -> list[Campaign]:
    """Every campaign, by id. Raises CatalogueError, also where one is well formed and still wrong."""
    loaded = _load(catalogue / "campaigns", Campaign)
    known = _known(catalogue) if loaded else None
    messages = [
        line
        for entry in loaded
        if known
        for line in fault_lines(catalogue / "campaigns" / f"{entry.id}.yml", _all_problems(entry, known))
    ]
    if messages:
        raise CatalogueError("\n".join(messages))
    return loaded


def notes(catalogue: Path, campaigns: list[Campaign], operators: list[Operator]) -> list[dict[str, Any]]:
    """What happened during campaigns, as rows. Raises CatalogueError."""
    known = {entry.id for entry in campaigns}, {entry.id for entry in operators}
    rows, messages = read_notes(catalogue / "notes", *known)
    if messages:
        raise CatalogueError("\n".join(messages))
    return rows


def check(file: Path, catalogue: Path, lake_rules: Path | None = None) -> list[str]:
    """All that is wrong with a file of rules that change money, also beside the last night's."""
    if not file.is_file():
        return [f"{file}: n'existe pas ; vérifier le chemin"]
    if rules := rule_changes.model(file):
        return yaml_files.read(file, rules)[1] or rule_texts.faults(file, catalogue, lake_rules)
    entry, messages = yaml_files.read(file, Campaign)
    if entry:
        faults = fault_lines(file, _all_problems(entry, _known(catalogue)))
        return [*faults, *rule_texts.faults(file, catalogue, lake_rules)]
    salvaged, broken = yaml_files.salvaged(file, Campaign, STAND_INS)
    if salvaged:
        messages += fault_lines(file, sound(_all_problems(salvaged, _known(catalogue)), broken))
    return messages


def rule_file(file: Path, catalogue: Path) -> Any:
    """A file of rules that change money: all that `check` takes. Raises CatalogueError."""
    return _only(file, rules) if (rules := rule_changes.model(file)) else draft(file, catalogue)[0]


def _all_problems(entry: Campaign, known: Known) -> list[Problem]:
    """Judged once by its content: a night asks four times, and one of many tables takes half a second."""
    written = entry.model_dump_json()
    if written not in known.judged:
        known.judged[written] = [*problems(entry, known), *unknown(entry, known), *unpublishable(entry)]
    return known.judged[written]


def warnings(files: Iterable[Path], catalogue: Path) -> list[str]:
    """What right campaign files should make one think of, in the form of `check`. Raises CatalogueError."""
    parties = authorities(catalogue)
    return [
        line
        for file in files
        if rule_changes.is_campaign(file)
        for line in fault_lines(file, unsigned(campaign(file), parties))
    ]


def draft(file: Path, catalogue: Path) -> tuple[Campaign, list[str]]:
    """A campaign file and what of it the catalogue does not know. Raises CatalogueError."""
    entry, known = campaign(file), _known(catalogue)
    if faults := problems(entry, known):
        raise CatalogueError("\n".join(fault_lines(file, faults)))
    return entry, fault_lines(file, unknown(entry, known))


def _known(catalogue: Path) -> Known:
    named = authorities(catalogue)
    reference = _reference(catalogue)
    return _known_of(
        frozenset(operator.id for operator in operators(catalogue)),
        frozenset(authority.id for authority in named),
        tuple(tuple(period.values()) for period in member_periods(named)),
        reference,
    )


@lru_cache(maxsize=1)
def _known_of(
    operator_ids: frozenset[str],
    authority_ids: frozenset[str],
    periods: tuple[tuple[Any, ...], ...],
    reference: Path,
) -> Known:
    places = places_with_authority(known_places(reference), periods)
    return Known(operator_ids, authority_ids, places, reference)


def campaign(file: Path) -> Campaign:
    """One campaign file, wherever it lies. Raises CatalogueError."""
    return _only(file, Campaign)


def _only(file: Path, model: type[_File]) -> _File:
    entry, messages = yaml_files.read(file, model)
    if entry is None:
        raise CatalogueError("\n".join(messages))
    return entry


def _reference(catalogue: Path) -> Path:
    """The folder of the tables that no one signs. Raises CatalogueError where a night would miss one."""
    folder = catalogue / "reference"
    ours = {file.name for file in (PROJECT / "data" / "reference").glob("*.parquet")}
    if missing := sorted(name for name in ours if not (folder / name).is_file()):
        raise CatalogueError(
            f"{folder}: {', '.join(missing)} absent(s) ; les prendre de data/reference de cette version"
        )
    return folder


def _private(kind: str) -> Path | None:
    """Where the private catalogue keeps its part of a folder."""
    private = settings().private_catalogue
    return private / kind if private else None


def _files(folder: Path, name: str, private: Path | None) -> list[Path]:
    """The file of that name, and the private one that adds to it, or is the only one."""
    return [
        file for file in (parent / f"{name}.yml" for parent in (folder, private) if parent) if file.exists()
    ]


def _with_logos(party: _Party, folders: list[Path]) -> tuple[_Party, list[Problem]]:
    """The party with its logos drawn, from beside its files; and what is wrong with them."""
    pictures, faults = dict[str, bytes](), list[Problem]()
    for name in {logo.document for logo in party.logo}:
        file = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if file is None:
            faults.append((("logo",), f"`{name}` n'existe pas ; le déposer à côté de la fiche"))
        elif file.stat().st_size > _MOST_LOGO:
            what = f"`{name}` dépasse {_MOST_LOGO // 1000} ko ; en donner une version plus légère"
            faults.append((("logo",), what))
        else:
            try:
                pictures[name] = picture(file.read_bytes())
            except PictureError:
                what = f"`{name}` ne se dessine pas ; donner une image SVG, PNG ou JPEG"
                faults.append((("logo",), what))
    return party.showing(pictures), faults


def _load(folder: Path, model: type[_Entry], private: Path | None = None) -> list[_Entry]:
    entries, problems = [], []
    names = {file.stem for parent in (folder, private) if parent for file in parent.glob("*.yml")}
    for name in sorted(names):
        files = _files(folder, name, private)
        entry, messages = yaml_files.read(files[0], model, *files[1:])
        problems += messages
        if entry is not None:
            if entry.id != name:
                what = f"`{entry.id}` n'est pas le nom du fichier ; renommer l'un des deux"
                problems += fault_lines(files[0], [(("id",), what)])
            if isinstance(entry, (Operator, Authority)):
                entry, faults = _with_logos(entry, [file.parent for file in files])
                problems += fault_lines(files[0], faults)
            entries.append(entry)
    if problems:
        raise CatalogueError("\n".join(problems))
    return entries
