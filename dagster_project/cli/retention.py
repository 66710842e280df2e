"""The commands about what goes and whether it is gone."""

import sys
from datetime import datetime
from pathlib import Path

import click

from dagster_project.lake.store import Lake


@click.group()
def retention() -> None:
    """Terms of conservation: what goes when."""


@retention.command()
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Business date.")
def plan(day: datetime) -> None:
    """Show what the night of that date would remove; nothing is touched."""
    from dagster_project.retention.plan import plan as planned
    from dagster_project.retention.run import terms

    table = terms()
    due = planned(Lake(), day.date(), table)
    for rule, kind, rows, files in due.totals():
        until = f"{table[rule].what}, until {table[rule].cut_off(day.date())}" if rule in table else rule
        click.echo(f"{until}: {kind}, {rows} rows in {files} files or folders")
    click.echo(f"{len(due.removals)} files or folders concerned, {due.named.height} journeys expired")


@retention.command()
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Business date.")
@click.option("--rows", type=int, required=True, help="Rows of journeys that it may remove at most.")
def confirm(day: datetime, rows: int) -> None:
    """Let the night of that date remove so many rows of journeys, where it stopped and asked for it."""
    from dagster_project.retention.surprise import confirm as confirmed

    lake = Lake()
    with lake.lock():
        confirmed(lake, day.date(), rows)
    click.echo(f"the night of {day:%Y-%m-%d} may remove {rows} rows of journeys; run it again")


@click.command()
@click.option(
    "--values-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="One value per line: phone, name, e-mail, id.",
)
def prove(values_file: Path) -> None:
    """Search every file of the warehouse for values; fails, naming file and kind, where one is found."""
    from dagster_project.backup.copies import not_searched
    from dagster_project.retention.needles import Needles
    from dagster_project.retention.search import search

    lake = Lake()
    needles = Needles(values_file.read_text("utf-8").splitlines())
    if not needles.count:
        raise click.ClickException(
            f"{values_file.name} holds no value of six characters, or nine digits, or more"
        )
    if needles.too_short:
        click.echo(f"{needles.too_short} values are too short to be told from chance: not searched", err=True)
    hits, files = search(lake, needles)
    for hit in hits:
        click.echo(f"{hit.kind}: {hit.path.relative_to(lake.home)}")
    click.echo(f"{needles.count} values, {files} files, {len({hit.path for hit in hits})} of them hold one")
    if copies := not_searched(lake):
        click.echo(copies)
    sys.exit(bool(hits))
