"""What closed documents rest on beside the ledger, written down before they go out.

The base moves on: journeys are cancelled, refused beside others, erased; a signed file is edited.
What a closed call or invoice says does not. Why: D-093, D-094.
"""

import duckdb

from dagster_project.contracts.ledger import CALL_RECEIPTS, CLOSING_TERMS, part_of
from dagster_project.lake.store import Lake
from dagster_project.ledger import records

# What became of the journeys sent for a call, of all its operators at once; what its closing saw of the file.
_UNWRITTEN = (
    (
        CALL_RECEIPTS,
        """
        select calls.closing_number, operator_id, receipts.loss, receipts.seats
        from finance.int_call_receipts as receipts
        join finance.fund_calls as calls using (campaign_id, operator_id, period_start_on)
        anti join staging.stg_call_receipts as written using (closing_number)
        where calls.is_closed
        order by all
        """,
    ),
    (
        CLOSING_TERMS,
        """
        select * exclude (campaign_id) from finance.int_campaign_terms
        anti join staging.stg_closing_terms as written using (closing_number)
        where closing_number > 0
        order by closing_number
        """,
    ),
)


def write_receipts(lake: Lake, connection: duckdb.DuckDBPyConnection) -> int:
    """Write down once what each closing has left unwritten; how many files that were. Raises KeyFileError."""
    files = []
    for table, query in _UNWRITTEN:
        unwritten = connection.execute(query).pl().select(*table.columns).cast(table.empty.schema)
        by_closing = unwritten.partition_by("closing_number", as_dict=True).items()
        files += [(table, rows, part_of(number)) for (number,), rows in by_closing]
    records.write(lake, files)
    return len(files)
