"""Every condition of a campaign file, where it is written, and the operators that are named."""

from collections.abc import Iterator

from dagster_project.campaigns.language.conditions import Condition
from dagster_project.campaigns.language.model import Campaign
from dagster_project.files.yaml_faults import Path_


def located(campaign: Campaign) -> Iterator[tuple[Path_, Condition]]:
    """Every condition of the file, outermost ones only, and where it is written."""
    for index, payee in enumerate(campaign.beneficiaire):
        yield ("beneficiaire", index), payee
    for index, test in enumerate(campaign.eligibilite):
        yield ("eligibilite", index), test
    for index, table in enumerate(campaign.tarif.tables or []):
        yield ("tarif", "tables", index), table
    for index, step in enumerate(campaign.tarif.ajustements):
        yield ("tarif", "ajustements", index, "quand"), step.quand
    for index, cap in enumerate(campaign.plafonds):
        yield ("plafonds", index, "quand"), cap.quand


def operator_names(campaign: Campaign) -> set[str]:
    """Every operator that the campaign names."""
    listed = {name for entry in campaign.operateurs for name in entry.named}
    return listed.union(*(named_operators(condition) for _, condition in located(campaign)))


def named_operators(condition: Condition) -> set[str]:
    """Every operator that the condition names, at any depth."""
    return set(condition.operateurs or []).union(*(named_operators(inner) for inner in condition.inner()))
