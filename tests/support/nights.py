"""A night's steps in the job's own order, without Dagster's engine and event log: a third to a half less.

For tests of what steps leave in the home. Not here: the page of the night, what Dagster keeps of it
(dagster_project/runner/night.py).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache, partial
from inspect import isgenerator
from types import SimpleNamespace
from typing import Any

import dagster as dg

from dagster_project.defs.resources import Night
from dagster_project.runner.night import _job


def run_steps(business_date: date, *only: str) -> None:
    """Run each on the installation of this process, under its lock. Raises what a step raises."""
    for step, run in _runs(business_date):
        if not only or step.op.name in only:
            run()


def run_what_can(business_date: date) -> None:
    """Run each as Dagster's engine does: one that fails keeps back those that depend on it, and no other."""
    kept_back = set[dg.AssetKey]()
    for step, run in _runs(business_date):
        if kept_back.isdisjoint(step.dependency_keys):
            try:
                run()
                continue
            except Exception as error:  # what a night leaves is what is asked, not why
                dg.get_dagster_logger().info(f"{step.op.name} failed: {type(error).__name__}")
        kept_back |= step.keys


def _runs(business_date: date) -> Iterator[tuple[dg.AssetsDefinition, Callable[[], None]]]:
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
            yield step, partial(_run, step, given | {"instance": instance}, resources.night)


def _run(step: dg.AssetsDefinition, given: dict[str, Any], night: Night) -> None:
    computed: Any = step.op.compute_fn
    context = SimpleNamespace(**given, assets_def=step)
    told = computed.decorated_fn(*[context] * computed.has_context_arg(), night=night)
    if isgenerator(told):
        list(told)


@cache
def _steps() -> Iterable[dg.AssetsDefinition]:
    job = _job()
    by_name = {one.op.name: one for one in job.asset_layer.asset_graph.assets_defs if one.is_executable}
    return [by_name[node.name] for node in job.nodes_in_topological_order]
