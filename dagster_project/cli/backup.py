"""`entrepot backup`, `restore`, `migrate`: copies of the home, one brought back, one of an older version."""

import sys
from datetime import datetime

import click

from dagster_project.contracts.moments import PARIS
from dagster_project.lake.home import LockedError
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.preflight import of_the_disk
from dagster_project.lake.store import Lake
from dagster_project.settings import settings


@click.command()
@click.option("--list", "is_list", is_flag=True, help="Show the copies that are kept; none is made.")
@click.option("--check", is_flag=True, help="Read all that is stored back and hold it against its hashes.")
def backup(*, is_list: bool, check: bool) -> None:
    """Copy lake, exports and pages of nights to ENTREPOT_BACKUP, encrypted; copies past their term go.

    Keys and witness are not in it: keep them apart. A night at work is waited for.
    """
    from dagster_project.backup import copies
    from dagster_project.watch.tell import tell_no_copy

    lake = Lake()
    try:
        if check:
            copies.check(lake)
            click.echo("all that is stored was read back, as it was written")
        elif not is_list:
            with lake.lock(settings().lock_wait_s):
                copies.make(lake)
        kept = copies.copies(lake)
    except (copies.CopyError, LockedError, KeyFileError, OSError) as error:
        fault = of_the_disk(error, "The home", lake) if isinstance(error, OSError) else str(error)
        if not (check or is_list):  # nobody watches the timer that runs it
            tell_no_copy(fault)
        raise click.ClickException(fault) from None
    for copy in kept:
        click.echo(f"{copy.copy_id}  made {copy.made_at:%Y-%m-%d %H:%M} UTC, kept until {copy.gone_on}")


@click.command()
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Business date up to "
              "which terms are applied: that of the last night.")  # fmt: skip
@click.option("--damaged", is_flag=True, help="Bring back those files of this home's lake that are gone, "
              "torn or another, each from the newest copy that has it as it must be.")  # fmt: skip
@click.option("--copy", "copy_id", default="latest", show_default=True, help="As `backup --list` names it.")
@click.option("--witness-is-lost", "is_witness_lost", is_flag=True, help="Open the home although "
              "nobody knows what persons asked since the copy.")  # fmt: skip
def restore(day: datetime | None, copy_id: str, *, damaged: bool, is_witness_lost: bool) -> None:
    """Bring a copy back into an empty home, then do there what persons asked since, and what expired since.

    Give the keys first, by settings or in keys/, and the witness. Nobody can read the home before the end.
    """
    if damaged == bool(day):
        raise click.UsageError("Give --date to bring a whole home back, or --damaged for single files.")
    if day is None:
        _mend()
        return
    if day.date() > datetime.now(PARIS).date():
        raise click.UsageError(f"{day:%Y-%m-%d} is yet to come: what expires by then would be removed.")
    from dagster_project.backup.copies import CopyError
    from dagster_project.backup.restore import NotEmptyError, UnwitnessedError
    from dagster_project.backup.restore import restore as restored
    from dagster_project.lake.schema import SchemaError
    from dagster_project.reports.authority.export import ExportError
    from dagster_project.warehouse.dbt_run import BuildError

    lake = Lake()
    try:
        with lake.lock(restores=True):
            done = restored(lake, day.date(), copy_id, is_witness_lost=is_witness_lost)
    except (
        CopyError,
        NotEmptyError,
        UnwitnessedError,
        LockedError,
        KeyFileError,
        SchemaError,
        BuildError,
        ExportError,
    ) as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{done.drops} drops are back. Asked since the copy, and done again: {done.erased} erasures, "
        f"{done.limited} limitations, {done.lifted} lifted. "
        f"Expired since: {done.expired_rows} rows of journeys."
    )
    if done.to_rectify:
        click.echo(
            f"{done.to_rectify} persons had data rectified since, which no copy holds: they are limited. "
            "Remedy: entrepot person rectify again, then entrepot person restrict --lift.",
            err=True,
        )
    for line in (*done.troubles, *done.ledger_problems):
        click.echo(line, err=True)
    for hit in done.hits:
        click.echo(f"still in {hit.path.relative_to(lake.home)} ({hit.kind})", err=True)
    if done.ledger_problems:
        click.echo(
            "The copy's ledger is not what the witness saw: the night stops until it is. Remedy: entrepot "
            "restore --damaged, or another copy (--copy).",
            err=True,
        )
    sys.exit(bool(done.hits or done.ledger_problems))


def _mend() -> None:
    from dagster_project.backup.copies import CopyError
    from dagster_project.backup.mend import mend
    from dagster_project.proof.checkpoint import CheckpointError

    lake = Lake()
    try:
        with lake.lock(mends=True):
            done = mend(lake)
    except (CopyError, CheckpointError, LockedError, KeyFileError) as error:
        raise click.ClickException(str(error)) from None
    for name, copy in done.back.items():
        click.echo(f"{name} is back, from copy {copy.copy_id} of {copy.made_at:%Y-%m-%d %H:%M} UTC")
    for name in done.missing:
        click.echo(f"{name}: no copy has it as it must be", err=True)
    if not (done.back or done.missing):
        click.echo("nothing is gone, torn or another than it must be")
    sys.exit(bool(done.missing))


@click.command()
def migrate() -> None:
    """Give the files of a lake of an older version the columns of this one. Make a copy before."""
    from dagster_project.lake.migration import migrate as migrated
    from dagster_project.lake.schema import SchemaError

    lake = Lake()
    try:
        with lake.lock():
            lake.check_keys()
            files = migrated(lake)
    except (SchemaError, LockedError, KeyFileError) as error:
        raise click.ClickException(str(error)) from None
    for table, count in files.items():
        click.echo(f"{table}: {count} files written anew")
    click.echo("the lake has the columns of this version")
