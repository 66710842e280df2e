"""`entrepot onboarding`: where operators and authorities stand, what their dossiers lack; names nobody."""

from collections.abc import Sequence
from datetime import date, datetime

import click
from rich.console import Console
from rich.table import Table

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.dossier import STATES, Dossier
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.catalogue.standing import remembered
from dagster_project.contracts.lake_tables import DROPS
from dagster_project.lake.store import Lake
from dagster_project.settings import settings


@click.command()
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Défaut : la dernière date de traitement."
)
def onboarding(day: datetime | None) -> None:
    """Dire où en est chaque opérateur et chaque autorité (REJOINDRE), et ce qui manque à son dossier."""
    lake = Lake()
    on = day.date() if day else max(lake.read(DROPS)["business_date"], default=None)
    if on is None:
        raise click.ClickException("aucune nuit n'a encore tourné : donner --date AAAA-MM-JJ")
    root = settings().catalogue
    try:
        conventions = [
            (authority.name_genitive, convention)
            for authority in catalogue.authorities(root)
            for convention in authority.conventions
            if convention.signed_on <= on < (convention.end_on or date.max)
        ]
        parties: tuple[tuple[str, Sequence[Operator | Authority]], ...] = (
            ("Opérateurs", remembered(lake, catalogue.operators(root))),
            ("Autorités", remembered(lake, catalogue.authorities(root))),
        )
    except catalogue.CatalogueError as error:
        raise click.ClickException(str(error)) from None
    for title, dossiers in parties:
        table = Table("", "état", "depuis", "ce qui manque", title=f"{title} au {on}", title_justify="left")
        for dossier in dossiers:
            asked = list(dossier.asked())
            for whose, convention in conventions:
                if dossier.id == convention.operator:
                    asked += [(f"{what} ({whose})", came) for what, came in convention.asked()]
            table.add_row(dossier.id, *_cells(dossier, asked, on))
        Console().print(table)


def _cells(dossier: Dossier, asked: list[tuple[str, date | None]], on: date) -> tuple[str, str, str]:
    state, since = dossier.state(on), dossier.since(on)
    lacking = dossier.missing(on)
    if state in ("applying", "staging") and not lacking:
        lacking = ["ouverture de la production (étape 3)"]
    not_come = (name for name, came in asked if came is None or came > on)
    lacking += [f"{name} (demandée ; l'accès n'en dépend pas)" for name in not_come]
    return STATES[state], "" if since == date.min else str(since), ", ".join(lacking) or "rien"
