"""Attestations for carpoolers: operators' requests, answered once the night's journeys are judged."""

from collections import Counter

import dagster as dg

from dagster_project.attestations.answering import Answered, Desk
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.standing import remembered
from dagster_project.contracts.small_counts import shown
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import EVERY_NIGHT, OWNERS, PERSONAL, Night, in_order, nights
from dagster_project.drops.taken import ChangedDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.errors import safe_message
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading

_KEY = ["feedback", "attestations"]
_ANSWERED = dg.AssetCheckSpec(
    "every_request_was_answered",
    asset=_KEY,
    description="No request for attestations met an error of ours. One that did waits for the next night.",
)
_IN_ORDER = dg.AssetCheckSpec(
    "every_operators_folder_takes_its_attestations",
    asset=_KEY,
    description="Nothing in an operator's folder hindered the answers; what did is told with its remedy.",
)


@dg.asset(
    partitions_def=nights,
    key=_KEY,
    freshness_policy=EVERY_NIGHT,
    # The cache is published by then; who fills feedback/ is done with it.
    deps=[["active", "journeys"], ["lake", "identities"], ["exports", "feedback"]],
    group_name="exports",
    kinds={"csv", "pdf"},
    owners=OWNERS,
    tags=PERSONAL,
    check_specs=[_ANSWERED, _IN_ORDER],
    description="What operators asked attestations for: a signed PDF per person, or why there is none.",
)
@tells_no_value
def answer_requests(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Answer every waiting request for attestations of carpoolers."""
    lake, troubles, errors = night.lake, Troubles(), {}
    outcomes: list[Answered] = []
    operators = {known.id: known for known in remembered(lake, catalogue.operators(settings().catalogue))}
    with reading(lake) as connection:
        desk = Desk(lake, connection, night.business_date(context), operators, troubles)
        for offer, result in desk.answer_all():
            if isinstance(result, Answered):
                outcomes.append(result)
            elif isinstance(result, ChangedDropError):
                context.log.info(f"{offer.label}: changed, or cannot be opened; it waits for the next night")
            else:
                errors[offer.label] = safe_message(result)
                context.log.error(f"{offer.label}: {errors[offer.label]}")
    refused: Counter[str] = sum((Counter(outcome.refused) for outcome in outcomes), Counter())
    return dg.MaterializeResult(
        metadata={
            "requests": len(outcomes),
            "answered_before": sum(outcome.is_known for outcome in outcomes),
            "attestations": shown(sum(outcome.attestations for outcome in outcomes)),
            "refused_by_code": {code: shown(count) for code, count in sorted(refused.items())},
        },
        check_results=[
            dg.AssetCheckResult(check_name=_ANSWERED.name, passed=not errors, metadata={"errors": errors}),
            in_order(context, _IN_ORDER.name, troubles),
        ],
    )
