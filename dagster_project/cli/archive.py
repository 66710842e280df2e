"""`entrepot archive`: the archive, for the analysts who are given its key."""

import sys

import click

from dagster_project.files.csv_out import PROGRAMS, write_csv
from dagster_project.lake.store import Lake


@click.command()
@click.argument("sql")
def archive(sql: str) -> None:
    """Answer one SELECT on the archive as CSV: tables archived_journeys and archived_carpoolers.

    It reaches no file, no other database and no setting, and changes nothing.
    Asks for the archive's key alone (ENTREPOT_ARCHIVE_KEY): where it is read, the active base need not be.
    """
    import duckdb

    from dagster_project.archive.read import query
    from dagster_project.archive.write import ArchiveError

    try:
        rows = query(Lake(), sql)
    except (ArchiveError, duckdb.Error) as error:
        raise click.ClickException(str(error)) from None
    write_csv(rows, sys.stdout.buffer, PROGRAMS)
