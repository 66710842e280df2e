"""Whom a campaign pays though no convention is on file: a warning, for the law allows little without one.

JURIDIQUE étape 6 wants a convention above 23 000 € a year; a campaign is one convention's rules, so the
operator that signed none is told from the first day. Not here: what is blocked above the threshold
(dbt/models/compliance).
"""

from collections.abc import Iterator, Sequence
from datetime import date

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue.parties import Authority
from dagster_project.contracts.moments import first_instant
from dagster_project.files.yaml_files import Problem


def unsigned(campaign: Campaign, authorities: Sequence[Authority]) -> Iterator[Problem]:
    """The operators that had signed no convention on the day from which the campaign names them."""
    zone, signed = campaign.zone, dict[str, list[date]]()
    for authority in authorities:
        for convention in authority.conventions if authority.id == campaign.autorite else ():
            signed.setdefault(convention.operator, []).append(convention.signed_on)
    warned = set()
    for index, entry in enumerate(campaign.operateurs):
        start = max(first_instant(entry.du, zone), first_instant(campaign.periode.du, zone))
        day = start.astimezone(zone).date()
        for place, name in enumerate(entry.named):
            if name in warned or any(signed_on <= day for signed_on in signed.get(name, [])):
                continue
            warned.add(name)
            what = f"avertissement : `{name}` n'a signé aucune convention avec `{campaign.autorite}` au {day}"
            remedy = "l'inscrire dans `conventions` de la fiche de l'autorité, avec sa date"
            yield ("operateurs", index, "liste", place), f"{what} ; {remedy}"
