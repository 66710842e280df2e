"""What Dagster knows of nights: their job, whoever starts them; that one whose process was killed failed."""

import multiprocessing
import os
import signal
from datetime import date
from pathlib import Path

import dagster as dg

from dagster_project.defs.resources import Night
from dagster_project.lake.store import Lake
from dagster_project.runner.night import execute_night

from .conftest import dagster_of, use


@dg.job
def _at_work() -> None:
    """A run that Dagster takes for one at work."""


def _die_at_work(home: Path, run_id: str) -> None:
    with Lake(home).lock(holder=run_id):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_run_whose_process_was_killed_has_failed_once_the_next_is_at_work(tmp_path: Path) -> None:
    lake = use(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = instance.create_run_for_job(_at_work, status=dg.DagsterRunStatus.STARTED).run_id
        killed = multiprocessing.get_context("spawn").Process(target=_die_at_work, args=(tmp_path, run_id))
        killed.start()
        killed.join()
        assert killed.exitcode == -signal.SIGKILL and lake.died() == run_id
        with dg.build_resources({"night": Night()}, instance=instance):
            run = instance.get_run_by_id(run_id)
            assert run and run.status == dg.DagsterRunStatus.FAILURE
    assert lake.died() == ""


def test_a_night_of_the_command_line_is_shown_with_its_job(tmp_path: Path) -> None:
    lake = use(tmp_path)
    with lake.lock(), dagster_of(lake) as storage:
        assert lake.died() == "", "who is at work is not dead"
        execute_night(date(2021, 3, 1), storage)
        tags = {".dagster/repository": "__repository__@entrepot"}  # what the job's page asks for
        (run,) = storage.get_runs(dg.RunsFilter(job_name="nightly", tags=tags))
        assert run.status == dg.DagsterRunStatus.FAILURE
        assert run.remote_job_origin, "what the timeline asks for"
