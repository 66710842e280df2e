"""A run whose process was killed: Dagster takes it for one at work, and the queue lets no other start.

Who holds the lock of a home says so in its file (lake/home.py): what stands there still, nobody ended.
"""

from dagster import DagsterInstance


def end_killed(instance: DagsterInstance, run_id: str) -> None:
    """Tell Dagster that a run has failed whose process died at work; of any other, nothing is done."""
    run = instance.get_run_by_id(run_id) if run_id else None
    if run and not run.is_finished:
        instance.report_run_failed(
            run, "The process of this night was killed. The next night takes up what it left."
        )
