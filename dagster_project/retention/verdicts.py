"""What outlives its neighbours keeps its verdict: nothing is paid because what stood against it was erased.

A journey that is kept one more night may stand beside one that goes: over midnight, or late on the same day.
One whose other person is erased may stand beside that person's journeys.
"""

from datetime import timedelta

import duckdb
import polars as pl

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

_OF_ERASED = """
    with theirs as (
        select start_on, unnest([driver_identity_key, passenger_identity_key]) as identity_key
        from active.journeys semi join gone using (operator_id, operator_journey_id)
    )
    select operator_id, operator_journey_id, drop_id, drop_row,
        list_filter(
            refusal_codes,
            lambda one: one in ('too_close_trips', 'too_many_trips') or starts_with(one, 'fraud_')
        )[1] as refusal_code
    from active.journeys anti join gone using (operator_id, operator_journey_id)
    where outcome = 'refused' and refusal_code is not null and exists (
        from theirs where abs(theirs.start_on - journeys.start_on) <= 1
            and theirs.identity_key in (journeys.driver_identity_key, journeys.passenger_identity_key)
    ) order by all
"""


def keep_verdicts(lake: Lake, connection: duckdb.DuckDBPyConnection, due: Plan) -> None:
    """Write down the verdicts of what stays within a day of what goes, from a base that holds both.

    To be called before the plan is applied; replaces what was written for an earlier night.
    """
    connection.register("gone", due.journeys)
    until = TERMS["journeys"].kept_from(due.business_date) + timedelta(days=1)
    lake.write(KEPT_VERDICTS, connection.execute(_BESIDE, {"until": until}).pl(), "kept")


def keep_refusals(
    lake: Lake, connection: duckdb.DuckDBPyConnection, journeys: pl.DataFrame, part: str
) -> None:
    """Write down what is refused because of others, beside these journeys of a person who is erased.

    To be called before they go; an erasure that was killed adds to what it had written.
    """
    connection.register("gone", journeys)
    refused = pl.concat([lake.read(KEPT_VERDICTS, part), connection.execute(_OF_ERASED).pl()])
    if not refused.is_empty():
        lake.write(KEPT_VERDICTS, refused.unique().sort(pl.all()), part)
