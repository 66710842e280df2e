"""The calendar periods of a campaign: months of fees, quarters of fund calls, and which are due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

KINDS = ("fee", "incentive")  # invoices close before the call that sums them


@dataclass(frozen=True, order=True)
class Period:
    """Calendar months, local to the campaign; both days inclusive."""

    end_on: date
    start_on: date

    @classmethod
    def around(cls, day: date, months: int) -> "Period":
        """The period of so many months (1 or 3) that a day lies in."""
        first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
        after = (first + timedelta(days=31 * months)).replace(day=1)
        return cls(end_on=after - timedelta(days=1), start_on=first)


@dataclass(frozen=True)
class Rhythm:
    """When a campaign closes one kind of claim; `open` is the first period that is not closed."""

    campaign_id: str
    kind: str
    months: int
    delay_days: int
    open: Period
    ends_on: date

    def due(self, business_date: date, awaited: frozenset[date]) -> Iterator[Period]:
        """Periods to close on that night, oldest first.

        Every period of the campaign closes, empty or not; past its end only those that something
        awaits (`awaited`: first days of the periods with unsettled lines).
        """
        period = self.open
        while period.end_on + timedelta(days=self.delay_days) <= business_date:
            if period.start_on <= self.ends_on or period.start_on in awaited:
                yield period
            period = Period.around(period.end_on + timedelta(days=1), self.months)
