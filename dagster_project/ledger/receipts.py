"""What became of the journeys sent for a closed call, written down before the call goes out.

The base moves on: journeys are cancelled, refused beside others, erased. What a closed call says does not.
"""

import duckdb

from dagster_project.contracts.ledger import CALL_RECEIPTS, part_of
from dagster_project.lake import Lake

_UNWRITTEN = """
    select calls.closing_number, operator_id, receipts.loss, receipts.seats
    from finance.int_call_receipts as receipts
    join finance.fund_calls as calls using (campaign_id, operator_id, period_start_on)
    anti join staging.stg_call_receipts as written using (closing_number)
    where calls.is_closed
    order by all
"""


def write_receipts(lake: Lake, connection: duckdb.DuckDBPyConnection) -> int:
    """Write down the counts of every closed call that has none yet; how many calls' closings that were."""
    unwritten = connection.execute(_UNWRITTEN).pl()
    closings = unwritten.partition_by("closing_number", as_dict=True)
    for (number,), receipts in closings.items():
        lake.write(CALL_RECEIPTS, receipts.cast(CALL_RECEIPTS.empty.schema), part_of(number))
    return len(closings)
