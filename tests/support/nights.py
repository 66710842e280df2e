"""A night's steps in the job's own order, without Dagster's engine and event log: a third to a half less.

For tests of what steps leave in the home. Not here: what a step that fails leaves to the others, the page of
the night, what Dagster keeps of it (dagster_project/runner/night.py).
"""

from collections.abc import Iterable
from datetime import date
from functools import cache
from inspect import isgenerator
from types import SimpleNamespace
from typing import Any

import dagster as dg

from dagster_project.defs.resources import Night
from dagster_project.runner.night import _job


def run_steps(business_date: date, *only: str) -> None:
    """Run each on the installation of this process, under its lock. Raises what a step raises."""
    given = {
        "partition_key": business_date.isoformat(),
        "has_partition_key": True,
        "log": dg.get_dagster_logger(),
        "job_def": _job(),
    }
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_resources({"night": Night()}) as resources,
    ):
        for step in _steps():
            if only and step.op.name not in only:
                continue
            computed: Any = step.op.compute_fn
            context = SimpleNamespace(**given, assets_def=step, instance=instance)
            told = computed.decorated_fn(*[context] * computed.has_context_arg(), night=resources.night)
            if isgenerator(told):
                list(told)


@cache
def _steps() -> Iterable[dg.AssetsDefinition]:
    job = _job()
    by_name = {one.op.name: one for one in job.asset_layer.asset_graph.assets_defs if one.is_executable}
    return [by_name[node.name] for node in job.nodes_in_topological_order]
