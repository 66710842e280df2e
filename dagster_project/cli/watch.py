"""`entrepot watch`: was there a night, and can its failure be told? Needs no Dagster."""

import sys
from datetime import datetime, timedelta

import click

from dagster_project.contracts.moments import PARIS
from dagster_project.lake.preflight import of_the_disk
from dagster_project.lake.store import Lake


@click.command()
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Business date; default: yesterday, Paris."
)
@click.option(
    "--try", "tries", is_flag=True, help="Send a message that asks for nothing, and look at no night."
)
def watch(day: datetime | None, *, tries: bool) -> None:
    """Tell who is to be told where a night did not take place, or failed, or no copy was made since two days.

    Ends with 1 then.
    """
    from dagster_project.backup.copies import is_late
    from dagster_project.watch.tell import missing, tell_missing, tell_no_copy, try_out

    if tries:
        if not try_out():
            raise click.ClickException("not sent to all. Remedy: look at ENTREPOT_NOTIFY (docs/settings.md)")
        click.echo("sent")
        return
    lake, unsent = Lake(), " ; le message n’est pas parti"
    business_date = day.date() if day else (datetime.now(PARIS) - timedelta(days=1)).date()
    faults: list[tuple[str, bool]] = []
    why, is_copy_late, causes = None, False, list[str]()
    try:
        why, is_copy_late = missing(lake, business_date), is_late(lake)
    except OSError as error:  # a disk that is not there, a folder of another user
        why, causes = "ne peut pas être lue", [of_the_disk(error, "The home", lake)]
    if why:
        faults.append((f"la nuit du {business_date} {why}", tell_missing(business_date, why, *causes)))
    if is_copy_late:
        why = "aucune copie depuis deux jours"
        faults.append((why, tell_no_copy(why)))
    for fault, is_sent in faults:
        click.echo(fault + ("" if is_sent else unsent), err=True)
    sys.exit(bool(faults))
