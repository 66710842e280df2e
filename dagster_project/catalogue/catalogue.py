"""Reads data/campaigns, operators and authorities; names file, line and remedy where one is wrong."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from dagster_project.campaigns.check.checks import STAND_INS, problems, sound, unknown, unpublishable
from dagster_project.campaigns.check.codes import Known, known_places
from dagster_project.campaigns.language.acceptance import Acceptance
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue.decisions import Decision, read_decisions
from dagster_project.catalogue.dossier import Dossier
from dagster_project.catalogue.fraud_rules import Frauds
from dagster_project.catalogue.law import Law
from dagster_project.catalogue.members import doubly_claimed, ended, member_periods, places_with_authority
from dagster_project.catalogue.notes import read_notes
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.catalogue.signatures import unsigned
from dagster_project.files import yaml_files
from dagster_project.files.yaml_files import Problem, told
from dagster_project.settings import settings


class CatalogueError(Exception):
    """A file of the catalogue is wrong; one line per problem: file, line, what, remedy."""


_Entry = TypeVar("_Entry", Operator, Authority, Campaign)
_File = TypeVar("_File", bound=BaseModel)


def operators(catalogue: Path) -> list[Operator]:
    """Every operator, by id; what the private catalogue says of it wins. Raises CatalogueError."""
    loaded = _load(catalogue / "operators", Operator, _private("operators"))
    if wrong := _same_siren(catalogue / "operators", loaded, _private("operators")):
        raise CatalogueError("\n".join(wrong))
    return loaded


def authorities(catalogue: Path) -> list[Authority]:
    """Every authority, by id. Raises CatalogueError."""
    folder, private = catalogue / "authorities", _private("authorities")
    loaded = _load(folder, Authority, private)
    known = {one.id for one in operators(catalogue)}
    places = known_places(catalogue / "reference")
    wrong, owners = _same_siren(folder, loaded, private), dict[str, list[tuple[date, date, str]]]()
    for one in loaded:
        faults = [*doubly_claimed(one, owners), *ended(one, places)]
        named = [("conventions", index, signed.operator) for index, signed in enumerate(one.conventions)]
        named += [
            ("selected_operators", index, chosen.operator)
            for index, chosen in enumerate(one.selected_operators)
        ]
        for key, index, operator in named:
            if operator not in known:
                what = f"opérateur `{operator}` absent de data/operators ; ajouter sa fiche"
                faults.append(((key, index), what))
        wrong += told(_files(folder, one.id, private)[0], faults)
    if wrong:
        raise CatalogueError("\n".join(wrong))
    return loaded


def _same_siren(folder: Path, loaded: Sequence[Operator | Authority], private: Path | None) -> list[str]:
    wrong, holders = list[str](), dict[str, Path]()
    for one in loaded:
        file = _files(folder, one.id, private)[-1]
        if one.siren in holders:
            what = f"SIREN {one.siren} déjà celui de {holders[one.siren]} ; corriger, ou en retirer une"
            wrong += told(file, [(("siret",), what)])
        holders.setdefault(one.siren, file)
    return wrong


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
    read, wrong = read_decisions(folders, {one.id for one in operators(catalogue)})
    if wrong:
        raise CatalogueError("\n".join(wrong))
    return read


def campaigns(catalogue: Path) -> list[Campaign]:
    """Every campaign, by id. Raises CatalogueError, also where one is well formed and still wrong."""
    loaded = _load(catalogue / "campaigns", Campaign)
    known = _known(catalogue) if loaded else None
    wrong = [
        line
        for one in loaded
        if known
        for line in told(catalogue / "campaigns" / f"{one.id}.yml", _all_problems(one, known))
    ]
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
    if entry:
        return told(file, _all_problems(entry, _known(catalogue)))
    salvaged, broken = yaml_files.salvaged(file, Campaign, STAND_INS)
    if salvaged:
        wrong += told(file, sound(_all_problems(salvaged, _known(catalogue)), broken))
    return wrong


def _all_problems(entry: Campaign, known: Known) -> list[Problem]:
    return [*problems(entry, known), *unknown(entry, known), *unpublishable(entry)]


def warnings(file: Path, catalogue: Path) -> list[str]:
    """What a right campaign file should make one think of, in the form of `check`. Raises CatalogueError."""
    return told(file, unsigned(campaign(file), authorities(catalogue)))


def draft(file: Path, catalogue: Path) -> tuple[Campaign, list[str]]:
    """A campaign file and what of it the catalogue does not know. Raises CatalogueError."""
    entry, known = campaign(file), _known(catalogue)
    if wrong := problems(entry, known):
        raise CatalogueError("\n".join(told(file, wrong)))
    return entry, told(file, unknown(entry, known))


def _known(catalogue: Path) -> Known:
    named = authorities(catalogue)
    reference = catalogue / "reference"
    return Known(
        frozenset(operator.id for operator in operators(catalogue)),
        frozenset(authority.id for authority in named),
        places_with_authority(known_places(reference), member_periods(named)),
        reference,
    )


def campaign(file: Path) -> Campaign:
    """One campaign file, wherever it lies. Raises CatalogueError."""
    return _only(file, Campaign)


def _only(file: Path, model: type[_File]) -> _File:
    entry, wrong = yaml_files.read(file, model)
    if entry is None:
        raise CatalogueError("\n".join(wrong))
    return entry


def _private(kind: str) -> Path | None:
    """Where the private catalogue keeps its part of a folder."""
    private = settings().private_catalogue
    return private / kind if private else None


def _files(folder: Path, name: str, private: Path | None) -> list[Path]:
    """The file of that name, and the private one that adds to it, or is the only one."""
    return [file for file in (one / f"{name}.yml" for one in (folder, private) if one) if file.exists()]


def _load(folder: Path, model: type[_Entry], private: Path | None = None) -> list[_Entry]:
    entries, problems = [], []
    names = {file.stem for one in (folder, private) if one for file in one.glob("*.yml")}
    for name in sorted(names):
        files = _files(folder, name, private)
        entry, found = yaml_files.read(files[0], model, *files[1:])
        problems += found
        if entry is not None:
            if entry.id != name:
                what = f"`{entry.id}` n'est pas le nom du fichier ; renommer l'un des deux"
                problems += told(files[0], [(("id",), what)])
            if isinstance(entry, Dossier):
                for logo in entry.logo:
                    if not any((file.parent / logo.document).is_file() for file in files):
                        what = f"`{logo.document}` n'existe pas ; le déposer à côté de la fiche"
                        problems += told(files[0], [(("logo",), what)])
            entries.append(entry)
    if problems:
        raise CatalogueError("\n".join(problems))
    return entries
