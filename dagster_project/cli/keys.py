"""The commands about the keys of the encrypted zones."""

import click

from dagster_project.contracts.lake_tables import DROPS
from dagster_project.lake.home import LockedError
from dagster_project.lake.keys import ZONES, KeyFileError
from dagster_project.lake.store import Lake

_ZONE = click.argument("zone", type=click.Choice(ZONES))


@click.group()
def keys() -> None:
    """Keys of what is encrypted at rest: the active base and the archive."""


@keys.command()
def status() -> None:
    """Say which key each zone is under and names are made with, and whether it is here; never the key."""
    from dagster_project.lake import rotation

    for name, sentence in rotation.status(Lake()):
        click.echo(f"{name}: {sentence}")


@keys.command()
@_ZONE
def rotate(zone: str) -> None:
    """Put a zone under a new key: copies made before cannot be read with it.

    Encrypts the files of an older version. The keys of identities, pseudonyms and the ledger never change:
    they encrypt nothing, they give names, and everybody would get another one.
    """
    from dagster_project.lake import rotation
    from dagster_project.warehouse import cache
    from dagster_project.warehouse.dbt_run import BuildError

    lake = Lake()
    try:
        with lake.lock():
            files = rotation.rotate(lake, zone)
            if zone == "active" and lake.cache_file.exists():
                lake.cache_file.unlink()
                cache.build(lake, max(lake.read(DROPS)["business_date"].to_list()))
        click.echo(f"{files} files re-encrypted. {dict(rotation.status(lake))[zone]}")
    except (KeyFileError, LockedError, BuildError) as error:
        raise click.ClickException(str(error)) from None


@keys.command()
@_ZONE
@click.confirmation_option(prompt="Everything in the zone is lost, and every copy of it. Go on?")
def destroy(zone: str) -> None:
    """Make a zone unreadable for ever, wherever copies of it are. The ledger and its totals stay."""
    from dagster_project.lake import rotation

    lake = Lake()
    try:
        with lake.lock():
            rotation.destroy(lake, zone)
    except (KeyFileError, LockedError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{zone}: its key and its files are destroyed")
