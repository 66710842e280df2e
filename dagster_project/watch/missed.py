"""Days on which no night came to its end: the next one does their work, and Dagster's partitions say so.

Of the night of yesterday alone: after an older one, other nights are still to come. Why: D-201.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import islice

import dagster as dg

from dagster_project.contracts.moments import PARIS

_MOST_DAYS = 62  # of one night, the newest: two hundred assets each; the next night goes on


def stands_in_for(business_date: date, done: Collection[date]) -> tuple[date, ...]:
    """The days since the first night that nobody has done yet; none of an older night, or before any.

    `done`: nights that came to their end, and the days that they stood in for.
    """
    before = [day for day in done if day < business_date]
    if not before or business_date < _yesterday():
        return ()
    days = (business_date - timedelta(days=past) for past in range(1, (business_date - min(before)).days))
    return tuple(reversed([*islice((day for day in days if day not in done), _MOST_DAYS)]))


def _yesterday() -> date:
    return datetime.now(PARIS).date() - timedelta(days=1)


def mark(
    instance: dg.DagsterInstance, business_date: date, days: Collection[date], assets: Collection[dg.AssetKey]
) -> None:
    """Tell Dagster that the night of a business date has made these assets for days without one."""
    for day in days:
        for asset in assets:
            instance.report_runless_asset_event(
                dg.AssetMaterialization(
                    asset,
                    partition=day.isoformat(),
                    description=f"No night came to its end: that of {business_date} did its work.",
                )
            )
