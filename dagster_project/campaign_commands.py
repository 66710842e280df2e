"""`entrepot check-campaign`, `simulate` and `explain`: reads arguments, prints; nothing is computed here."""

import json
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import polars as pl
from rich.console import Console
from rich.table import Table

from dagster_project.campaigns import catalogue
from dagster_project.campaigns.model import Campaign
from dagster_project.lake import Lake, replacing
from dagster_project.settings import settings

_FILE = click.Path(path_type=Path, dir_okay=False)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("check-campaign")
@click.argument("files", nargs=-1, required=True, type=_FILE)
def check_campaign(files: tuple[Path, ...]) -> None:
    """Say all that is wrong with campaign files: file, line, what, remedy."""
    told = [line for file in files for line in catalogue.check(file, settings().catalogue)]
    for line in told:
        click.echo(line, err=True)
    if told:
        sys.exit(1)
    click.echo(f"{len(files)} file(s), no error")


@click.command()
@click.option("--campaign", "campaign_file", type=_FILE, required=True, help="The campaign, a YAML file.")
@click.option("--compare", "other_file", type=_FILE, help="Another campaign, side by side.")
@click.option("--journeys", "journeys_file", type=_FILE, help="Journeys, CSV or Parquet.")
@click.option("--from", "first_day", type=_DAY, help="First day of the active base (Europe/Paris).")
@click.option("--to", "last_day", type=_DAY, help="Last day of the active base.")
@click.option("--opening-balances", "opening_file", type=_FILE, help="What caps and budget have used, CSV.")
@click.option("--budget-eur", type=Decimal, help="Another budget than the file's.")
@click.option("--out", type=_FILE, help="One row per journey, CSV or Parquet.")
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
    """What a campaign would pay, journey by journey; no zone is touched."""
    from dagster_project.campaigns import simulate as simulation
    from dagster_project.warehouse import BuildError

    reference = settings().catalogue / "reference"
    try:
        campaigns = [_campaign(file, budget_eur) for file in (campaign_file, other_file) if file]
        if journeys_file:
            journeys = simulation.read_journeys(journeys_file, reference)
        elif first_day and last_day:
            journeys = simulation.active_journeys(Lake(settings().home), first_day.date(), last_day.date())
        else:
            raise click.ClickException("say which journeys: --journeys FILE, or --from DATE --to DATE")
        opening = simulation.read_opening(opening_file, campaigns[0]) if opening_file else None
        outcomes = [
            simulation.simulate(one, journeys, settings(), opening if index == 0 else None)
            for index, one in enumerate(campaigns)
        ]
    except (catalogue.CatalogueError, simulation.InputError, BuildError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    if out:
        _write(outcomes[0].output, out)
    _print_summary([outcome.summary() for outcome in outcomes], [one.nom for one in campaigns])


@click.command()
@click.option("--campaign", "campaign_id", required=True, help="Id of the campaign.")
@click.option("--operator", "operator_id", required=True, help="Id of the operator.")
@click.option("--journey", "journey_id", required=True, help="operator_journey_id.")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
def explain(campaign_id: str, operator_id: str, journey_id: str, as_json: bool) -> None:
    """Why a campaign pays what it pays for a journey, in French, from what the night computed."""
    from dagster_project.campaigns.explain import ExplainError, explanation, sentences

    try:
        campaigns = {one.id: one for one in catalogue.campaigns(settings().catalogue)}
        if campaign_id not in campaigns:
            known = ", ".join(sorted(campaigns))
            raise click.ClickException(f"no campaign named {campaign_id}; known: {known}")
        found = explanation(Lake(settings().home), campaigns[campaign_id], operator_id, journey_id)
    except (catalogue.CatalogueError, ExplainError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str) if as_json else sentences(found))


def _campaign(file: Path, budget_eur: Decimal | None) -> Campaign:
    if not file.is_file():
        raise click.ClickException(f"{file} is not there")
    campaign, unknown = catalogue.draft(file, settings().catalogue)
    for line in unknown:
        click.echo(f"attention : {line}", err=True)
    if budget_eur is None:
        return campaign
    if budget_eur <= 0 or budget_eur != round(budget_eur, 2):
        raise click.ClickException("--budget-eur: give euros above 0, with two decimals at most")
    return campaign.model_copy(update={"budget": campaign.budget.model_copy(update={"euros": budget_eur})})


def _write(rows: pl.DataFrame, out: Path) -> None:
    with replacing(out) as beside:
        if out.suffix == ".parquet":
            rows.write_parquet(beside)
        else:
            rows.write_csv(beside)


def _euros(cents: int) -> str:
    return f"{cents / 100:,.2f} €".replace(",", "\u202f").replace(".", ",")


def _print_summary(found: list[dict[str, Any]], names: list[str]) -> None:
    table = Table()
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for label, key, shown in (
        ("trajets", "journeys", str),
        ("éligibles", "eligible", str),
        ("payés", "paid", str),
        ("montant", "amount_cents", _euros),
        ("commission TTC", "fee_cents", _euros),
        ("budget", "budget_cents", _euros),
        ("budget consommé", "budget_used_cents", _euros),
    ):
        table.add_row(label, *(shown(one[key]) for one in found))
    ends = (one["exhausted_at"] for one in found)
    table.add_row("budget épuisé le", *(end.strftime("%Y-%m-%d %H:%M UTC") if end else "—" for end in ends))
    for reason in dict.fromkeys(reason for one in found for reason in one["reasons"]):
        table.add_row(f"motif {reason}", *(str(one["reasons"].get(reason, 0)) for one in found))
    Console().print(table)
