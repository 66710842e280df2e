"""Who and what was set aside, and when, for six months (CONVENTION article 9); then verdicts that stay.

The six months of a trace begin on the night that sets aside. A month's verdicts are final six months after
it, whatever traces it still has: nothing that comes in later, no neighbour that retention erases at twelve
months, moves them any more. What comes later, or is valid later, is judged once, on that night, against what
is final, and is final with it: what is refused or hidden until then is written down as unjudged.
Counts of accounts and journeys stay for good. Why: D-055 to D-058.
"""

from datetime import date, timedelta

import duckdb
import polars as pl

from dagster_project.contracts.labels import (
    FRAUD_COUNTS,
    FRAUD_TRACES,
    FRAUD_UNJUDGED,
    FRAUD_VERDICTS,
    NEUTRAL,
)
from dagster_project.contracts.lake_table import Table
from dagster_project.contracts.terms import TERMS, Term
from dagster_project.lake.store import Lake

FINAL = Term("verdicts d’un mois, encore ouverts", "fin du mois", "docs/signalements.md", months=6)
_KEY = ["operator_id", "operator_journey_id", "rule_code"]
# What a decision alone has set aside long ago has had its trace.
_SET_ASIDE = """
    select
        labels.operator_id, labels.operator_journey_id, labels.rule_code, labels.start_on, journeys.end_at,
        journeys.driver_identity_key, journeys.passenger_identity_key, labels.score,
        coalesce(cast(to_json(labels.evidence) as varchar), '[]') as evidence,
        cast($business_date as date) as set_aside_on, cast(null as date) as lifted_on
    from fraud.fraud_labels as labels
    join active.int_accepted_journeys as journeys using (operator_id, operator_journey_id)
    where labels.is_excluding
    order by all
"""
_DECIDED_LONG_AGO = """
    select operator_id, operator_journey_id, rule_code from fraud.fraud_labels
    where is_excluding and not is_excluding_by_rule and decided_on <= $cut_off
"""
_BY_RULE = (
    "select operator_id, operator_journey_id, rule_code from fraud.fraud_labels where is_excluding_by_rule"
)
_FOUND = ("score", "evidence")
_MONTHS = (
    "select distinct cast(date_trunc('month', start_on) as date) from active.int_accepted_journeys order by 1"
)
# Journeys that a night sees first, or judges at last; of a limited person the id alone.
_SEEN = """
    with rides as (
        select operator_id, operator_journey_id, drop_id, true as is_first_judged, false as is_known,
            cast(timezone('Europe/Paris', start_at) as date) as start_on
        from active.int_journey_versions
        where is_current and $is_first and date_trunc('month', start_on) = $month_on
        union all
        select operator_id, operator_journey_id, drop_id, version_number = 1, is_known, start_on
        from fraud.int_late_journeys where not $is_first and month_on = $month_on
    )
    select rides.*, valid.operator_id is not null as is_judged
    from rides
    left join (from fraud.int_fraud_candidates where outcome = 'valid') as valid
        using (operator_id, operator_journey_id)
    where is_judged or not is_known
"""
_VERDICTS = """
    select operator_id, operator_journey_id, rule_code, start_on
    from fraud.fraud_labels semi join seen using (operator_id, operator_journey_id)
    where is_excluding_by_rule
    order by all
"""
# Persons whom the month has counted already are not counted again, nor journeys corrected since.
_COUNTS = """
    with set_aside as (
        select labels.operator_id, labels.operator_journey_id,
            if(labels.is_across_operators, $neutral, labels.rule_code) as rule_code,
            seen.drop_id is not null and (is_first_judged or verdicts.rule_code is null) as is_new,
            unnest([driver_identity_key, passenger_identity_key]) as account
        from fraud.fraud_labels as labels
        join active.int_accepted_journeys as journeys using (operator_id, operator_journey_id)
        left join seen using (operator_id, operator_journey_id)
        left join staging.stg_fraud_verdicts as verdicts on labels.operator_id = verdicts.operator_id
            and labels.operator_journey_id = verdicts.operator_journey_id
            and labels.rule_code = verdicts.rule_code
        where labels.is_excluding and date_trunc('month', labels.start_on) = $month_on
    ),
    by_label as (
        select operator_id, operator_journey_id, rule_code, bool_and(is_new) as is_new, account
        from set_aside group by all union all
        select operator_id, operator_journey_id, 'all', bool_and(is_new), account from set_aside group by all
    ),
    counted_first as (
        select operator_id, rule_code, count(*) as accounts
        from (
            select operator_id, rule_code from by_label
            group by operator_id, rule_code, account having bool_and(is_new)
        ) group by all
    ),
    rows as (
        select operator_id, rule_code, count(distinct operator_journey_id) as journeys
        from by_label where is_new group by all
        union all
        select distinct operator_id, 'all', 0
        from seen anti join (from by_label where is_new) using (operator_id)
    ),
    drops as (
        select operator_id, string_agg(distinct drop_id, ' ' order by drop_id) as drops
        from seen group by all
    )
    select cast($month_on as date) as month_on, rows.operator_id, rows.rule_code,
        coalesce(counted_first.accounts, 0) as accounts, rows.journeys,
        if(rows.rule_code = 'all', drops.drops, null) as drops
    from rows join drops using (operator_id) left join counted_first using (operator_id, rule_code)
    order by all
"""


