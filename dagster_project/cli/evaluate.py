"""`entrepot evaluate`: the page that tells what a campaign has changed; nothing is computed here."""

from contextlib import suppress
from pathlib import Path

import click

from dagster_project.lake.store import Lake


@click.command()
@click.argument("campaign_id")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Défaut : EVALUATION_<campagne>.html."
)
def evaluate(campaign_id: str, out: Path | None) -> None:
    """Évaluer une campagne d'après la dernière nuit : séries, aubaine, effet ; une page HTML."""
    from dagster_project.archive.read import query
    from dagster_project.archive.write import ArchiveError
    from dagster_project.contracts.archive import ARCHIVED_MONTHS
    from dagster_project.effects.archived import ASKED, Archive
    from dagster_project.effects.panel import UnknownCampaignError, read
    from dagster_project.lake.keys import KeyFileError
    from dagster_project.pages.effects.page import evaluation_page
    from dagster_project.pages.page import publish
    from dagster_project.warehouse.cache import NoNightError, reading

    file, lake = out or Path(f"EVALUATION_{campaign_id}.html"), Lake()
    archive = None
    with suppress(
        ArchiveError, KeyFileError
    ):  # nothing is archived yet, or its key is elsewhere: the page says so
        archive = Archive(query(lake, ASKED), lake.read(ARCHIVED_MONTHS))
    try:
        with reading(lake) as connection:
            content = evaluation_page(read(connection, campaign_id, archive))
    except (NoNightError, UnknownCampaignError) as error:
        raise click.ClickException(str(error)) from None
    publish(file, content)
    click.echo(file)
