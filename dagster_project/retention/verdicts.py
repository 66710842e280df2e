"""What outlives its neighbours keeps its verdict: nothing is paid because what stood against it was erased.

A journey that is kept one more night may stand beside one that goes: over midnight, or late on the same day.
"""

from datetime import timedelta

import duckdb

from dagster_project.contracts.tables import KEPT_VERDICTS
from dagster_project.contracts.terms import TERMS
from dagster_project.lake import Lake
from dagster_project.retention.plan import Plan

_BESIDE = """
    select operator_id, operator_journey_id, drop_id, drop_row,
        list_filter(refusal_codes, lambda one: one in ('too_close_trips', 'too_many_trips'))[1]
            as refusal_code
    from active.int_accepted_journeys anti join gone using (operator_id, operator_journey_id)
    where outcome != 'cancelled' and start_at < $until order by all
"""


def keep_verdicts(lake: Lake, connection: duckdb.DuckDBPyConnection, due: Plan) -> None:
    """Write down the verdicts of what stays within a day of what goes, from a base that holds both.

    To be called before the plan is applied; replaces what was written for an earlier night.
    """
    connection.register("gone", due.journeys)
    until = TERMS["journeys"].kept_from(due.business_date) + timedelta(days=1)
    lake.write(KEPT_VERDICTS, connection.execute(_BESIDE, {"until": until}).pl(), "kept")
