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
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

FINAL = Term("verdicts d’un mois, encore ouverts", "fin du mois", "docs/signalements.md", months=6)
_KEY = ["operator_id", "operator_journey_id", "rule_code"]
_SQL = statements(__file__)
_MEASURED = ("score", "evidence")


def record(lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date) -> dict[str, int]:
    """Bring the trace up to date with the night's labels; one that no longer holds is lifted, not forgotten.

    A label whose trace ends tonight becomes a verdict, so that no second trace begins for it. Returns how
    many labels are in the trace, and how many of them were lifted.
    """
    cut_off = TERMS["fraud"].cut_off(business_date)
    current = _rows(connection, _SQL["set_aside"], FRAUD_TRACES, business_date=business_date)
    long_ago = connection.execute(_SQL["decided_long_ago"], {"cut_off": cut_off}).pl()
    known = lake.read(FRAUD_TRACES).cast(FRAUD_TRACES.empty.schema)
    traced = pl.concat([lake.read(FRAUD_VERDICTS).select(_KEY), long_ago])
    began = current.join(known, on=_KEY, how="anti").join(traced, on=_KEY, how="anti")
    # A final label has lost what its rule measured.
    first = known.select(*_KEY, *(pl.col(name).alias(f"{name}_first") for name in _MEASURED), "set_aside_on")
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
    by_rule = connection.execute(_SQL["by_rule"]).pl()
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
    for (month_on,) in connection.execute(_SQL["months"]).fetchall():
        of_month = known.filter(pl.col("month_on") == month_on)
        # The last journeys end on the first day of the next month.
        following = (month_on.replace(day=28) + timedelta(days=4)).replace(day=1)
        if of_month.is_empty() and FINAL.ends_on(following) > business_date:
            continue
        is_first = of_month["drops"].drop_nulls().is_empty()  # also where no drops were written down
        seen = connection.execute(_SQL["seen"], {"month_on": month_on, "is_first": is_first}).pl()
        if seen.is_empty():
            continue
        connection.register("seen", seen)
        verdicts = connection.execute(_SQL["verdicts"]).pl()
        counts = _rows(connection, _SQL["counts"], FRAUD_COUNTS, month_on=month_on, neutral=NEUTRAL.code)
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
