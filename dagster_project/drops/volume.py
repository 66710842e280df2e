"""Which operators sent out of the ordinary: nothing, much more than usual, or much more that is wrong.

Volume is held against its own weekdays of the four weeks before, what is wrong against all their days, by the
register of drops.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

_WEEKS = 4
_SILENT_DAYS, _FORGOTTEN_DAYS = (
    7,
    90,
)  # without a drop: told from then (or twice its longest pause) to then
_TIMES = 4  # as many rows as usual are a surprise
_FEW_ROWS = 100  # say nothing
_MOST_PERCENT = 5  # of rows rejected are no surprise


def unusual(register: pl.DataFrame, business_date: date) -> dict[str, str]:
    """What is out of the ordinary in the drops of a date, by operator. `register`: the lake's drops."""
    since = business_date - timedelta(days=2 * _FORGOTTEN_DAYS)
    days = (
        register.filter(pl.col("business_date").is_between(since, business_date))
        .group_by("operator_id", "business_date")
        .agg(pl.col("rows", "rejected_rows").sum())
    )
    return {
        operator: "; ".join(found)
        for (operator,), of_operator in days.group_by("operator_id", maintain_order=True)
        if (found := list(_of_operator(of_operator, business_date)))
    }


def _of_operator(days: pl.DataFrame, business_date: date) -> Iterator[str]:
    sent_on = sorted(days["business_date"])
    last_on = sent_on[-1]
    longest = max(((later - day).days for day, later in pairwise(sent_on)), default=_FORGOTTEN_DAYS)
    silent_days = (business_date - last_on).days
    if silent_days >= max(_SILENT_DAYS, 2 * longest):
        if silent_days <= _FORGOTTEN_DAYS:
            yield f"nothing since {last_on}"
        return
    recent = days.filter(pl.col("business_date") >= business_date - timedelta(weeks=_WEEKS))
    by_day = {
        day: (rows, rejected) for day, rows, rejected in recent.select(pl.exclude("operator_id")).iter_rows()
    }
    rows, rejected = by_day.get(business_date, (0, 0))
    weekdays = [by_day.get(business_date - timedelta(weeks=week), (0, 0))[0] for week in range(1, _WEEKS + 1)]
    usual = sorted(weekdays)[_WEEKS // 2]  # on half of them it sent so many, or more
    before = [counts for day, counts in by_day.items() if day != business_date]
    rows_before, rejected_before = sum(counts[0] for counts in before), sum(counts[1] for counts in before)
    if usual and not rows:
        yield f"nothing, where {usual} rows are usual on a {business_date:%A}; last drop {last_on}"
    if usual and rows >= max(_TIMES * usual, _FEW_ROWS):
        yield f"{rows} rows, where {usual} are usual on a {business_date:%A}"
    if (
        rows >= _FEW_ROWS
        and rejected * 100 > _MOST_PERCENT * rows
        and rejected * rows_before > 2 * rejected_before * rows
        and rows_before
    ):
        share, usual_share = rejected * 100 // rows, rejected_before * 100 // rows_before
        yield f"{share} % of rows rejected, where {usual_share} % are usual"
