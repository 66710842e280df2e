"""Dagster's storage: below the home, or where DAGSTER_HOME was set. dagster.yaml is the installation's."""

import os
from pathlib import Path

from dagster_project.files.disk import put
from dagster_project.lake.store import Lake

_GIVEN = os.environ.get("DAGSTER_HOME")
_DAGSTER_YAML = """\
# Written once, yours to change: storage in Postgres, say, as Dagster's documentation of dagster.yaml tells.
telemetry: {enabled: false}
nux: {enabled: false}
freshness: {enabled: true}
# One night at a time: what is launched meanwhile waits, in order.
concurrency:
  runs: {max_concurrent_runs: 1}
# A run whose process died, which nobody told (dagster_project/defs/killed.py), holds the queue no longer.
run_monitoring: {enabled: true, max_runtime_seconds: 43200}
# Once more, of itself: it ends what the other began.
run_retries: {enabled: true, max_retries: 1, retry_on_asset_or_op_failure: false}
retention:
  schedule: {purge_after_days: 90}
  sensor: {purge_after_days: 7}
event_log_storage:
  module: dagster_project.runner.event_log
  class: EventLog
"""


def use_dagster_home() -> Path:
    """This process's DAGSTER_HOME, as given or the home's own; writes a dagster.yaml where there is none.

    That of 0.1.0 was no installation's own: each night wrote it.
    """
    home = Path(_GIVEN) if _GIVEN else Lake().dagster
    home.mkdir(parents=True, exist_ok=True)
    file = home / "dagster.yaml"
    if not file.exists() or "module: dagster_project.event_log\n" in file.read_text("utf-8"):
        put(file, _DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(home)
    return home
