"""`entrepot attest`: reads arguments, prints; nothing is computed here."""

import sys
from pathlib import Path

import click

from dagster_project.keys import KeyFileError
from dagster_project.lake import Lake
from dagster_project.settings import settings

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def attest() -> None:
    """Attestations of fund calls."""


@attest.command()
@click.argument("file", type=_FILE)
@click.option("--code", help="The code as printed, where FILE is a JSON of the printed values.")
@click.option("--journeys", type=_FILE, help="The file of journeys, to hold against its SHA-256.")
def verify(file: Path, code: str | None, journeys: Path | None) -> None:
    """Say whether FILE, a fund call's PDF, carries an authentic attestation, and what was changed if not."""
    from dagster_project.reports.attestation import AttestationError
    from dagster_project.reports.attestation import verify as problems

    lake = Lake(settings().home)
    try:
        key = lake.secret("attestation", settings().attestation_key, make=False)
        told = problems(file, key, code, journeys)
    except (AttestationError, KeyFileError) as error:
        raise click.ClickException(str(error)) from None
    for line in told:
        click.echo(f"{file.name} : {line}", err=True)
    if told:
        sys.exit(1)
    click.echo(f"{file.name} : attestation authentique")
