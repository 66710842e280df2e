"""Who and what was set aside, and when, for six months (CONVENTION article 9); then verdicts that stay.

Once a month's trace has reached its term, its verdicts are final: nothing that comes in later, no neighbour
that retention erases at twelve months, moves them any more. Counts of accounts and journeys stay for good.
"""

from datetime import date, datetime, timedelta

import duckdb
import polars as pl

from dagster_project.contracts.frauds import FRAUD_COUNTS, FRAUD_TRACES, FRAUD_VERDICTS
from dagster_project.contracts.table import Table
from dagster_project.contracts.terms import TERMS
from dagster_project.lake import Lake

_KEY = ["operator_id", "operator_journey_id", "rule_code"]
_SET_ASIDE = """
    select
        labels.operator_id, labels.operator_journey_id, labels.rule_code, labels.start_on, journeys.end_at,
        journeys.driver_identity_key, journeys.passenger_identity_key, labels.score,
        coalesce(cast(to_json(labels.evidence) as varchar), '[]') as evidence,
        cast($business_date as date) as set_aside_on, cast(null as date) as lifted_on
    from fraud.fraud_labels as labels
    join active.int_accepted_journeys as journeys using (operator_id, operator_journey_id)
    where labels.is_excluding and journeys.end_at >= $kept_from
    order by all
"""
_MONTHS = (
    "select distinct cast(date_trunc('month', start_on) as date) from active.int_accepted_journeys order by 1"
)
_VERDICTS = """
    select operator_id, operator_journey_id, rule_code, start_on
    from fraud.fraud_labels
    where is_excluding_by_rule and date_trunc('month', start_on) = $month_on
    order by all
"""
_COUNTS = """
    with set_aside as (
        select labels.operator_id, labels.operator_journey_id, labels.rule_code,
            unnest([driver_identity_key, passenger_identity_key]) as account
        from fraud.fraud_labels as labels
        join active.int_accepted_journeys as journeys using (operator_id, operator_journey_id)
        where labels.is_excluding and date_trunc('month', labels.start_on) = $month_on
    ),
    operators as (
        select distinct operator_id from active.int_accepted_journeys
        where date_trunc('month', start_on) = $month_on
    )
    select cast($month_on as date) as month_on, operator_id, coalesce(rule_code, 'all') as rule_code,
        count(distinct account) as accounts, count(distinct operator_journey_id) as journeys
    from operators left join set_aside using (operator_id)
    group by grouping sets ((operator_id), (operator_id, rule_code))
    having grouping(rule_code) = 1 or rule_code is not null
    order by all
"""


def kept_from(business_date: date) -> datetime:
    """The first instant (UTC) at whose end a journey's trace is still kept."""
    return TERMS["fraud"].kept_from(business_date)


def record(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> dict[str, int]:
    """Bring the trace up to date with the night's labels; one that no longer holds is lifted, not forgotten.

    Returns how many labels are in the trace, and how many of them were lifted.
    """
    current = _rows(
        connection, _SET_ASIDE, FRAUD_TRACES, business_date=business_date, kept_from=kept_from(business_date)
    )
    known = lake.read(FRAUD_TRACES).cast(FRAUD_TRACES.empty.schema)
    since = known.select(*_KEY, pl.col("set_aside_on").alias("since"))
    still = current.join(since, on=_KEY, how="left").with_columns(
        set_aside_on=pl.min_horizontal("set_aside_on", "since")
    )
    gone = known.join(current, on=_KEY, how="anti").with_columns(
        lifted_on=pl.when(pl.col("end_at") >= kept_from(business_date))
        .then(pl.coalesce("lifted_on", pl.lit(business_date)))
        .otherwise("lifted_on")  # past its term: retention takes it tonight
    )
    traces = pl.concat([still.drop("since"), gone]).sort(_KEY)
    for (month,), rows in _by_month(traces):
        if not rows.equals(_of_month(known, month).sort(_KEY)):
            lake.write(FRAUD_TRACES, rows.with_columns(month=pl.lit(f"{month:%Y-%m}")), "traces")
    return {"labels": traces.height, "lifted": traces["lifted_on"].count()}


def finish(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> list[date]:
    """Make the verdicts of months final whose trace has reached its term; the counts commit a month."""
    done = set(lake.read(FRAUD_COUNTS)["month_on"])
    made = []
    for (month_on,) in connection.execute(_MONTHS).fetchall():
        following = (month_on.replace(day=28) + timedelta(days=4)).replace(
            day=1
        )  # the last journeys end on it
        if month_on in done or TERMS["fraud"].ends_on(following) > business_date:
            continue
        verdicts = _rows(connection, _VERDICTS, FRAUD_VERDICTS, month_on=month_on)
        if not verdicts.is_empty():
            lake.write(FRAUD_VERDICTS, verdicts.with_columns(month=pl.lit(f"{month_on:%Y-%m}")), "verdicts")
        lake.write(
            FRAUD_COUNTS, _rows(connection, _COUNTS, FRAUD_COUNTS, month_on=month_on), f"{month_on:%Y-%m}"
        )
        made.append(month_on)
    return made


def add_final(lake: Lake, verdicts: pl.DataFrame) -> None:
    """Add to the verdicts of months that are final already."""
    known = lake.read(FRAUD_VERDICTS)
    added = verdicts.cast(FRAUD_VERDICTS.empty.schema).join(known, on=_KEY, how="anti").unique()
    for (month,), rows in _by_month(added):
        whole = pl.concat([_of_month(known.select(added.columns), month), rows]).sort(pl.all())
        lake.write(FRAUD_VERDICTS, whole.with_columns(month=pl.lit(f"{month:%Y-%m}")), "verdicts")


def _rows(connection: duckdb.DuckDBPyConnection, query: str, table: Table, **values: object) -> pl.DataFrame:
    return connection.execute(query, values).pl().cast(table.empty.schema)


def _by_month(rows: pl.DataFrame) -> list[tuple[tuple[date], pl.DataFrame]]:
    months = rows.group_by(pl.col("start_on").dt.truncate("1mo"), maintain_order=True)
    return [((month,), of_month) for (month,), of_month in months]


def _of_month(rows: pl.DataFrame, month: date) -> pl.DataFrame:
    return rows.filter(pl.col("start_on").dt.truncate("1mo") == month)
