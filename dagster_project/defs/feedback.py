"""Answers to operators, completed once the whole base is known."""

import dagster as dg

from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import OWNERS, Night
from dagster_project.drops import feedback
from dagster_project.drops.claim import operators
from dagster_project.drops.follow_up import follow_up
from dagster_project.drops.labels import write_labels
from dagster_project.reports.registry_folder import FOLDER, write_registry_files
from dagster_project.reports.signatory import Signatory
from dagster_project.warehouse import reading


@dg.asset(
    key=["exports", "feedback"],
    # After the cache was renamed into place, which the last models do.
    deps=[
        ["active", "drop_accounts"],
        ["active", "journey_notices"],
        ["lake", "findings"],
        ["fraud", "fraud_labels"],
        ["fraud", "traces"],
        ["finance", "fund_calls"],
    ],
    group_name="exports",
    kinds={"json", "csv"},
    owners=OWNERS,
    tags={"personal_data": "pseudonymised"},
    description="Per drop, what became of each row; per operator, what stands against its journeys.",
)
@tells_no_value
def complete_feedback(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Complete the answers of the night's drops, list what stands against journeys, hand out checkpoints."""
    business_date = night.business_date(context)
    with reading(night.lake) as connection:
        count = feedback.complete(night.lake, connection, business_date.isoformat())
        standing = follow_up(night.lake, connection, business_date)
        labels = write_labels(night.lake, connection, business_date)
    signatory = Signatory(night.lake, night.settings)
    for folder in operators(night.lake.drops):
        write_registry_files(folder / "feedback", signatory, f"{FOLDER}_")
    return dg.MaterializeResult(
        metadata={
            "answers": count,
            "journeys_by_code": {code: shown(n) for code, n in standing.items()},
            "labels": shown(labels),
        }
    )
