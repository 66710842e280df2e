"""Pages of operators, made after their answers and lists."""

import dagster as dg

from dagster_project import outputs
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import EVERY_NIGHT, OWNERS, Night, in_order, nights
from dagster_project.drops.troubles import Troubles
from dagster_project.pages.checks import MOST_BYTES, names_the_network
from dagster_project.pages.operator.checks import differing
from dagster_project.warehouse.cache import reading

_ASSET = ["exports", "operator_pages"]
_ALONE, _LIGHT, _EQUAL = "no_page_reaches_for_the_network", "pages_are_light", "figures_are_those_of_answers"
_LAID = dg.AssetCheckSpec(
    "every_operator_has_its_page",
    asset=_ASSET,
    description="Nothing in an operator's folder hindered its page; what did is told with its remedy.",
)
_SENTENCES = {
    _ALONE: "No page names an address, a style, a font or a script outside itself.",
    _LIGHT: "Every page is of less than 2 MB.",
    _EQUAL: "What a page prints: rows of drops are those of answers, amounts those of ledger and accounts.",
}


@dg.asset(
    partitions_def=nights,
    key=_ASSET,
    freshness_policy=EVERY_NIGHT,
    deps=[
        *(["exports", name] for name in ("feedback", "accounts")),
        *(["active", name] for name in ("drop_accounts", "journey_notices")),
        ["fraud", "fraud_labels"],
        *(["finance", name] for name in ("advances", "fund_calls", "fund_call_steps", "int_pot_months")),
        *(["payments", name] for name in ("demand_accounts", "payment_verdicts")),
        *(["lake", name] for name in ("answers", "findings")),
    ],
    group_name="exports",
    kinds={"html"},
    owners=OWNERS,
    tags={"personal_data": "pseudonymised"},
    check_specs=[
        _LAID,
        *(dg.AssetCheckSpec(name, asset=_ASSET, description=text) for name, text in _SENTENCES.items()),
    ],
    description="Per operator one page: drops, answers, refusals and labels, journeys paid, money, dossier.",
)
@tells_no_value
def publish_operator_pages(context: dg.AssetExecutionContext, night: Night) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Lay every operator's page beside its answers, and look at what was laid."""
    troubles = Troubles()
    with reading(night.lake) as connection:
        pages = outputs.operator_pages(night.lake, connection, night.business_date(context), troubles)
        unequal = differing(night.lake, connection, pages)
    failing_by_check = {
        _ALONE: [operator for operator, text in pages.items() if names_the_network(text)],
        _LIGHT: [operator for operator, text in pages.items() if len(text.encode()) >= MOST_BYTES],
        _EQUAL: unequal,
    }
    return dg.MaterializeResult(
        metadata={"pages": len(pages)},
        check_results=[
            in_order(context, _LAID.name, troubles),
            *(
                dg.AssetCheckResult(check_name=name, passed=not failing, metadata={"failing": failing})
                for name, failing in failing_by_check.items()
            ),
        ],
    )
