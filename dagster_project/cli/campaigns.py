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
_MOST_FILES = 4  # that colours and dashes tell apart


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
    """Dire tout ce qui ne va pas dans des campagnes, acceptance.yml, fraud.yml : fichier, ligne, remède."""
    try:
        root, lake_rules = settings().catalogue, Lake().catalogue
        messages = [line for file in files for line in catalogue.check(file, root, lake_rules)]
    except catalogue.CatalogueError as error:
        raise click.ClickException(str(error)) from None
    for line in messages:
        click.echo(line, err=True)
    if messages:
        sys.exit(1)
    for line in catalogue.warnings(files, settings().catalogue):
        click.echo(line, err=True)
    click.echo(f"{len(files)} fichier(s), aucune erreur")


@click.command()
@click.option("--campaign", "campaign_file", type=_FILE, required=True, help="La campagne, un fichier YAML.")
@click.option(
    "--compare", "other_files", type=_FILE, multiple=True, help="Une autre, côte à côte ; trois fois au plus."
)
@_journey_options
@click.option("--budget-eur", type=Decimal, help="Un autre budget que celui des fichiers.")
@click.option("--out", type=_FILE, help="Une ligne par trajet de la première campagne, CSV ou Parquet.")
@click.option(
    "--page",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Un dossier pour la page et le classeur, sur des mois entiers de la base ; sans dates : tous.",
)
@click.option(
    "--assumption",
    "assumption_files",
    type=_FILE,
    multiple=True,
    help="Avec --page : une hypothèse de comportement sur l'un des fichiers, YAML.",
)
def simulate(
    campaign_file: Path,
    other_files: tuple[Path, ...],
    journeys_file: Path | None,
    first_day: datetime | None,
    last_day: datetime | None,
    opening_file: Path | None,
    budget_eur: Decimal | None,
    out: Path | None,
    folder: Path | None,
    assumption_files: tuple[Path, ...],
) -> None:
    """Ce qu'une campagne paierait, trajet par trajet ou mois par mois ; aucune zone n'est touchée."""
    from dagster_project.cli import laboratory
    from dagster_project.simulation import journey_files
    from dagster_project.simulation import simulate as simulation
    from dagster_project.simulation.figures import TooFewError
    from dagster_project.warehouse.dbt_run import BuildError

    files = (campaign_file, *other_files)
    if len(files) > _MOST_FILES:
        raise click.ClickException(f"{len(files)} fichiers ; en comparer {_MOST_FILES} au plus")
    if folder and (journeys_file or opening_file or out):
        raise click.ClickException("--page se fait de la base : sans --journeys, --opening-balances ni --out")
    if assumption_files and not folder:
        raise click.ClickException("--assumption ne se lit que sur la page : ajouter --page DOSSIER")
    if not journeys_file:
        Lake().check_whole()  # journeys of a file ask for no home; those of the base for one that is whole
    names = laboratory.names(files)
    try:
        campaigns = [_campaign(file, budget_eur) for file in files]
        if folder:
            days = (first_day and first_day.date(), last_day and last_day.date())
            laboratory.publish(folder, files, campaigns, assumption_files, days)
            return
        journeys = _journeys(journeys_file, first_day, last_day)
        root = settings().catalogue
        parties = catalogue.operators(root), catalogue.authorities(root)
        opening = journey_files.read_opening(opening_file, campaigns[0]) if opening_file else None
        outcomes = [
            simulation.simulate(campaign, journeys, opening if index == 0 else None, *parties)
            for index, campaign in enumerate(campaigns)
        ]
    except (
        catalogue.CatalogueError,
        journey_files.InputError,
        TooFewError,
        BuildError,
        FileNotFoundError,
    ) as error:
        raise click.ClickException(str(error)) from None
    if out:
        _write(outcomes[0].output, out)
    summaries = [outcome.summary() for outcome in outcomes]
    for name, summary in zip(names, summaries, strict=True):
        if summary["ambiguous"]:
            click.echo(
                f"attention : {name} : {summary['ambiguous']} trajet(s) ont plusieurs tables de tarif "
                "et reçoivent 0 (motif tarif_ambigu) ; limiter l'une des tables qui se recouvrent",
                err=True,
            )
    Console().print(comparison(names, campaigns, summaries))


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
