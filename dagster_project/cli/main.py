"""The `entrepot` command. It calls what the assets call; nothing is computed here."""

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dagster_project.cli.archive import archive
from dagster_project.cli.backup import backup, migrate, restore
from dagster_project.cli.campaigns import check_campaign, explain, simulate
from dagster_project.cli.clean import clean
from dagster_project.cli.documents import attest, drafts
from dagster_project.cli.evaluate import evaluate
from dagster_project.cli.fallback import fallback
from dagster_project.cli.feedback import feedback
from dagster_project.cli.invoices import invoice
from dagster_project.cli.keys import keys
from dagster_project.cli.ledger import ledger
from dagster_project.cli.onboarding import onboarding
from dagster_project.cli.persons import person
from dagster_project.cli.retention import prove, retention
from dagster_project.cli.rules import rule_statement
from dagster_project.cli.ui import ui, users
from dagster_project.cli.watch import watch
from dagster_project.files import disk
from dagster_project.lake import schema
from dagster_project.lake.home import LockedError
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.schema import SchemaError
from dagster_project.lake.store import Lake
from dagster_project.runner.night import NightOutcome, NoBusinessDateError, run_night
from dagster_project.settings import PROJECT, SettingsError, settings

_Item = TypeVar("_Item")
_DAY = click.DateTime(["%Y-%m-%d"])
# Those that a home half restored must not stop; those that one of an older version must not. A night looks
# itself, and tells who is to be told.
_OF_A_HALF = ("nightly", "restore", "watch", "docs", "sample", "check-campaign", "simulate", "fallback")
_OF_ANY_VERSION = (*_OF_A_HALF, "migrate", "backup", "keys", "clean", "users", "archive")


class _Commands(click.Group):
    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (SettingsError, KeyFileError, LockedError, SchemaError, NoBusinessDateError) as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands)
@click.pass_context
def main(context: click.Context) -> None:
    """Warehouse of the carpooling proof registry."""
    disk.begin()
    settings()
    if context.invoked_subcommand not in _OF_A_HALF:
        Lake().check_whole()
    if context.invoked_subcommand not in _OF_ANY_VERSION:
        schema.check(Lake())


@main.command()
@click.option("--date", "day", type=_DAY, required=True, help="Business date (Europe/Paris).")
@click.option("--until", type=_DAY, help="Last business date, to run several nights in a row.")
def nightly(day: datetime, until: datetime | None) -> None:
    """Run the night of a business date: drops to reports. Running it twice changes nothing."""
    first, last = day.date(), (until or day).date()
    if last < first:
        raise click.ClickException("--until lies before --date; exchange the two")
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    has_alarms = False
    for business_date in _tracked(days, "Night"):
        outcome = _reported(run_night(business_date))
        if outcome.failures:
            sys.exit(1)
        has_alarms |= bool(outcome.alarms)
    if has_alarms:
        sys.exit(1)


@main.command()
@click.option("--seed", default=2021, show_default=True)
@click.option("--journeys", default=6_000, show_default=True, help="About how many.")
@click.option("--from", "first_day", type=_DAY, default="2021-02-23", show_default=True)
@click.option("--to", "last_day", type=_DAY, default="2021-07-31", show_default=True)
@click.option("--nights", default=12, show_default=True, help="Business dates on which drops fall.")
@click.option("--frauds", default=0, show_default=True, help="Planted cases of each kind of fraud.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the drops; default: the installation's."
)
def sample(
    seed: int,
    journeys: int,
    first_day: datetime,
    last_day: datetime,
    nights: int,
    frauds: int,
    out: Path | None,
) -> None:
    """Write made-up drops and, beside them, the truth of every row (sample_truth.csv)."""
    from dagster_project.files.csv_out import PROGRAMS, write_csv
    from dagster_project.sample import Spec, generate, write

    spec = Spec(seed, journeys, first_day.date(), last_day.date(), nights, frauds=frauds)
    drops, truth = generate(spec, settings().catalogue / "reference")
    target = out or Lake().drops
    write(_tracked(drops, "Drop"), target)
    write_csv(truth, target / "sample_truth.csv", PROGRAMS)
    click.echo(f"{len(drops)} drops, {truth.height} rows: {target}")


@main.command()
def demo() -> None:
    """Write the sample's drops, run its nights, say what happened and which page to open first."""
    from dagster_project.sample import demo as demonstration

    lake = Lake()
    arrivals = demonstration.pending(lake, settings().catalogue / "reference")
    click.echo(demonstration.begun(len(arrivals)))
    for number, business_date in enumerate(sorted(arrivals), 1):
        demonstration.deliver(lake, arrivals[business_date])
        outcome = run_night(business_date)
        if outcome.failures:
            _reported(outcome)
            sys.exit(1)
        place = f"{number}/{len(arrivals)}"
        click.echo(demonstration.night_line(lake, business_date, place, len(outcome.alarms)))
    click.echo(demonstration.summary(lake))


@main.command()
def docs() -> None:
    """Write what is made from code: pages of docs/ (settings, data dictionary, …), the lineage of columns."""
    from dagster_project.documentation import column_lineage, pages
    from dagster_project.warehouse import lineage

    for name, text in pages().items():
        (PROJECT / "docs" / name).parent.mkdir(exist_ok=True)
        (PROJECT / "docs" / name).write_text(text, "utf-8")
        click.echo(f"docs/{name}")
    lineage.FILE.write_text(column_lineage(), "utf-8")
    click.echo(lineage.FILE.relative_to(PROJECT))


main.add_command(check_campaign)
main.add_command(simulate)
main.add_command(explain)
main.add_command(rule_statement)
main.add_command(evaluate)
main.add_command(ledger)
main.add_command(onboarding)
main.add_command(attest)
main.add_command(drafts)
main.add_command(invoice)
main.add_command(feedback)
main.add_command(fallback)
main.add_command(keys)
main.add_command(clean)
main.add_command(retention)
main.add_command(prove)
main.add_command(person)
main.add_command(archive)
main.add_command(ui)
main.add_command(users)
main.add_command(watch)
main.add_command(backup)
main.add_command(migrate)
main.add_command(restore)


def _reported(outcome: NightOutcome) -> NightOutcome:
    for line in (*outcome.failures, *outcome.alarms):
        click.echo(line, err=True)
    return outcome


def _tracked(items: Sequence[_Item], label: str) -> Iterator[_Item]:
    """The items, with a progress bar where stderr is a terminal."""
    columns = (TextColumn(label), TextColumn("{task.description}"), BarColumn())
    with Progress(
        *columns,
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    ) as progress:
        task = progress.add_task("", total=len(items))
        for item in items:
            progress.update(task, description=str(getattr(item, "name", item)))
            yield item
            progress.advance(task)


if __name__ == "__main__":
    main()
