"""Dagster's own storage below the home, with the configuration that this project gives it."""

import json
import os
from pathlib import Path

from dagster_project.lake.store import Lake

_DAGSTER_YAML = """\
telemetry: {{enabled: false}}
nux: {{enabled: false}}
event_log_storage:
  module: dagster_project.runner.event_log
  class: EventLog
  config: {{base_dir: {base_dir}}}
"""


def use_dagster_home() -> Path:
    """Write dagster.yaml and make its folder this process's DAGSTER_HOME."""
    home = Lake().dagster
    home.mkdir(parents=True, exist_ok=True)
    base_dir = json.dumps(str(home / "history" / "runs"))
    (home / "dagster.yaml").write_text(_DAGSTER_YAML.format(base_dir=base_dir), "utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    return home
