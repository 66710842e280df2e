"""`entrepot check-campaign`, `simulate` and `explain`: reads arguments, prints; nothing is computed here."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click
import polars as pl
from rich.console import Console

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.files.csv_out import PROGRAMS, write_csv
from dagster_project.files.disk import replacing
from dagster_project.lake.store import Lake
from dagster_project.settings import settings
from dagster_project.simulation.comparison import comparison

_FILE = click.Path(path_type=Path, dir_okay=False)
_DAY = click.DateTime(["%Y-%m-%d"])


def _journey_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--opening-balances",
            "opening_file",
            type=_FILE,
            help="Ce que plafonds et budget ont déjà pris, CSV.",
        ),
        click.option("--to", "last_day", type=_DAY, help="Dernier jour de la base active."),
        click.option("--from", "first_day", type=_DAY, help="Premier jour de la base active (Europe/Paris)."),
        click.option("--journeys", "journeys_file", type=_FILE, help="Trajets, CSV ou Parquet."),
    ):
        command = option(command)
    return command


@click.command("check-campaign")
@click.argument("files", nargs=-1, required=True, type=_FILE)
def check_campaign(files: tuple[Path, ...]) -> None:
    """Dire tout ce qui ne va pas dans des campagnes : fichier, ligne, clé, erreur, remède."""
    try:
        messages = [line for file in files for line in catalogue.check(file, settings().catalogue)]
    except catalogue.CatalogueError as error:
        raise click.ClickException(str(error)) from None
    for line in messages:
        click.echo(line, err=True)
    if messages:
        sys.exit(1)
    for file in files:
        for line in catalogue.warnings(file, settings().catalogue):
            click.echo(line, err=True)
    click.echo(f"{len(files)} fichier(s), aucune erreur")


@click.command()
@click.option("--campaign", "campaign_file", type=_FILE, required=True, help="La campagne, un fichier YAML.")
@click.option("--compare", "other_file", type=_FILE, help="Une autre campagne, côte à côte.")
@_journey_options
@click.option("--budget-eur", type=Decimal, help="Un autre budget que celui des fichiers.")
@click.option("--out", type=_FILE, help="Une ligne par trajet de la première campagne, CSV ou Parquet.")
def simulate(
    campaign_file: Path,
    other_file: Path | None,
    journeys_file: Path | None,
    first_day: datetime | None,
    last_day: datetime | None,
    opening_file: Path | None,
    budget_eur: Decimal | None,
    out: Path | None,
) -> None:
    """Ce qu'une campagne paierait, trajet par trajet ; aucune zone n'est touchée."""
    from dagster_project.simulation import journey_files
    from dagster_project.simulation import simulate as simulation
    from dagster_project.warehouse.dbt_run import BuildError

    try:
        campaigns = [_campaign(file, budget_eur) for file in (campaign_file, other_file) if file]
        journeys = _journeys(journeys_file, first_day, last_day)
        known = catalogue.operators(settings().catalogue)
        opening = journey_files.read_opening(opening_file, campaigns[0]) if opening_file else None
        outcomes = [
            simulation.simulate(campaign, journeys, opening if index == 0 else None, known)
            for index, campaign in enumerate(campaigns)
        ]
    except (catalogue.CatalogueError, journey_files.InputError, BuildError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    if out:
        _write(outcomes[0].output, out)
    summaries = [outcome.summary() for outcome in outcomes]
    for campaign, summary in zip(campaigns, summaries, strict=True):
        if summary["ambiguous"]:
            click.echo(
                f"attention : {campaign.id} : {summary['ambiguous']} trajet(s) ont plusieurs tables de tarif "
                "et reçoivent 0 (motif tarif_ambigu) ; limiter l'une des tables qui se recouvrent",
                err=True,
            )
    Console().print(comparison(campaigns, summaries))


@click.command()
@click.option(
    "--campaign", required=True, help="L'identifiant d'une campagne de la nuit, ou un fichier YAML."
)
@click.option("--operator", "operator_id", required=True, help="Identifiant de l'opérateur.")
@click.option("--journey", "journey_id", required=True, help="operator_journey_id.")
@_journey_options
@click.option("--json", "as_json", is_flag=True, help="Pour une machine.")
def explain(
    campaign: str,
    operator_id: str,
    journey_id: str,
    journeys_file: Path | None,
    first_day: datetime | None,
    last_day: datetime | None,
    opening_file: Path | None,
    as_json: bool,
) -> None:
    """Pourquoi une campagne paie ce qu'elle paie pour un trajet, dans la nuit ou en simulation."""
    from dagster_project.simulation import explain as explanation
    from dagster_project.simulation import journey_files
    from dagster_project.simulation.explain_page import page
    from dagster_project.warehouse.dbt_run import BuildError

    try:
        if campaign.endswith((".yml", ".yaml")):
            drafted = _campaign(Path(campaign), None)
            opening = journey_files.read_opening(opening_file, drafted) if opening_file else None
            journeys = _journeys(journeys_file, first_day, last_day)
            explained = explanation.of_journeys(journeys, drafted, operator_id, journey_id, opening)
        else:
            campaigns = {entry.id: entry for entry in catalogue.campaigns(settings().catalogue)}
            if campaign not in campaigns:
                known = ", ".join(sorted(campaigns))
                raise click.ClickException(
                    f"aucune campagne `{campaign}` ; connues : {known} ; ou donner un fichier .yml"
                )
            explained = explanation.of_night(Lake(), campaigns[campaign], operator_id, journey_id)
    except (
        catalogue.CatalogueError,
        explanation.ExplainError,
        journey_files.InputError,
        BuildError,
        FileNotFoundError,
    ) as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        json.dumps(explained, ensure_ascii=False, indent=2, default=str) if as_json else page(explained)
    )


def _journeys(file: Path | None, first: datetime | None, last: datetime | None) -> pl.DataFrame:
    from dagster_project.simulation import journey_files
    from dagster_project.simulation.simulate import active_journeys

    if file and not (first or last):
        return journey_files.read_journeys(file, settings().catalogue)
    if file or not (first and last):
        raise click.ClickException("dire quels trajets : --journeys FICHIER, ou --from DATE --to DATE")
    journeys = active_journeys(Lake(), first.date(), last.date())
    if journeys.is_empty():
        raise click.ClickException(
            f"aucun trajet valide du {first.date()} au {last.date()} ; choisir d'autres dates"
        )
    return journeys


def _campaign(file: Path, budget_eur: Decimal | None) -> Campaign:
    if not file.is_file():
        raise click.ClickException(f"{file} n'existe pas ; vérifier le chemin")
    campaign, unknown = catalogue.draft(file, settings().catalogue)
    for line in unknown:
        click.echo(f"attention : {line}", err=True)
    if budget_eur is None:
        return campaign
    if budget_eur <= 0 or budget_eur != round(budget_eur, 2):
        raise click.ClickException(
            "--budget-eur : donner des euros au-dessus de 0, avec deux décimales au plus"
        )
    return campaign.model_copy(
        update={"budget": campaign.budget.model_copy(update={"euros": budget_eur, "avenants": []})}
    )


def _write(rows: pl.DataFrame, out: Path) -> None:
    with replacing(out) as beside:
        if out.suffix == ".parquet":
            rows.write_parquet(beside)
        else:
            write_csv(rows, beside, PROGRAMS)
