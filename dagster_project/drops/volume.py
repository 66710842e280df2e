"""Which operators sent out of the ordinary: nothing, much more than usual, or much more that is wrong.

Volume is held against its own weekdays of the four weeks before, what is wrong against all their days, by the
register of drops.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import polars as pl

from dagster_project.contracts.archive import K

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
    return {
        (operator, kind): what
        for operator, sent in _by_operator(register, business_date)
        for kind, what in _surprises(sent, business_date)
    }


def rows_and_usual(register: pl.DataFrame, business_date: date) -> dict[str, tuple[int, int]]:
    """Rows that each operator sent on a date, and how many are usual then; nobody of whom both are none."""
    return {
        operator: (rows, sent.usual)
        for operator, sent in _by_operator(register, business_date)
        if (rows := sent.counts(business_date)[0]) or sent.usual
    }


@dataclass(frozen=True)
class _Sent:
    """What an operator sent: (rows, rejected rows) by date; of `covered` days to the date, what is usual."""

    by_day: Mapping[date, tuple[int, int]]
    covered: int
    usual: int

    def counts(self, day: date) -> tuple[int, int]:
        return self.by_day.get(day, (0, 0))


def _by_operator(register: pl.DataFrame, business_date: date) -> Iterator[tuple[str, _Sent]]:
    since = business_date - timedelta(days=2 * _FORGOTTEN_DAYS)
    days = (
        register.filter(pl.col("business_date").is_between(since, business_date))
        .group_by("operator_id", "business_date")
        .agg(pl.col("rows", "rejected_rows").sum())
        .sort("operator_id")
    )
    before_on = max((day for day in days["business_date"] if day < business_date), default=since)
    covered = min((business_date - before_on).days, 7 * _WEEKS)
    for (operator,), of_operator in days.group_by("operator_id", maintain_order=True):
        by_day = {day: (rows, rejected) for _, day, rows, rejected in of_operator.iter_rows()}
        usual = sum(_usual(by_day, business_date - timedelta(days=back)) for back in range(covered))
        yield operator, _Sent(by_day, covered, usual)


def _surprises(sent: _Sent, business_date: date) -> Iterator[tuple[str, str]]:
    sent_on = sorted(sent.by_day)
    last_on = sent_on[-1]
    pause = median([(later - day).days for day, later in pairwise(sent_on)] or [_UNKNOWN_PAUSE])
    silent_days = (business_date - last_on).days
    if silent_days >= max(_SILENT_DAYS, 2 * pause):
        if silent_days <= _FORGOTTEN_DAYS:
            yield "silence", f"nothing since {last_on}"
        return
    rows, rejected = sent.counts(business_date)
    when = f"on a {business_date:%A}" if sent.covered == 1 else f"in {sent.covered} days"
    since = business_date - timedelta(weeks=_WEEKS)
    before = [counts for day, counts in sent.by_day.items() if since <= day < business_date]
    rows_before, rejected_before = sum(counts[0] for counts in before), sum(counts[1] for counts in before)
    usual = sent.usual if sent.usual >= K else f"fewer than {K}"
    if sent.usual and not rows:
        yield "silence", f"nothing, where {usual} rows are usual {when}; last drop {last_on}"
    if sent.usual and rows >= max(_TIMES * sent.usual, _FEW_ROWS):
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
