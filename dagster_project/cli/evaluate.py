"""`entrepot evaluate`: the page that tells what a campaign has changed; nothing is computed here."""

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
    from dagster_project.evaluation.panel import UnknownCampaignError, read
    from dagster_project.pages.evaluation.page import evaluation_page
    from dagster_project.pages.page import publish
    from dagster_project.warehouse.cache import NoNightError, reading

    file = out or Path(f"EVALUATION_{campaign_id}.html")
    try:
        with reading(Lake()) as connection:
            content = evaluation_page(read(connection, campaign_id))
    except (NoNightError, UnknownCampaignError) as error:
        raise click.ClickException(str(error)) from None
    publish(file, content)
    click.echo(file)
