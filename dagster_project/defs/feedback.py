"""Answers to operators, completed once the whole base is known."""

import dagster as dg

from dagster_project import outputs
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import EVERY_NIGHT, OWNERS, Night, in_order, nights
from dagster_project.drops.answers.completion import complete
from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.reports.shared.registry_folder import FOLDER, registry_files
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.warehouse.cache import reading

_ANSWERED = dg.AssetCheckSpec(
    "every_operator_has_its_answers",
    asset=["exports", "feedback"],
    description="Nothing in an operator's folder hindered its answers; what did is told with its remedy.",
)


@dg.asset(
    partitions_def=nights,
    key=["exports", "feedback"],
    freshness_policy=EVERY_NIGHT,
    # After the cache was renamed into place, which the last models do.
    deps=[
        ["active", "drop_accounts"],
        ["active", "journey_notices"],
        ["lake", "answers"],
        ["lake", "findings"],
        ["fraud", "fraud_labels"],
        ["fraud", "traces"],
        ["compliance", "driver_incentives"],
        ["compliance", "shared_cost_breaches"],
        ["finance", "budget_status"],
        ["finance", "fund_calls"],
    ],
    group_name="exports",
    kinds={"json", "csv"},
    owners=OWNERS,
    tags={"personal_data": "pseudonymised"},
    check_specs=[_ANSWERED],
    description="Per drop, what became of each row; per operator, what stands against its journeys.",
)
@tells_no_value
def complete_feedback(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Complete the answers of the night's drops, list what stands against journeys, hand out checkpoints."""
    business_date, troubles = night.business_date(context), Troubles()
    with reading(night.lake) as connection:
        count = complete(night.lake, connection, business_date, troubles)
        lists = outputs.feedback(night.lake, connection, business_date, troubles)
    handed_out = registry_files(Signatory(night.lake))
    for operator_id, _ in operators(night.lake.drops, troubles):
        files = {f"{FOLDER}_{name}": content for name, content in handed_out.items()}
        deliver(night.lake, operator_id, files, troubles)
    return dg.MaterializeResult(
        metadata={
            "answers": count,
            "journeys_by_code": {code: shown(n) for code, n in lists.standing.items()},
            "labels": shown(lists.labels),
            "shared_costs": shown(lists.shared_costs),
            "amounts": shown(lists.amounts),
            "pot_ends": lists.pot_ends,
        },
        check_results=[in_order(context, _ANSWERED.name, troubles)],
    )
