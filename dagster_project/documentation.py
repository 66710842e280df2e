"""What is made from code: pages of docs/ (settings, data dictionary, schemas, …), the lineage of columns."""

import json
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import rows
from dagster_project.contracts.attestations import REFUSALS, REQUEST_RULES
from dagster_project.contracts.drop_fields import Field
from dagster_project.contracts.exports import EXPORTS
from dagster_project.contracts.labels import ALERTS, DECIDED, LABELS, NEUTRAL, Label
from dagster_project.contracts.lake_tables import TABLES, Table
from dagster_project.contracts.layouts import V2, V3, Layout
from dagster_project.contracts.observatory import FILES
from dagster_project.contracts.published_schemas import json_schema, meanings, table_schema
from dagster_project.contracts.reason_code import Rule
from dagster_project.contracts.refusal_codes import ACCEPTANCE_RULES
from dagster_project.contracts.rejection_codes import FILE_NOTICES, FILE_RULES, ROW_RULES, VERSION_RULES
from dagster_project.lake.store import Lake
from dagster_project.reports.observatory.campaigns import schema as campaigns_schema
from dagster_project.rights.impact_assessment import impact_assessment
from dagster_project.rights.processing_register import processing_register
from dagster_project.settings import PROJECT
from dagster_project.settings import table as settings_table
from dagster_project.warehouse import cache, lineage

_HEAD = "<!-- Made by `entrepot docs`; do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated page, by file name; a test keeps docs/ equal to them."""
    return {
        "settings.md": f"{_HEAD}# Settings\n\n{settings_table()}",
        "data_dictionary.md": _data_dictionary(),
        "motifs_de_rejet.md": _rules(),
        "colonnes_des_depots.md": _columns(),
        "registre_des_traitements.md": f"{_HEAD}{processing_register()}",
        "analyse_d_impact.md": f"{_HEAD}{impact_assessment()}",
        "schemas/campagne.schema.json": _json(Campaign.model_json_schema()),
        "schemas/campagnes.schema.json": _json(campaigns_schema()),
        "schemas/depot_v2.tableschema.json": _json(table_schema(V2)),
        "schemas/depot_v3.tableschema.json": _json(table_schema(V3)),
        "schemas/depot_v3.schema.json": _json(json_schema(V3)),
    }


def column_lineage() -> str:
    """The text of warehouse/lineage.csv: all models built on an empty base, and read. Raises BuildError."""
    with tempfile.TemporaryDirectory(prefix="entrepot-") as folder:
        lake = Lake(Path(folder))
        lake.write_catalogue(rows.read(PROJECT / "data"))
        cache.build(lake, date(2021, 3, 1))  # any night: the columns are made of the same
        return lineage.read(lake)


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _columns() -> str:
    parts = [f"{_HEAD}# Colonnes des dépôts\n"]
    for layout, title in ((V2, "Format v2 : le fichier historique"), (V3, "Format v3 : l'API à plat")):
        head = ["| colonne | contenu | format | bornes | obligatoire | exemple |", "| --- " * 6 + "|"]
        rows = [_row(name, meaning, layout) for name, meaning in meanings(layout).items()]
        parts.append("\n".join([f"## {title}\n", *head, *rows, ""]))
    return "\n".join(parts)


_FORMATS = {
    "text": "texte",
    "integer": "nombre entier",
    "decimal": "nombre décimal",
    "instant": "ISO 8601 avec fuseau",
    "boolean": "TRUE, FALSE ou vide",
    "json": "tableau JSON",
}


def _row(name: str, meaning: tuple[str, Field] | None, layout: Layout) -> str:
    if not meaning:
        return f"| `{name}` | Admise, non lue. | | | | |"
    ours, field = meaning
    bounds = f"{field.low:,} à {field.high:,}".replace(",", "\u202f") if field.low is not None else ""
    bounds = bounds or ", ".join(field.choices) or (f"`{field.pattern}`" if field.pattern else "")
    unit = f" ({field.unit})" if field.unit else ""
    example = f"`{field.example}`" if field.example else ""
    needed = "oui" if ours in layout.mandatory else ""
    cells = (f"`{name}`", field.meaning, _FORMATS[field.kind] + unit, bounds, needed, example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _data_dictionary() -> str:
    parts = [_table(table) for table in TABLES.values()]
    exports = [_export(table) for table in EXPORTS]
    public = [_export(table) for table in FILES.values()]
    return (
        f"{_HEAD}# Data dictionary of the lake\n\nAmounts are integer cents, distances integer metres, "
        "instants UTC. dbt's models carry theirs in dbt/models/*/_*__models.yml. What goes out: "
        "[below](#exports).\n\n"
        + "\n".join(parts)
        + f"\n{_EXPORTS}\n\n"
        + "\n".join(exports)
        + f"\n{_PUBLIC}\n\n"
        + "\n".join(public)
    )


def _table(table: Table) -> str:
    rows = [
        f"| `{name}` | {column.dtype} | {'yes' if column.nullable else 'no'} | "
        f"{'**personal**' if name in table.personal_columns else ''} | {column.description} |"
        for name, column in table.columns.items()
    ]
    head = ["| column | type | may be empty | | meaning |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {table.name} ({table.zone})\n", table.grain, "", *head, *rows, ""])


