"""The pages of docs/ that are made from code: settings, data dictionary, campaign schema."""

import json

from dagster_project.campaigns.model import Campaign
from dagster_project.contracts.rules import FILE_RULES, ROW_RULES, Rule
from dagster_project.contracts.tables import TABLES, Table
from dagster_project.settings import table as settings_table

_MADE = "<!-- Made by `entrepot docs`; do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated page, by file name; a test keeps docs/ equal to them."""
    return {
        "settings.md": f"{_MADE}# Settings\n\n{settings_table()}",
        "data_dictionary.md": _data_dictionary(),
        "motifs_de_rejet.md": _rules(),
        "campaign.schema.json": json.dumps(Campaign.model_json_schema(), ensure_ascii=False, indent=2) + "\n",
    }


def _data_dictionary() -> str:
    parts = [_table(table) for table in TABLES.values()]
    return (
        f"{_MADE}# Data dictionary of the lake\n\nAmounts are integer cents, distances integer metres, "
        "instants UTC. dbt's models carry theirs in dbt/models/*/_*__models.yml.\n\n" + "\n".join(parts)
    )


def _table(table: Table) -> str:
    rows = [
        f"| `{name}` | {column.dtype} | {'yes' if column.nullable else 'no'} | "
        f"{'**personal**' if name in table.personal_columns else ''} | {column.description} |"
        for name, column in table.columns.items()
    ]
    head = ["| column | type | may be empty | | meaning |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {table.name} ({table.zone})\n", table.grain, "", *head, *rows, ""])


def _rules() -> str:
    def section(title: str, rules: tuple[Rule, ...]) -> str:
        rows = [f"| `{r.code}` | {r.sentence} | {r.remedy} |" for r in rules]
        return "\n".join([f"## {title}\n", "| code | motif | remède |", "| --- | --- | --- |", *rows, ""])

    return (
        f"{_MADE}# Motifs de rejet\n\nCe que l'opérateur lit dans `feedback/`, et quoi faire.\n\n"
        + section("Fichier refusé en entier", FILE_RULES)
        + "\n"
        + section("Ligne rejetée ; les autres lignes du fichier sont prises en compte", ROW_RULES)
    )
