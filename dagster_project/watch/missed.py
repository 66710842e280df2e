"""Days on which no night came to its end: the next one does their work, and Dagster's partitions say so.

Of the night of yesterday alone: after an older one, other nights are still to come. Why: D-201.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

import dagster as dg

from dagster_project.contracts.moments import PARIS

_MOST_DAYS = 62  # past it, dates stay missing: two hundred assets each


def stands_in_for(business_date: date, good_nights: Collection[date]) -> tuple[date, ...]:
    """The days since the last night that came to its end; none before any, nor of an older night."""
    before = [night for night in good_nights if night < business_date]
    if not before or business_date < _yesterday():
        return ()
    days = (business_date - max(before)).days
    return tuple(business_date - timedelta(days=day) for day in range(min(days - 1, _MOST_DAYS), 0, -1))


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
