"""What Dagster knows of nights that were started elsewhere, killed or canceled; who may read a home."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner
from dagster._core.instance.config import dagster_instance_config
from dagster._core.storage.event_log import SqliteEventLogStorage

from dagster_project.cli import main as cli
from dagster_project.defs import retention
from dagster_project.defs.nightly import night_ended
from dagster_project.defs.resources import Night
from dagster_project.lake.store import Lake
from dagster_project.runner.event_log import EventLog
from dagster_project.runner.instance import use_dagster_home
from dagster_project.runner.night import execute_night
from dagster_project.settings import PROJECT
from dagster_project.watch.report import write_report

from .conftest import dagster_of, use

CAMPAIGN = PROJECT / "data" / "campaigns" / "pmgf_2021.yml"


@dg.op
def _step(night: dg.ResourceParam[Night]) -> None:
    """Of a run that holds the home, and does nothing."""


@dg.job(resource_defs={"night": Night()})
def _at_work() -> None:
    _step()


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
        assert killed.exitcode == -signal.SIGKILL
        with lake.lock():
            assert lake.died() == "", "a command is at work"
        assert lake.died() == run_id, "and has told nobody of the run"
        assert _at_work.execute_in_process(instance=instance).success
        run = instance.get_run_by_id(run_id)
        assert run and run.status == dg.DagsterRunStatus.FAILURE
        told = "The process of this night was killed"
        report, _ = write_report(lake, instance, run_id, "2021-03-01")
        assert told in report.failures[0]
        assert told in (PROJECT / "docs" / "mauvaise_nuit.md").read_text("utf-8")
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


def test_a_night_that_was_canceled_has_its_page(tmp_path: Path) -> None:
    lake = use(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(_at_work)
        instance.report_run_canceled(run)
        report, is_new = write_report(lake, instance, run.run_id, "2021-03-01")
    assert is_new and report.failures == ("The night was canceled.",)
    assert "La nuit s'est arrêtée" in (lake.nights / "2021-03-01.html").read_text("utf-8")


def test_an_old_run_that_is_seen_late_replaces_no_newer_page(tmp_path: Path) -> None:
    lake = use(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        old, new = (instance.create_run_for_job(_at_work) for _ in range(2))
        for run in (old, new):
            instance.report_run_canceled(run)
        write_report(lake, instance, new.run_id, "2021-03-01")
        assert not write_report(lake, instance, old.run_id, "2021-03-01")[1]
        page = json.loads((lake.nights / "2021-03-01.json").read_text("utf-8"))
        assert page["run_id"] == new.run_id
        assert write_report(lake, instance, old.run_id, "2021-02-28")[1]


def test_a_night_that_was_launched_from_the_pages_has_its_page_by_a_sensor(tmp_path: Path) -> None:
    lake = use(tmp_path)
    tags = {"dagster/partition": "2021-03-01"}
    with dg.DagsterInstance.ephemeral() as instance:
        result = _at_work.execute_in_process(instance=instance, tags=tags)
        night_ended(
            dg.build_run_status_sensor_context(
                sensor_name="night_ended",
                dagster_event=result.get_run_success_event(),
                dagster_instance=instance,
                dagster_run=result.dagster_run,
            )
        )
    assert "La nuit est allée à son terme" in (lake.nights / "2021-03-01.html").read_text("utf-8")


def test_a_run_waits_for_the_home_as_long_as_the_settings_say(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    lake = use(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        with lake.lock():
            assert not _at_work.execute_in_process(instance=instance, raise_on_error=False).success
        configure(lock_wait_s=60)
        with ThreadPoolExecutor(1) as elsewhere:
            with lake.lock():
                waiting = elsewhere.submit(_at_work.execute_in_process, instance=instance)
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=1)
            assert waiting.result().success


def test_dagster_forgets_old_runs_and_gives_their_room_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = use(tmp_path)

    def files() -> set[str]:
        return {file.suffix for file in lake.dagster.rglob("*") if run_id in str(file) and file.is_file()}

    with dagster_of(lake) as instance:
        run_id = _at_work.execute_in_process(instance=instance).run_id
        retention._forget_old_runs(instance)
        assert instance.has_run(run_id) and instance.all_logs(run_id)
        assert files() >= {".db", ".err"}, "of its events and of what it said"
        monkeypatch.setattr(retention, "_RUNS_KEPT_DAYS", 0)
        retention._forget_old_runs(instance)
        assert not instance.has_run(run_id) and files() == set()
        assert _at_work.execute_in_process(instance=instance).success


def test_what_our_event_log_keeps_dagsters_own_reads(tmp_path: Path) -> None:
    lake = use(tmp_path)
    with dagster_of(lake) as instance:
        assert type(instance.event_log_storage) is EventLog
        run_id = _at_work.execute_in_process(instance=instance).run_id
        events = instance.all_logs(run_id)
    own = SqliteEventLogStorage(str(lake.dagster / "history" / "runs"))
    assert len(events) > 5 and list(own.get_logs_for_run(run_id)) == list(events)
    private = {"_connect", "has_table", "delete_events", "dispose", "path_for_shard", "_initdb"}
    assert [name for name in private if not hasattr(SqliteEventLogStorage, name)] == []


def test_dagsters_settings_are_the_installations_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = use(tmp_path / "home")
    assert use_dagster_home() == lake.dagster
    for folder in (lake.dagster, PROJECT / "deploy" / "compose"):
        kept, _ = dagster_instance_config(str(folder))  # raises where Dagster does not understand it
        assert kept["concurrency"]["runs"]["max_concurrent_runs"] == 1
        assert kept["run_monitoring"]["max_runtime_seconds"] and kept["retention"]["schedule"]
        assert kept["run_retries"] == {
            "enabled": True,
            "max_retries": 1,
            "retry_on_asset_or_op_failure": False,
        }
    (lake.dagster / "dagster.yaml").write_text("event_log_storage:\n  module: dagster_project.event_log\n")
    use_dagster_home()  # of 0.1.0: no installation's own
    assert "run_monitoring" in (lake.dagster / "dagster.yaml").read_text()
    own = tmp_path / "own"
    monkeypatch.setattr("dagster_project.runner.instance._GIVEN", str(own))
    own.mkdir()
    (own / "dagster.yaml").write_text("telemetry: {enabled: true}\n")
    assert use_dagster_home() == own
    assert (own / "dagster.yaml").read_text() == "telemetry: {enabled: true}\n"


@pytest.mark.parametrize(
    "command",
    [
        "retention plan --date 2021-03-01",
        f"simulate --campaign {CAMPAIGN} --from 2021-03-01 --to 2021-03-31",
        f"simulate --campaign {CAMPAIGN} --page page",
    ],
)
def test_a_home_that_is_half_restored_is_read_by_nobody(tmp_path: Path, command: str) -> None:
    lake = use(tmp_path)
    lake.half_restored.touch()
    told = CliRunner().invoke(cli.main, command.split())
    assert told.exit_code == 1 and "A copy was being brought back" in told.output
