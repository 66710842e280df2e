"""The commands about the ledger: is it as it was closed?"""

import sys

import click

from dagster_project.contracts.ledger import CLOSINGS
from dagster_project.lake.store import Lake
from dagster_project.ledger import checkpoints, records
from dagster_project.ledger.chain import damaged, problems


@click.group()
def ledger() -> None:
    """Closed periods: what was claimed, for good."""


@ledger.command()
@click.option("--head", help="Hash of a closing as a fund call or an attestation shows it.")
def verify(head: str | None) -> None:
    """Hold ledger, checkpoints, records, witness, manifests and issued documents against each other."""
    from dagster_project.proof.checkpoint import CheckpointError
    from dagster_project.reports import issued

    lake = Lake()
    if not lake.zone("").exists():
        raise click.ClickException(
            f"{lake.home} holds no lake. Remedy: ENTREPOT_HOME says where the home is."
        )
    faults = list(damaged(lake))
    if not faults:
        faults += [*problems(lake, head), *checkpoints.problems(lake, rebuild=True), *records.problems(lake)]
        try:
            faults += issued.problems(lake)
        except CheckpointError as error:
            faults.append(str(error))
    for problem in faults:
        click.echo(problem, err=True)
    if faults:
        click.echo(
            "The ledger, or what was issued from it, is not as it was closed. Remedy: of the lake, entrepot "
            "restore --damaged; a folder that is named is in the copies. The witness and authorities' "
            "folders tell what is right.",
            err=True,
        )
        sys.exit(1)
    closings = lake.read(CLOSINGS).sort("closing_number")
    last = f"; the last is {closings['closing_sha256'][-1]}" if closings.height else ""
    click.echo(f"{closings.height} closings, {closings['entries'].sum()} entries, as they were closed{last}")
