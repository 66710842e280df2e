"""The register of processing (RGPD article 30, JURIDIQUE étape 3), made from contracts, terms and zones."""

from collections.abc import Sequence

from dagster_project.contracts.lake_tables import TABLES
from dagster_project.contracts.processing import (
    CATEGORIES,
    CONTACT,
    CONTROLLER,
    PROCESSINGS,
    PURPOSE,
    RIGHTS,
    SECURITY,
    SOURCE,
    ZONES,
    Processing,
)
from dagster_project.contracts.terms import TERMS, Term


def processing_register() -> str:
    """The whole document, in Markdown."""
    parts = [
        "# Registre des traitements\n",
        "Tenu au titre de l’article 30 du règlement (UE) 2016/679 (JURIDIQUE, étape 3).\n",
        *facts(
            ("Responsable du traitement", CONTROLLER),
            ("Contact", CONTACT),
            ("Finalité générale", PURPOSE),
            ("Personnes concernées", "conducteurs et passagers de trajets de covoiturage"),
            ("Source des données", SOURCE),
            ("Transferts hors de l’Union européenne", "aucun n’est prévu"),
            ("Droits des personnes", RIGHTS),
        ),
        *(_activity(number, processing) for number, processing in enumerate(PROCESSINGS, 1)),
        "## Durées de conservation\n",
        *table(("quoi", "combien", "à partir de", "texte"), [_term(term) for term in TERMS.values()]),
        "Le terme tombe le même jour du mois où il s’achève ; la nuit de ce jour efface.\n",
        "## Zones\n",
        *table(("zone", "protection"), list(ZONES.items())),
        "## Mesures de sécurité\n",
        "\n".join(f"- {measure}" for measure in SECURITY) + "\n",
    ]
    return "\n".join(parts)


def categories(processing: Processing) -> list[str]:
    """The categories of personal data in an activity's tables."""
    named = [CATEGORIES[column] for name in processing.tables for column in TABLES[name].personal_columns]
    return list(dict.fromkeys(named))


def duration(term: Term) -> str:
    """12 mois, 30 jours."""
    return f"{term.months} mois" if term.months else f"{term.days} jours"


def _activity(number: int, processing: Processing) -> str:
    zones = dict.fromkeys(TABLES[name].zone for name in processing.tables)
    terms = [
        f"{TERMS[name].what} : {duration(TERMS[name])} ({TERMS[name].source})" for name in processing.terms
    ]
    held = f"tables {', '.join(f'`{name}`' for name in processing.tables)}" + (
        f" ; {processing.also}" if processing.also else ""
    )
    fact_lines = facts(
        ("Finalité", processing.purpose),
        ("Catégories de données", " ; ".join(categories(processing)) or "aucune donnée personnelle"),
        ("Où", held),
        ("Zones", ", ".join(zones)),
        ("Destinataires", " ; ".join(processing.recipients)),
        ("Conservation", " ; ".join(terms)),
    )
    return "\n".join([f"## {number}. {processing.name}\n", *fact_lines])


def _term(term: Term) -> tuple[str, str, str, str]:
    return term.what, duration(term), term.counted_from, term.source


def facts(*pairs: tuple[str, str]) -> list[str]:
    """A list of names and what they are, in Markdown."""
    return ["\n".join(f"- **{name}** : {text}" for name, text in pairs) + "\n"]


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A table, in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return ["\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"]
