"""A night of one business date, run in this process: what failed, and which checks raise the alarm.

Not here: what a night does (defs), how it is told (cli).
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING

from dagster_project.lake import schema
from dagster_project.lake.home import LockedError
from dagster_project.lake.preflight import PreflightError, check_space, of_the_disk
from dagster_project.lake.schema import SchemaError
from dagster_project.lake.store import Lake
from dagster_project.runner.instance import use_dagster_home

if TYPE_CHECKING:  # the command line must start fast
    from dagster import DagsterInstance, ExecuteInProcessResult, JobDefinition


_LOCATION = "entrepot"  # as workspace.yaml names it
_NIGHTLY = "nightly"
_UNTOLD = "The message about this night could not be sent to all. Remedy: entrepot watch --try"


class NoBusinessDateError(ValueError):
    """A day on which no night can run; the message says which days can."""


@dataclass(frozen=True)
class NightOutcome:
    """How a night ended, in lines to be read: green where both lists are empty."""

    failures: list[str]  # steps that failed, and why: what depends on them was not done
    alarms: list[str]  # checks of severity ERROR that failed: they stop no step


def run_night(business_date: date) -> NightOutcome:
    """Run a night, write its page and tell who is to be told; running it twice changes nothing.

    Raises NoBusinessDateError.
    """
    import dagster as dg
    from sqlalchemy.exc import DBAPIError

    from dagster_project.defs.resources import nights
    from dagster_project.runner.event_log import EventLogError
    from dagster_project.watch.report import write_report, write_unbegun
    from dagster_project.watch.tell import tell, tell_missing

    if not nights.has_partition_key(business_date.isoformat()):
        raise NoBusinessDateError(
            f"{business_date} is no business date: they run from 2021-01-01 to yesterday (Europe/Paris)"
        )
    try:
        Lake().check_whole()
        schema.check(Lake())
        check_space(Lake())
    except (LockedError, SchemaError, PreflightError, OSError) as error:
        # Nothing is written, not even Dagster's storage; of a disk without room, if it can be, the page.
        failure = of_the_disk(error, "The home", Lake()) if isinstance(error, OSError) else str(error)
        if isinstance(error, PreflightError):
            write_unbegun(Lake(), business_date, failure)
        is_sent = tell_missing(business_date, "n'a pas commencé", failure)
        return NightOutcome([failure], [] if is_sent else [_UNTOLD])
    try:
        use_dagster_home()
        with dg.DagsterInstance.get() as instance:
            try:
                result = execute_night(business_date, instance)
            except (DBAPIError, EventLogError):
                begun = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED]
                last = instance.get_run_ids(dg.RunsFilter(job_name=_NIGHTLY, statuses=begun), limit=1)
                Lake().leave("".join(last))
                raise
            report, is_new = write_report(Lake(), instance, result.run_id, business_date.isoformat())
    except (DBAPIError, EventLogError, OSError) as error:
        failure = of_the_disk(error, "Dagster's storage, or the night's page,", Lake())
        is_sent = tell_missing(business_date, "s'est arrêtée", failure)
        return NightOutcome([failure], [] if is_sent else [_UNTOLD])
    alarms = [
        f"{alarm.asset}, {alarm.check}: "
        + "; ".join(f"{name}: {value}" for name, value in alarm.figures.items())
        for alarm in report.alarms
    ]
    if is_new and not tell(report):
        alarms.append(_UNTOLD)
    return NightOutcome(list(report.failures), alarms)


def execute_night(business_date: date, instance: "DagsterInstance | None" = None) -> "ExecuteInProcessResult":
    """Run the job `nightly` under the installation's Dagster instance, whatever becomes of it."""
    import dagster as dg

    use_dagster_home()
    with nullcontext(instance) if instance else dg.DagsterInstance.get() as opened:
        _shown_with_the_job(opened)
        return _job().execute_in_process(
            partition_key=business_date.isoformat(), instance=opened, raise_on_error=False
        )


def _shown_with_the_job(instance: "DagsterInstance") -> None:
    """Have the runs of this process say of which code location they are, as those that the UI launches do.

    Dagster shows others in the list of all runs alone, on no job's page and no timeline.
    """
    from dagster._core.remote_origin import (
        RegisteredCodeLocationOrigin,
        RemoteJobOrigin,
        RemoteRepositoryOrigin,
    )

    location = RegisteredCodeLocationOrigin(_LOCATION)
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), _NIGHTLY)
    instance.create_run_for_job = partial(  # type: ignore[method-assign]
        instance.create_run_for_job, remote_job_origin=origin
    )


@cache
def _job() -> "JobDefinition":
    """Put together once a process: the demonstration runs six nights."""
    from dagster_project.definitions import definitions

    return definitions().resolve_job_def(_NIGHTLY)
