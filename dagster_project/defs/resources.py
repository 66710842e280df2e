"""What every step of a night shares: the lake, the lock, the business date."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from time import monotonic

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.contracts.lake_tables import DROPS
from dagster_project.contracts.moments import PARIS
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import without_values
from dagster_project.defs.killed import end_killed
from dagster_project.drops.troubles import Troubles
from dagster_project.lake import schema
from dagster_project.lake.preflight import check_space
from dagster_project.lake.store import Lake
from dagster_project.proof import signing, witness
from dagster_project.retention.surprise import refuse_leap
from dagster_project.settings import settings

OWNERS = ["team:data-engineering"]
PERSONAL = {"personal_data": "yes"}
NOT_PERSONAL = {"personal_data": "no"}

# What a day without a night makes late; the asset's page says so, as long as Dagster's daemon runs.
EVERY_NIGHT = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))
_PARTITION = "dagster/partition"
PLOT = "plot/"  # numbers for Dagster's plots alone: the page of the night says them in words

nights = dg.DailyPartitionsDefinition(start_date="2021-01-01", timezone=PARIS.key)


class Night(dg.ConfigurableResource):  # type: ignore[type-arg]
    """One run's hold on the warehouse: a second run waits, then leaves with a clear message."""

    _began: float = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["Night", None, None]:
        """Hold the lock for as long as the run lasts."""
        run = context.run
        own = run.run_id if run else ""
        with without_values(), self.lake.lock(settings().lock_wait_s, holder=own) as died:
            if context.instance and died != own:
                end_killed(context.instance, died)
            schema.check(self.lake)
            check_space(self.lake)
            # No step starts without the keys of all that was made or signed with one, or without the witness.
            self.lake.check_keys()
            signing.check(self.lake)
            witness.read(witness.file(self.lake))
            if run and (day := run.tags.get(_PARTITION)):
                refuse_leap(self.lake, date.fromisoformat(day))
            self._began = monotonic()
            yield self

    def seconds(self) -> int:
        """How long this run has worked in the home."""
        return round(monotonic() - self._began)

    @property
    def lake(self) -> Lake:
        """The folders of the installation."""
        return Lake()

    def business_date(self, context: dg.AssetExecutionContext) -> date:
        """The day the warehouse stands for: the latest of this run's and of every drop taken in.

        A night run again for an earlier day takes the warehouse no step back.
        """
        folder = self.lake.folder(DROPS)
        changed_ns = folder.stat().st_mtime_ns if folder.exists() else 0
        latest_on = _latest_on(self.lake, changed_ns, len(list(folder.glob("*"))))
        if context.has_partition_key:
            return max(date.fromisoformat(context.partition_key), latest_on)
        return latest_on


@cache
def _latest_on(lake: Lake, _changed_ns: int, _files: int) -> date:
    """The latest day of the register's drops, read once for as long as their folder is the same."""
    return max(lake.read(DROPS)["business_date"], default=date.min)


def row_count(rows: int) -> dict[str, int | str]:
    """What the page of a table of persons says of its rows, where their number points at nobody."""
    return {"dagster/row_count": rows} if isinstance(shown(rows), int) else {"rows": shown(rows)}


def in_order(context: dg.AssetExecutionContext, check: str, troubles: Troubles) -> dg.AssetCheckResult:
    """The check that no operator's folder was in a step's way: what was stops nobody else's night."""
    for line in troubles.lines:
        context.log.warning(line)
    return dg.AssetCheckResult(
        check_name=check,
        passed=not troubles,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"problems": troubles.lines},
    )
