"""A change of an authority's members: whose journeys come under the campaigns that pay for its members.

Both sides list EPCIs, those of the day before and those of the day. Not here: the counting
(simulation.rule_replay), campaigns that list codes themselves (their own files change). Why: D-308.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dagster_project.campaigns.language.model import Campaign
from dagster_project.campaigns.language.territories import Selector
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.parties import Authority
from dagster_project.catalogue.standing import remembered
from dagster_project.lake.store import Lake
from dagster_project.pages.laboratory.places import place_names
from dagster_project.pages.laboratory.rule_words import Change
from dagster_project.simulation import rule_replay
from dagster_project.simulation.figures import TooFewError
from dagster_project.simulation.rule_replay import Replay


def of_members(
    authority: Authority, data: Any, day: date, before: date | None, lake: Lake, root: Path
) -> tuple[list[Change], Replay | str]:
    """The words of a change and what it does to journeys, or why none is tried. Raises BuildError."""
    sides = [_codes(data, at) for at in (day - timedelta(days=1), day)]
    names = place_names(root, {("epci", code) for codes in sides for code in codes})
    words = [
        ", ".join(sorted(names.get(f"epci {code}", code) for code in codes)) or "aucun" for codes in sides
    ]
    changes = [Change(f"Membres de l’autorité {authority.name}.", *words)]
    code = authority.siret[:9]
    campaigns = [
        campaign
        for campaign in catalogue.campaigns(root)
        if any(code in each.aom for each in _selectors(campaign))
    ]
    try:
        if not campaigns:
            raise TooFewError("aucune campagne n’a les membres de l’autorité pour territoire")
        days = rule_replay.days_to_replay(lake, campaigns, day, before)
    except TooFewError as error:
        return changes, str(error)
    pairs = [
        (listing(campaign, code, sides[0], days[0].year), listing(campaign, code, sides[1], days[0].year))
        for campaign in campaigns
    ]
    parties = remembered(lake, catalogue.operators(root)), catalogue.authorities(root)
    return changes, rule_replay.of_campaigns(lake, pairs, days, parties)


def _codes(data: Any, day: date) -> list[str]:
    return [
        member["code"] for member in data["membres"] if member.get("du", day) <= day <= member.get("au", day)
    ]


def _selectors(campaign: Campaign) -> list[Selector]:
    return [selector for name in campaign.territoires for _, selector, _ in campaign.versions(name)]


def listing(campaign: Campaign, authority: str, codes: Sequence[str], year: int) -> Campaign:
    """The campaign with the members' codes in the place of the authority's."""

    def listed(selector: Any) -> Any:
        if isinstance(selector, list):
            return [listed(part) for part in selector]
        if authority not in selector.aom:
            return selector
        others = [siren for siren in selector.aom if siren != authority]
        return selector.model_copy(
            update={"aom": others, "epci": [*selector.epci, *codes], "millesime": selector.millesime or year}
        )

    places = {name: listed(selector) for name, selector in campaign.territoires.items()}
    return campaign.model_copy(update={"territoires": places})
