"""`entrepot rule-statement`: reads arguments, prints; nothing is computed here."""

from datetime import datetime
from pathlib import Path

import click

from dagster_project.catalogue.catalogue import CatalogueError
from dagster_project.lake.store import Lake
from dagster_project.settings import settings


@click.command("rule-statement")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--from", "day", type=click.DateTime(["%Y-%m-%d"]), help="Le jour du changement, s'il y en a plusieurs."
)
def rule_statement(file: Path, day: datetime | None) -> None:
    """Constater ce qu'un changement de règle ferait aux trajets de la base, avant qu'il ne vaille.

    FILE : acceptance.yml, fraud.yml ou une campagne, avec la règle nouvelle et sa date.
    """
    from dagster_project.pages.laboratory.statement import StatementError, state
    from dagster_project.warehouse.dbt_run import BuildError

    try:
        written, is_new = state(file, day.date() if day else None, Lake(), settings().catalogue)
    except (StatementError, CatalogueError, BuildError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(written if is_new else f"{written}: déjà là, de ce texte ; le retirer pour le refaire")
