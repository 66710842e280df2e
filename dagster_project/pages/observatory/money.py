"""What the public reads of campaigns: who pays whom what, and what closed fund calls claim."""

from collections.abc import Mapping, Sequence

import polars as pl

from dagster_project.pages.page import Column, Row, Table
from dagster_project.pages.rules import rules_table
from dagster_project.reports.observatory.campaigns import PublicCampaign
from dagster_project.reports.shared.french import french_list, french_period

_ZONES = 5  # codes that are named; the list of campaigns has all


def campaigns(listed: Sequence[PublicCampaign], names: Mapping[str, str]) -> Table:
    """A row per campaign; `names` of territories by code."""
    return Table(
        "campagnes",
        "Campagnes d’incitation",
        (
            *(Column("Campagne"), Column("Qui paie"), Column("À qui"), Column("Par")),
            *(Column("Du", "day"), Column("Au", "day"), Column("Où"), Column("Combien")),
        ),
        [
            Row(
                (
                    campaign.nom,
                    campaign.autorite.nom,
                    french_list(campaign.beneficiaire),
                    _carriers(campaign),
                    campaign.du,
                    campaign.au,
                    _where(campaign, names),
                    french_list(list(dict.fromkeys(step.prix for step in campaign.tarif))),
                )
            )
            for campaign in listed
        ],
        empty="Aucune campagne.",
        stacks=True,
    )


def _carriers(campaign: PublicCampaign) -> str:
    listing = campaign.operateurs[-1]
    return "tout opérateur" if listing.tous else french_list([operator.nom for operator in listing.liste])


def _where(campaign: PublicCampaign, names: Mapping[str, str]) -> str:
    if campaign.perimetre is None:
        return "partout où la campagne le dit (règles)"
    shown = [
        names.get(code.code, code.code)
        for zone in campaign.territoires
        if zone.nom == campaign.perimetre
        for code in zone.codes
    ]
    others = [f"{len(shown) - _ZONES} autres"] if len(shown) > _ZONES else []
    where = french_list([*shown[:_ZONES], *others]) if shown else campaign.perimetre
    return f"origine ou destination : {where}"


def rules(campaign: PublicCampaign) -> Table:
    """A line per rule, with its article."""
    lines = ((rule.sujet, rule.regle, rule.texte) for rule in campaign.regles)
    return rules_table(campaign.id, campaign.nom, campaign.convention, lines)


def calls(rows: pl.DataFrame, names: Mapping[str, str]) -> Table:
    """A row per campaign and period whose calls have closed; no amount where journeys are too few."""
    return Table(
        "versements",
        "Ce que demandent les appels de fonds clos, tous opérateurs réunis",
        (
            *(Column("Campagne"), Column("Période"), Column("Trajets indemnisés", "count")),
            Column("Indemnité", "euros"),
        ),
        [
            Row(
                (
                    names.get(row["campaign_id"], row["campaign_id"]),
                    french_period(row["period_start_on"], row["period_end_on"]),
                    row["subsidised_journeys"],
                    row["incentive_cents"],
                )
            )
            for row in rows.iter_rows(named=True)
        ],
        empty="Aucun appel de fonds n’est clos.",
    )
