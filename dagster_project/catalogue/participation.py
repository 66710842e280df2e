"""When an operator is party to a campaign: the campaign's lists, its convention, its dossier together.

Whoever is no longer a member returns its advance (CONVENTION 8.1 and 16), and a journey that starts on a day
without its convention is not eligible. What has closed stays. Why: D-231.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl

from dagster_project.campaigns.language.model import ANY, Campaign
from dagster_project.catalogue.dossier import Absence
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
    departures = {operator.id: operator.departures for operator in operators}
    everybody = [operator.id for operator in operators]
    by_id = {authority.id: authority for authority in authorities}
    rows = []
    for signed in campaigns:
        campaign = under_conventions(signed, by_id.get(signed.autorite), everybody)
        entries = sorted(
            (
                first_instant(entry.du, campaign.zone).astimezone(campaign.zone).date(),
                everybody if entry.liste == ANY else entry.named,
            )
            for entry in campaign.operateurs
        )
        replaced = [*(first for first, _ in entries[1:]), None]
        for (first, listed), following in zip(entries, replaced, strict=True):
            last = following - timedelta(days=1) if following else date.max
            for operator_id in dict.fromkeys(listed):
                key = {"campaign_id": campaign.id, "operator_id": operator_id}
                for from_on, to_on in _present(first, last, departures.get(operator_id, [])):
                    rows.append(key | {"from_on": from_on, "to_on": to_on})
    return rows


def _present(first: date, last: date, departures: Iterable[Absence]) -> Iterator[tuple[date, date]]:
    """The spans of first through last on which the operator has not left."""
    for absence in sorted(departures, key=lambda departure: departure.since):
        if absence.since > last:
            break
        if first < absence.since:
            yield first, absence.since - timedelta(days=1)
        if absence.back_on is None:
            return
        first = max(first, absence.back_on)
    if first <= last:
        yield first, last


def under_conventions(campaign: Campaign, authority: Authority | None, everybody: list[str]) -> Campaign:
    """The campaign whose lists leave out an operator on the days on which its conventions have ended.

    One that has signed again is back from that day on. Who never signed stays: that is told, and the law
    bounds it (signatures).
    """
    without = {
        operator_id: spans
        for operator_id, spans in _without(authority).items()
        if any(operator_id in entry.named or entry.liste == ANY for entry in campaign.operateurs)
    }
    if not without:
        return campaign
    zone = campaign.zone
    lists = sorted(campaign.operateurs, key=lambda entry: first_instant(entry.du, zone))
    starts = {first_instant(entry.du, zone): entry.du for entry in lists}
    for day in (day for spans in without.values() for span in spans for day in span if day):
        if first_instant(day, zone) > first_instant(lists[0].du, zone):
            starts.setdefault(first_instant(day, zone), day)
    entries = []
    for start in sorted(starts):
        day = start.astimezone(zone).date()
        entry = [listing for listing in lists if first_instant(listing.du, zone) <= start][-1]
        gone = {
            name
            for name, spans in without.items()
            if any(first <= day and (back is None or day < back) for first, back in spans)
        }
        listed = everybody if entry.liste == ANY else entry.named
        kept = [name for name in listed if name not in gone]
        liste = kept if gone else entry.liste
        entries.append(entry.model_copy(update={"du": starts[start], "liste": liste}))
    return campaign.model_copy(update={"operateurs": entries})


def _without(authority: Authority | None) -> dict[str, list[tuple[date, date | None]]]:
    """By operator, the spans after a convention has ended: first day, and the day of the next one, if any."""
    spans: dict[str, list[tuple[date, date | None]]] = {}
    for convention in authority.conventions if authority else []:
        end, of = convention.end_on, convention.operator
        others = [other for other in authority.conventions if other.operator == of] if authority else []
        if end and not any(other.signed_on <= end < (other.end_on or date.max) for other in others):
            later = [other.signed_on for other in others if other.signed_on > end]
            spans.setdefault(of, []).append((end, min(later, default=None)))
    return spans
