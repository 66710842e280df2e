"""The night as a job: every asset under one business date; its schedule and its sensor."""

import hashlib
import os
from datetime import date
from typing import Any

import dagster as dg

from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import nights
from dagster_project.drops.claim import waiting
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.settings import settings
from dagster_project.watch.report import write_report
from dagster_project.watch.tell import tell

_SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def _earliest_first(night: str) -> dict[str, str]:
    """Of nights that wait in the queue, whoever launched them in whatever order."""
    return {"dagster/priority": str(-date.fromisoformat(night).toordinal())}


nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    partitions_def=nights,
    config=dg.PartitionedConfig(
        partitions_def=nights,
        run_config_for_partition_key_fn=lambda _: _SILENT,
        tags_for_partition_key_fn=_earliest_first,
    ),
    tags={"dagster/retry_strategy": "ALL_STEPS"},  # a night is whole: its steps share one cache being built
    description="Drops to reports for one business date (Europe/Paris). Running it twice changes nothing.",
)


def night_schedule() -> Any:
    """The night at 02:00 (Europe/Paris), where production declares it; elsewhere there is none."""
    if not settings().schedule or settings().environment != "production":
        return None
    # The night after a business date stands for it.
    return dg.build_schedule_from_partitioned_job(
        nightly,
        name="every_night",
        hour_of_day=2,
        minute_of_hour=0,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


every_night = night_schedule()


@dg.sensor(job=nightly, minimum_interval_seconds=60)
@tells_no_value
def drops_waiting(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Offer a run of the latest business date when files wait in an incoming folder; off at first."""
    offers = waiting(Lake().drops, Troubles())  # the night tells them
    if not offers:
        return dg.SkipReason("No file is waiting.")
    seen = b"\n".join(os.fsencode(offer.path) + f" {offer.changed_ns}".encode() for offer in offers)
    run_key = hashlib.sha256(seen).hexdigest()[:16]
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=run_key, partition_key=nights.get_last_partition_key())]
    )


def _at_the_end(name: str, status: dg.DagsterRunStatus) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        run_status=status,
        name=name,
        description="Writes the page of a night that was launched here, and tells what it leaves to do.",
        monitored_jobs=[nightly],
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    @tells_no_value
    def at_the_end(context: dg.RunStatusSensorContext) -> None:
        run = context.dagster_run
        report, is_new = write_report(Lake(), context.instance, run.run_id, run.tags["dagster/partition"])
        if is_new and not tell(report):
            context.log.error("This night's message was not sent to all. Remedy: entrepot watch --try")

    return at_the_end


night_ended = _at_the_end("night_ended", dg.DagsterRunStatus.SUCCESS)
night_failed = _at_the_end("night_failed", dg.DagsterRunStatus.FAILURE)
night_canceled = _at_the_end("night_canceled", dg.DagsterRunStatus.CANCELED)
