"""`entrepot attest` and `entrepot drafts`: read arguments, print; nothing is computed here."""

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from dagster_project.lake.home import LockedError
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.store import Lake

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def attest() -> None:
    """Attestations: of fund calls, and of carpoolers."""


@attest.command()
@click.argument("file", type=_FILE)
@click.option("--code", help="The code as printed, where FILE is a JSON of the printed values.")
@click.option("--journeys", type=_FILE, help="The file of journeys, to hold against its SHA-256.")
def verify(file: Path, code: str | None, journeys: Path | None) -> None:
    """Say whether FILE, an attestation's PDF, is authentic: code, seal, closing; what was changed if not.

    Of a carpooler's, FILE may be the text of the code to scan; whether its count still stands is told, too.

    The attested values are printed, for what FILE shows may be something else.
    """
    from dagster_project.attestations.verifying import is_carpoolers
    from dagster_project.proof.checkpoint import CheckpointError
    from dagster_project.reports.issued import call_problems
    from dagster_project.reports.shared.attestation import AttestationError, attested, printed
    from dagster_project.reports.shared.attestation import verify as problems
    from dagster_project.reports.shared.signatory import Signatory

    lake = Lake()
    try:
        if is_carpoolers(file):
            _verify_carpoolers(lake, file, code)
            return
        key = lake.secret("attestation", make=False)
        messages = problems(file, key, code, journeys)
        messages += call_problems(file, Signatory(lake))
        click.echo("\n".join(printed(attested(file)[0])))
    except (AttestationError, CheckpointError, KeyFileError) as error:
        raise click.ClickException(str(error)) from None
    for line in messages:
        click.echo(f"{file.name} : {line}", err=True)
    if messages:
        sys.exit(1)
    click.echo(f"{file.name} : attestation authentique")


def _verify_carpoolers(lake: Lake, file: Path, code: str | None) -> None:
    from dagster_project.attestations.verifying import verify as verdict_of
    from dagster_project.warehouse.cache import reading

    with reading(lake) if lake.cache_file.exists() else nullcontext() as connection:
        verdict = verdict_of(lake, connection, file, code)
    click.echo("\n".join(verdict.printed))
    for line in verdict.problems:
        click.echo(f"{file.name} : {line}", err=True)
    if not verdict.problems:
        click.echo(f"{file.name} : attestation authentique")
        click.echo(f"{file.name} : {verdict.standing}", err=verdict.is_superseded)
    sys.exit(bool(verdict.problems or verdict.is_superseded))


@click.command()
def drafts() -> None:
    """Draw the drafts of open fund calls and reports as of the last night; nights do once a month.

    What one campaign is at, its SITUATION says every night.
    """
    from dagster_project.reports.publish import publish
    from dagster_project.reports.shared.source import parties
    from dagster_project.settings import settings
    from dagster_project.warehouse.cache import NoNightError, night_of, reading

    lake = Lake()
    try:
        with lake.lock(), reading(lake) as connection:
            known = parties(settings().catalogue)
            publication = publish(lake, connection, night_of(connection), known, draws_drafts=True)
    except (LockedError, NoNightError) as error:
        raise click.ClickException(str(error)) from None
    for message in (*publication.forged, *(f"{name}: {reason}" for name, reason in publication.held.items())):
        click.echo(message, err=True)
    drawn = sorted(export.file for export in publication.exports if not export.is_final)
    click.echo("\n".join(drawn) or "no call and no report is open: nothing to draw")
    if publication.forged:
        sys.exit(1)
