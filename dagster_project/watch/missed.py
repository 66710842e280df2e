"""Days that nights have done, whatever Dagster keeps: its partitions say so.

On days without a night, the next one does their work: that of yesterday alone, for after an older one, other
nights are still to come. Of a night whose run was forgotten, or stayed behind when a copy was brought back,
Dagster knows nothing any more. Why: D-201.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import islice

import dagster as dg

from dagster_project.contracts.moments import PARIS

_TAKEN = dg.AssetKey(["lake", "drops"])  # every night makes it
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


def forgotten(instance: dg.DagsterInstance, done: Collection[date]) -> tuple[date, ...]:
    """The newest of the days that nights have done and that Dagster shows as missing."""
    known = instance.get_materialized_partitions(_TAKEN)
    return tuple(sorted(day for day in done if day.isoformat() not in known)[-_MOST_DAYS:])


def mark(
    instance: dg.DagsterInstance, days: Collection[date], assets: Collection[dg.AssetKey], why: str
) -> None:
    """Tell Dagster that these assets were made on days of which it has no run, and why."""
    for day in days:
        for asset in assets:
            instance.report_runless_asset_event(
                dg.AssetMaterialization(asset, partition=day.isoformat(), description=why)
            )
