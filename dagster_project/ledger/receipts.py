"""What closed documents rest on beside the ledger, written down before they go out.

The base moves on: journeys are cancelled, refused beside others, erased; a signed file is edited.
What a closed call or invoice says does not. Why: D-093, D-094.
"""

import duckdb

from dagster_project.contracts.ledger import CALL_RECEIPTS, CLOSING_TERMS, part_of
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.ledger import records

_SQL = statements(__file__)


def write_receipts(lake: Lake, connection: duckdb.DuckDBPyConnection) -> int:
    """Write down once what each closing has left unwritten; how many files that were. Raises KeyFileError."""
    files = []
    for table in (CALL_RECEIPTS, CLOSING_TERMS):
        unwritten = connection.execute(_SQL[table.name]).pl().select(*table.columns).cast(table.empty.schema)
        by_closing = unwritten.partition_by("closing_number", as_dict=True).items()
        files += [(table, rows, part_of(number)) for (number,), rows in by_closing]
    records.write(lake, files)
    return len(files)
