"""`entrepot invoice`: read arguments, print; nothing is computed here."""

import click

from dagster_project.contracts.invoice_statuses import REASONS
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.store import Lake


@click.group()
def invoice() -> None:
    """Invoices of the platform fee."""


@invoice.command()
@click.argument("number")
@click.option(
    "--reason",
    type=click.Choice(list(REASONS)),
    required=True,
    help="Why, as the platform's message says it (MDT-113).",
)
@click.confirmation_option(prompt="A credit note and a new invoice go out for good. Go on?")
def replace(number: str, reason: str) -> None:
    """Replace the invoice NUMBER, which was refused or rejected, by a credit note and a new invoice.

    Correct first what was wrong, in the parties' files. Both are drawn at once, as of the last night.
    """
    from dagster_project.outputs import rebuild
    from dagster_project.payments.replacing import ReplacementError, replace_invoice
    from dagster_project.reports.authority.export import ExportError
    from dagster_project.warehouse.cache import NoNightError, night_of, reading
    from dagster_project.warehouse.dbt_run import BuildError

    lake = Lake()
    try:
        with lake.lock():
            lake.check_keys()
            with reading(lake) as connection:
                on = night_of(connection)
                replacement = replace_invoice(lake, connection, number.upper(), reason)
            for line in rebuild(lake, on).lines:
                click.echo(line, err=True)
    except (ReplacementError, NoNightError, KeyFileError, BuildError, ExportError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{number}: credit note {replacement.credit}, new invoice {replacement.invoice}")
