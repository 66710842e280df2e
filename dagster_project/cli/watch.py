"""`entrepot watch`: was there a night, and can its failure be told? Needs no Dagster."""

import sys
from datetime import datetime, timedelta

import click

from dagster_project.contracts.moments import PARIS
from dagster_project.lake.store import Lake


@click.command()
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Business date; default: yesterday, Paris."
)
@click.option(
    "--try", "tries", is_flag=True, help="Send a message that asks for nothing, and look at no night."
)
def watch(day: datetime | None, *, tries: bool) -> None:
    """Tell who is to be told where a night did not take place, or failed; ends with 1 then."""
    from dagster_project.watch.tell import missing, tell_missing, try_out

    if tries:
        if not try_out():
            raise click.ClickException("not sent to all. Remedy: look at ENTREPOT_NOTIFY (docs/settings.md)")
        click.echo("sent")
        return
    business_date = day.date() if day else (datetime.now(PARIS) - timedelta(days=1)).date()
    if why := missing(Lake(), business_date):
        is_sent = tell_missing(business_date, why)
        click.echo(
            f"la nuit du {business_date} {why}{'' if is_sent else ' ; le message n’est pas parti'}", err=True
        )
        sys.exit(1)
