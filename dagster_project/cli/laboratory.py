"""`entrepot simulate --page`: variants over months of the base; reads arguments, nothing is computed here."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import click

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.standing import remembered
from dagster_project.files import yaml_files
from dagster_project.lake.store import Lake
from dagster_project.pages.laboratory.places import codes_of, place_names
from dagster_project.pages.laboratory.publish import publish_simulation
from dagster_project.settings import settings
from dagster_project.simulation.behaviour import Elasticity
from dagster_project.simulation.figures import Variant, figures, months_of


def names(files: Sequence[Path]) -> list[str]:
    """What tells files apart: their names, with their folders where two are the same."""
    stems = [file.stem for file in files]
    if len(set(stems)) == len(files):
        return stems
    return [f"{file.resolve().parent.name}/{file.stem} ({number})" for number, file in enumerate(files, 1)]


def publish(
    folder: Path,
    files: Sequence[Path],
    campaigns: Sequence[Campaign],
    assumption_files: Sequence[Path],
    days: tuple[date | None, date | None],
) -> None:
    """Write page and workbook, and say where. Raises what `simulate` tells the user."""
    lake, root = Lake(), settings().catalogue
    first, last, night_on = months_of(lake, campaigns)
    first_on, last_on = days[0] or first, days[1] or last
    if first_on < first or first_on.day != 1:
        raise click.ClickException(
            f"--from {first_on} : donner le premier jour d'un mois, à partir du {first} ; d'un mois d'avant, "
            "la base n'a plus tous les trajets"
        )
    is_whole = last_on >= last or (last_on + timedelta(days=1)).day == 1
    if last_on < first_on or not is_whole:
        raise click.ClickException(f"--to {last_on} : donner le dernier jour d'un mois, après {first_on}")
    operators = remembered(lake, catalogue.operators(root))
    result = figures(
        lake,
        _variants(files, campaigns, assumption_files),
        first_on,
        last_on,
        night_on,
        (operators, catalogue.authorities(root)),
        catalogue.campaigns(root),
    )
    names = {operator.id: operator.name for operator in operators} | place_names(root, codes_of(campaigns))
    for file in publish_simulation(folder, result, names):
        click.echo(file)


def _variants(
    files: Sequence[Path], campaigns: Sequence[Campaign], assumption_files: Sequence[Path]
) -> list[Variant]:
    by_file: dict[str, Elasticity] = {}
    for file in assumption_files:
        assumption, faults = yaml_files.read(file, Elasticity)
        if assumption is None:
            raise catalogue.CatalogueError("\n".join(faults))
        known = [file.name for file in files[1:]]
        if known.count(assumption.variante) != 1 or assumption.variante in by_file:
            raise click.ClickException(
                f"{file}: variante `{assumption.variante}` : nommer, une fois, l'un des fichiers de "
                f"--compare : {', '.join(known) or 'aucun'}"
            )
        by_file[assumption.variante] = assumption
    return [
        Variant(name, campaign, by_file.get(file.name) if at else None)
        for at, (name, file, campaign) in enumerate(zip(names(files), files, campaigns, strict=True))
    ]