def record(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> dict[str, int]:
    """Bring the trace up to date with the night's labels; one that no longer holds is lifted, not forgotten.

    A label whose trace ends tonight becomes a verdict, so that no second trace begins for it. Returns how
    many labels are in the trace, and how many of them were lifted.
    """
    cut_off = TERMS["fraud"].cut_off(business_date)
    current = _rows(connection, _SET_ASIDE, FRAUD_TRACES, business_date=business_date)
    long_ago = connection.execute(_DECIDED_LONG_AGO, {"cut_off": cut_off}).pl()
    known = lake.read(FRAUD_TRACES).cast(FRAUD_TRACES.empty.schema)
    traced = pl.concat([lake.read(FRAUD_VERDICTS).select(_KEY), long_ago])
    began = current.join(known, on=_KEY, how="anti").join(traced, on=_KEY, how="anti")
    # A final label has lost what its rule measured.
    first = known.select(*_KEY, *(pl.col(name).alias(f"{name}_first") for name in _FOUND), "set_aside_on")
    still = (
        current.drop("set_aside_on")
        .join(first, on=_KEY)
        .with_columns(
            pl.coalesce("score", "score_first").alias("score"),
            pl.when(pl.col("evidence") == "[]")
            .then("evidence_first")
            .otherwise("evidence")
            .alias("evidence"),
        )
        .select(current.columns)
    )
    gone = known.join(current, on=_KEY, how="anti").with_columns(
        lifted_on=pl.when(pl.col("set_aside_on") > cut_off)
        .then(pl.coalesce("lifted_on", pl.lit(business_date)))
        .otherwise("lifted_on")  # past its term: retention takes it tonight
    )
    by_rule = connection.execute(_BY_RULE).pl()
    ending = still.filter(pl.col("set_aside_on") <= cut_off).join(by_rule, on=_KEY, how="semi")
    add_final(lake, ending.select(*FRAUD_VERDICTS.columns))
    traces = pl.concat([began, still, gone]).sort(_KEY)
    for (month,), rows in _by_month(traces):
        if not rows.equals(_of_month(known, month).sort(_KEY)):
            lake.write(FRAUD_TRACES, rows.with_columns(month=pl.lit(f"{month:%Y-%m}")), "traces")
    return {"labels": traces.height, "lifted": traces["lifted_on"].count()}


def finish(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> list[date]:
    """Make final the verdicts of months that are over for six months, and of what came late for such a month.

    The counts commit a month, and name the drops that were seen; returns the months that became final.
    """
    known = lake.read(FRAUD_COUNTS)
    months = []
    for (month_on,) in connection.execute(_MONTHS).fetchall():
        of_month = known.filter(pl.col("month_on") == month_on)
        # The last journeys end on the first day of the next month.
        following = (month_on.replace(day=28) + timedelta(days=4)).replace(day=1)
        if of_month.is_empty() and FINAL.ends_on(following) > business_date:
            continue
        is_first = of_month["drops"].drop_nulls().is_empty()  # also where no drops were written down
        seen = connection.execute(_SEEN, {"month_on": month_on, "is_first": is_first}).pl()
        if seen.is_empty():
            continue
        connection.register("seen", seen)
        verdicts = connection.execute(_VERDICTS).pl()
        counts = _rows(connection, _COUNTS, FRAUD_COUNTS, month_on=month_on, neutral=NEUTRAL.code)
        if is_first and not of_month.is_empty():
            counts = counts.filter(rule_code="all").with_columns(
                accounts=pl.lit(0, pl.Int64), journeys=pl.lit(0, pl.Int64)
            )
        add_final(lake, verdicts)
        _leave_unjudged(lake, month_on, seen)
        files = len(list(lake.folder(FRAUD_COUNTS).glob(f"{month_on:%Y-%m}*.parquet")))
        lake.write(FRAUD_COUNTS, counts, f"{month_on:%Y-%m}" + (f"-{files}" if files else ""))
        months += [month_on] if of_month.is_empty() else []
    return months


def _leave_unjudged(lake: Lake, month_on: date, seen: pl.DataFrame) -> None:
    """Write down what is seen and not judged, and forget what is judged at last."""
    known = _of_month(lake.read(FRAUD_UNJUDGED), month_on)
    kept = known.join(seen, on=_KEY[:2], how="anti")
    rows = pl.concat([kept, seen.filter(~pl.col("is_judged")).select(known.columns)]).sort(pl.all())
    if rows.is_empty():
        (lake.folder(FRAUD_UNJUDGED) / f"month={month_on:%Y-%m}" / "unjudged.parquet").unlink(missing_ok=True)
    elif not rows.equals(known):
        lake.write(FRAUD_UNJUDGED, rows.with_columns(month=pl.lit(f"{month_on:%Y-%m}")), "unjudged")


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