_EXPORTS = (
    "# Exports\n\nFichiers Parquet que reçoivent les autorités. Les classeurs disent les mêmes "
    "colonnes sous leur titre : montants en euros, distances en kilomètres, heures de Paris. Le CSV de "
    "l’annexe 3 est le Parquet, dans les mêmes noms et unités."
)
_PUBLIC = (
    "# Données ouvertes\n\nFichiers que lit le public, CSV et Parquet ; leurs colonnes portent leur titre. "
    "datapackage.json les décrit. Le schéma de campagnes.json est [à part](schemas/campagnes.schema.json)."
)


def _export(table: Table) -> str:
    rows = [
        f"| `{name}` | {column.title} | {column.dtype} | {column.metadata['unit']} | "
        f"{'oui' if column.nullable else ''} | {column.description.replace('|', '&#124;')} |"
        for name, column in table.columns.items()
    ]
    head = ["| colonne | titre | type | unité | peut être vide | contenu |", "| --- " * 6 + "|"]
    return "\n".join([f"## {table.name} ({table.zone})\n", table.grain, "", *head, *rows, ""])


def _rules() -> str:
    def section(title: str, rules: tuple[Rule, ...], severe: str = "rejet") -> str:
        severities = {"error": severe, "warning": "avertissement : la ligne est acceptée"}
        parts = [
            f"### {rule.code}\n\n{rule.sentence}\n\n"
            f"*Remède* : {rule.remedy} *Gravité* : {severities[rule.severity]}.\n"
            for rule in rules
        ]
        return "\n".join([f"## {title}\n", *parts])

    return (
        f"{_HEAD}# Motifs de rejet\n\nCe que l'opérateur lit dans `feedback/`, et quoi faire. `{{column}}` "
        "est le nom de la colonne dans son fichier ; un motif ne répète jamais une valeur.\n\n"
        + section("Fichier refusé en entier", FILE_RULES)
        + "\n"
        + section("Fichier pris, avec un avertissement dans le résumé", FILE_NOTICES)
        + "\n"
        + section("Ligne ; les autres lignes du fichier sont prises en compte", ROW_RULES)
        + "\n"
        + section(
            "Trajet : gardé, jamais payé tant que le motif tient (suivi_des_trajets.csv)",
            (*ACCEPTANCE_RULES, *VERSION_RULES),
            "refus",
        )
        + "\n"
        + section("Demande d'attestation : fichier ou ligne", REQUEST_RULES, "la demande est à corriger")
        + "\n"
        + section("Demande d'attestation : rien n'est attesté", REFUSALS, "refus")
        + "\n"
        + _labels()
    )


def _labels() -> str:
    def parts(labels: Iterable[Label]) -> list[str]:
        return [
            f"### {label.code}\n\n{label.title}. {label.sentence}\n\n*Remède* : {label.remedy}\n"
            for label in labels
        ]

    within = [label for label in LABELS if "interoperator" not in label.code]
    intro = (
        "Ce que l'opérateur lit dans `feedback/signalements.csv`, chaque nuit, des trajets des six derniers "
        "mois (CONVENTION article 9). « Écarté » : hors paiement ; « information » : à vérifier. Seuils et "
        "dates : `data/rules/fraud.yml`. Une décision motivée peut rétablir ou écarter un trajet.\n\n"
        f"Ce qui écarte un trajet à cause d'un autre opérateur n'est dit que sous `{NEUTRAL.code}` ; ce qui "
        "ne ferait qu'informer n'est alors pas dit. Nul n'apprend ainsi où voyage un client d'un autre.\n"
    )
    inside = "Les contrôles qui suivent sont publics ; ce qu'ils trouvent, seul le registre le lit.\n"
    for_operators = ["## Signalements d'anomalie et de fraude\n", intro, *parts((*within, DECIDED, NEUTRAL))]
    between = parts((*(label for label in LABELS if label not in within), *ALERTS))
    return "\n".join(
        [*for_operators, "## Entre opérateurs, et par opérateur : pour le registre\n", inside, *between]
    )
