"""When an operator is party to a campaign: the campaign's lists, its convention, its dossier together.

Whoever is no longer a member returns its advance (CONVENTION 8.1 and 16). Not here: which journeys count
(rules).
"""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any

import polars as pl

from dagster_project.campaigns.language.model import ANY, Campaign
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.contracts.moments import first_instant

MEMBERS: dict[str, pl.DataType | type[pl.DataType]] = {
    "campaign_id": pl.String,
    "operator_id": pl.String,
    "from_on": pl.Date,
    "to_on": pl.Date,
}


def member_rows(
    campaigns: Iterable[Campaign], operators: Collection[Operator], authorities: Iterable[Authority]
) -> list[dict[str, Any]]:
    """Days, both included, local to the campaign; one row per campaign, list and operator on it."""
    left = {operator.id: operator.left_on for operator in operators if operator.left_on}
    everybody = [operator.id for operator in operators]
    by_id = {authority.id: authority for authority in authorities}
    rows = []
    for campaign in campaigns:
        ended = _ended(by_id.get(campaign.autorite))
        entries = sorted(
            (
                first_instant(entry.du, campaign.zone).astimezone(campaign.zone).date(),
                everybody if entry.liste == ANY else entry.named,
            )
            for entry in campaign.operateurs
        )
        replaced = [*(first for first, _ in entries[1:]), None]
        for (first, listed), following in zip(entries, replaced, strict=True):
            for operator_id in dict.fromkeys(listed):
                ends = [left.get(operator_id), ended.get(operator_id), following]
                last = min((end - timedelta(days=1) for end in ends if end), default=date.max)
                if first <= last:
                    key = {"campaign_id": campaign.id, "operator_id": operator_id}
                    rows.append(key | {"from_on": first, "to_on": last})
    return rows


def _ended(authority: Authority | None) -> dict[str, date]:
    """The operators whose every convention with the authority ends, and the first day without any."""
    ends: dict[str, list[date | None]] = {}
    for convention in authority.conventions if authority else []:
        ends.setdefault(convention.operator, []).append(convention.ended_on)
    return {
        operator_id: max(end for end in of_operator if end)
        for operator_id, of_operator in ends.items()
        if all(of_operator)
    }
