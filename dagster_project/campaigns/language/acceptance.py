"""data/rules/acceptance.yml: what a journey must satisfy to be valid, dated, and the rule rows it becomes.

Not here: each code's sentence (contracts.refusal_codes), how the rules are evaluated (dbt/models/active).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from dagster_project.campaigns.language.model import ANY, Campaign
from dagster_project.contracts.moments import PARIS, first_instant, last_instant
from dagster_project.contracts.signed_files import Part

_PARAMETERS: dict[str, set[str]] = {
    "journey_outside_production": set(),
    "operator_not_granted": set(),
    "not_yet_over": set(),
    "sent_too_late": {"heures", "depuis"},
    "distance_too_short": {"metres"},
    "too_close_trips": {"minutes"},
    "too_many_trips": {"maximum"},
}


class AcceptanceRule(Part):
    """One rule, in force for journeys that start (local day, Europe/Paris) from `du` through `au`."""

    code: Literal[
        "journey_outside_production",
        "operator_not_granted",
        "not_yet_over",
        "sent_too_late",
        "distance_too_short",
        "too_close_trips",
        "too_many_trips",
    ]
    du: date
    au: date | None = None
    heures: Annotated[int, Field(ge=0)] | None = None
    depuis: Literal["depart", "arrivee"] | None = None
    metres: Annotated[int, Field(ge=1)] | None = None
    minutes: Annotated[int, Field(ge=0)] | None = None
    maximum: Annotated[int, Field(ge=1)] | None = None
    source: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _has_its_parameters(self) -> "AcceptanceRule":
        given = {name for name in set().union(*_PARAMETERS.values()) if getattr(self, name) is not None}
        if given != (wanted := _PARAMETERS[self.code]):
            named = ", ".join(sorted(wanted)) or "aucun"
            raise ValueError(f"paramètres attendus pour `{self.code}` : {named} ; ajouter ou retirer")
        if self.au and self.au < self.du:
            raise ValueError("`au` précède `du` ; inverser les deux dates")
        return self


class Acceptance(Part):
    """Every acceptance rule of every time."""

    regles: list[AcceptanceRule]

    @model_validator(mode="after")
    def _one_at_a_time(self) -> "Acceptance":
        ordered = sorted(self.regles, key=lambda rule: (rule.code, rule.du))
        for earlier, later in pairwise(ordered):
            if earlier.code == later.code and (earlier.au is None or earlier.au >= later.du):
                raise ValueError(
                    f"deux lignes de `{later.code}` valent le {later.du} ; finir la première par `au`"
                )
        return self


def acceptance_rows(acceptance: Acceptance) -> list[dict[str, Any]]:
    """One row per rule and period of validity; local dates, both inclusive."""
    return [
        {
            "rule_code": rule.code,
            "from_on": rule.du,
            "to_on": rule.au or date.max,
            "hours": rule.heures,
            "is_from_start": rule.depuis == "depart",
            "metres": rule.metres,
            "minutes": rule.minutes,
            "maximum": rule.maximum,
            "source": rule.source,
        }
        for rule in acceptance.regles
    ]


def graces(campaign: Campaign, operators: Iterable[str]) -> list[dict[str, Any]]:
    """Per operator, the local days on which its journeys have more time than the registry's rule gives.

    Where the campaign means any operator, it is each of `operators`.
    """
    period, grace, zone = campaign.periode, campaign.delai_d_envoi, campaign.zone
    if not grace:
        return []
    lists = sorted(campaign.operateurs, key=lambda listing: first_instant(listing.du, zone))
    starts = [first_instant(listing.du, zone) for listing in lists]
    last = None if period.jusqu_a_epuisement else last_instant(period.au, zone)
    ends = [*(start - timedelta(microseconds=1) for start in starts[1:]), last]
    return [
        {
            "operator_id": name,
            "from_on": max(start, first_instant(period.du, zone)).astimezone(PARIS).date(),
            "to_on": end.astimezone(PARIS).date() if end else date.max,
            "hours": None if grace.heures == "sans_limite" else grace.heures,
            "article": grace.article,
        }
        for listing, start, end in zip(lists, starts, ends, strict=True)
        for name in (operators if listing.liste == ANY else listing.named)
    ]
