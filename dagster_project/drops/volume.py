"""Which operators sent out of the ordinary: nothing, much more than usual, or much more that is wrong.

Volume is held against its own weekdays of the four weeks before, what is wrong against all their days, by the
register of drops.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import polars as pl

_WEEKS = 4
# Without a drop, told from then (or twice its usual pause) to then; the pause of one that has sent once only.
_SILENT_DAYS, _FORGOTTEN_DAYS, _UNKNOWN_PAUSE = 7, 90, 28
_TIMES = 4  # as many rows as usual are a surprise
_FEW_ROWS = 100  # say nothing
_MOST_PERCENT = 5  # of rows rejected are no surprise


def unusual(register: pl.DataFrame, business_date: date) -> dict[tuple[str, str], str]:
    """What is out of the ordinary in the drops of a date, by operator and kind: silence, volume, rejections.

    `register`: the lake's drops. After days without a drop of anybody, as when no night ran, what is usual is
    that of all these days.
    """
    since = business_date - timedelta(days=2 * _FORGOTTEN_DAYS)
    days = (
        register.filter(pl.col("business_date").is_between(since, business_date))
        .group_by("operator_id", "business_date")
        .agg(pl.col("rows", "rejected_rows").sum())
    )
    before_on = max((day for day in days["business_date"] if day < business_date), default=since)
    return {
        (operator, kind): what
        for (operator,), of_operator in days.group_by("operator_id", maintain_order=True)
        for kind, what in _of_operator(of_operator, business_date, before_on)
    }


def _of_operator(days: pl.DataFrame, business_date: date, before_on: date) -> Iterator[tuple[str, str]]:
    sent_on = sorted(days["business_date"])
    last_on = sent_on[-1]
    pause = median([(later - day).days for day, later in pairwise(sent_on)] or [_UNKNOWN_PAUSE])
    silent_days = (business_date - last_on).days
    if silent_days >= max(_SILENT_DAYS, 2 * pause):
        if silent_days <= _FORGOTTEN_DAYS:
            yield "silence", f"nothing since {last_on}"
        return
    by_day = {day: (rows, rejected) for _, day, rows, rejected in days.iter_rows()}
    rows, rejected = by_day.get(business_date, (0, 0))
    covered = range(min((business_date - before_on).days, 7 * _WEEKS))
    usual = sum(_usual(by_day, business_date - timedelta(days=back)) for back in covered)
    when = f"on a {business_date:%A}" if len(covered) == 1 else f"in {len(covered)} days"
    since = business_date - timedelta(weeks=_WEEKS)
    before = [counts for day, counts in by_day.items() if since <= day < business_date]
    rows_before, rejected_before = sum(counts[0] for counts in before), sum(counts[1] for counts in before)
    if usual and not rows:
        yield "silence", f"nothing, where {usual} rows are usual {when}; last drop {last_on}"
    if usual and rows >= max(_TIMES * usual, _FEW_ROWS):
        yield "volume", f"{rows} rows, where {usual} are usual {when}"
    if (
        rows >= _FEW_ROWS
        and rejected * 100 > _MOST_PERCENT * rows
        and rejected * rows_before > 2 * rejected_before * rows
        and rows_before
    ):
        share, usual_share = rejected * 100 // rows, rejected_before * 100 // rows_before
        yield "rejections", f"{share} % of rows rejected, where {usual_share} % are usual"


def _usual(by_day: Mapping[date, tuple[int, int]], day: date) -> int:
    """Rows of the weekday: on half of the four weeks before it sent so many, or more."""
    weekdays = [by_day.get(day - timedelta(weeks=week), (0, 0))[0] for week in range(1, _WEEKS + 1)]
    return sorted(weekdays)[_WEEKS // 2]
