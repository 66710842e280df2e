"""A campaign's rules as a table of a page."""

from collections.abc import Iterable, Mapping

from dagster_project.campaigns.language.model import Campaign
from dagster_project.pages.page import Column, Row, Table
from dagster_project.reports.shared.rules import rule_lines
from dagster_project.reports.shared.source import article_words


def rules(campaign: Campaign, names: Mapping[str, str]) -> Table:
    """A line per rule: what it is about, what it says, where the convention says it."""
    lines = (
        (subject, rule, article_words(article)) for subject, rule, article in rule_lines(campaign, names)
    )
    return rules_table(campaign.id, campaign.nom, campaign.convention, lines)


def rules_table(campaign_id: str, name: str, convention: str, lines: Iterable[tuple[str, str, str]]) -> Table:
    """The same of lines that are words already."""
    return Table(
        f"regles_{campaign_id}",
        f"Règles de la campagne : {name} (convention {convention})",
        (Column("Sujet"), Column("Règle"), Column("Texte")),
        [Row((subject, rule[:1].upper() + rule[1:], text)) for subject, rule, text in lines],
    )
