"""A night of one business date, run in this process: what failed, and which checks raise the alarm.

Not here: what a night does (defs), how it is told (cli).
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dagster_project.runner.instance import use_dagster_home

if TYPE_CHECKING:  # the command line must start fast
    from dagster import AssetCheckEvaluation, DagsterEvent, ExecuteInProcessResult


class NoBusinessDateError(ValueError):
    """A day on which no night can run; the message says which days can."""


@dataclass(frozen=True)
class Outcome:
    """How a night ended, in lines to be read: green where both lists are empty."""

    failures: list[str]  # steps that failed, and why: what depends on them was not done
    alarms: list[str]  # checks of severity ERROR that failed: they stop no step


def run_night(business_date: date) -> Outcome:
    """Run a night; running it twice changes nothing. Raises NoBusinessDateError."""
    result = execute_night(business_date)
    failures = [_reason(event) for event in result.all_events if event.is_step_failure]
    if not failures:
        failures = [_cause(event) for event in result.all_events if event.is_run_failure]
    return Outcome(
        failures, [_alarm(check) for check in result.get_asset_check_evaluations() if _is_alarm(check)]
    )


def execute_night(business_date: date) -> "ExecuteInProcessResult":
    """Run the job `nightly` under the installation's Dagster instance. Raises NoBusinessDateError."""
    import dagster as dg

    from dagster_project.definitions import definitions

    use_dagster_home()
    job = definitions().resolve_job_def("nightly")
    with dg.DagsterInstance.get() as instance:
        try:
            return job.execute_in_process(
                partition_key=business_date.isoformat(), instance=instance, raise_on_error=False
            )
        except dg.DagsterUnknownPartitionError:
            raise NoBusinessDateError(
                f"{business_date} is no business date: they run from 2021-01-01 to yesterday (Europe/Paris)"
            ) from None


def _reason(event: "DagsterEvent") -> str:
    failure = event.step_failure_data.user_failure_data
    return f"{event.step_key}: {failure.description if failure else event.message}"


def _cause(event: "DagsterEvent") -> str:
    error = event.job_failure_data.error
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else event.message or ""


def _is_alarm(check: "AssetCheckEvaluation") -> bool:
    return not check.passed and check.severity.value == "ERROR"


def _alarm(check: "AssetCheckEvaluation") -> str:
    details = "; ".join(f"{name}: {entry.value}" for name, entry in check.metadata.items())
    return f"{check.asset_key.to_user_string()}, {check.check_name}: {details}"
