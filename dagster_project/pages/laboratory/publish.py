"""A simulation as one page and one workbook, out of the same tables: for a délibération and its annex."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.pages.laboratory import changes, money, people
from dagster_project.pages.laboratory.assumed import assumed, by_month
from dagster_project.pages.laboratory.workbook import Sheet, write
from dagster_project.pages.page import Column, Row, Table, publish, render
from dagster_project.reports.shared.french import french_day, french_list, period_code, slug
from dagster_project.simulation.figures import Figures


@dataclass(frozen=True)
class SimulationTables:
    """The tables of a simulation, in the order of the page."""

    summary: Table
    changes: Table
    texts: list[Table]
    months: Table
    details: list[Table]
    moved: Table
    splits: list[Table]
    assumed: Table
    assumed_months: list[Table]
    reasons: Table


def publish_simulation(folder: Path, figures: Figures, names: Mapping[str, str]) -> tuple[Path, Path]:
    """Write page and workbook; the same figures give the same bytes. `names`: as `changes` has them."""
    tables = SimulationTables(
        summary=money.summary(figures),
        changes=changes.changes(figures.variants, dict(names)),
        texts=changes.texts(figures.variants, dict(names)),
        months=money.months(figures),
        details=list(money.details(figures)),
        moved=people.moved(figures),
        splits=list(people.splits(figures, names)),
        assumed=assumed(figures),
        assumed_months=list(by_month(figures)),
        reasons=money.reasons(figures),
    )
    campaign = figures.variants[0].campaign
    stem = f"SIMULATION_{slug(campaign.id)}_{period_code(figures.first_on, figures.last_on)}"
    page, book = folder / f"{stem}.html", folder / f"{stem}.xlsx"
    reading = rules_of_reading(figures)
    content = render(
        "laboratory/index.html.jinja",
        lead=f"{campaign.nom}. Trajets {_period(figures)}, tels que le registre les connaît après la nuit du "
        f"{french_day(figures.night_on)}. Fichiers comparés : {_files(figures)}.",
        cards=money.cards(figures),
        cost_picture=money.cost_picture(figures),
        pot_picture=money.pot_picture(figures),
        reading=reading,
        is_in_force=figures.is_in_force,
        **vars(tables),
    )
    folder.mkdir(parents=True, exist_ok=True)
    publish(page, content)
    write(book, campaign, figures.night_on, f"Trajets {_period(figures)}", _sheets(tables, reading))
    return page, book


def _sheets(tables: SimulationTables, reading: list[str]) -> list[Sheet]:
    rules = Table(
        "lecture", "Comment lire", (Column("Règle de lecture"),), [Row((sentence,)) for sentence in reading]
    )
    return [
        Sheet("Simulation", [tables.summary, tables.moved]),
        Sheet("Différences", [tables.changes]),
        Sheet("Mois", [tables.months]),
        *(Sheet(f"Mois, fichier {at}", [table]) for at, table in enumerate(tables.details, 1)),
        Sheet("Gagnants et perdants", tables.splits[:2]),
        *(Sheet(table.columns[0].head, [table]) for table in tables.splits[2:]),
        *([Sheet("Hypothèse", [tables.assumed, *tables.assumed_months])] if tables.assumed.rows else []),
        *(Sheet(f"Règles, fichier {at}", [table]) for at, table in enumerate(tables.texts, 1)),
        Sheet("Lecture", [rules, *([tables.reasons] if tables.reasons.rows else [])]),
    ]


def rules_of_reading(figures: Figures) -> list[str]:
    """What a simulation says and what it does not, in French."""
    first = figures.variants[0].name
    starts = (
        f"Ce que le registre a compté avant le {french_day(figures.first_on)} reste dû : chaque enveloppe "
        "commence avec ce qui en restait, chaque plafond de même nom et de même compte avec ce qui en "
        "était pris."
    )
    but = "sauf ce que le tableau ci-dessous dit par motif" if figures.reasons else "au centime"
    in_force = (
        f"{first} est le fichier en vigueur : recalculé d’un trait, il donne ce que le registre a compté, "
        f"{but}."
        if figures.is_in_force
        else f"{first} n’est pas le fichier en vigueur : ce que le registre a compté n’est qu’un repère."
    )
    return [
        "Chaque fichier est appliqué aux mêmes trajets valides, par les calculs mêmes de la nuit : ceux qui "
        "regardent l’un des fichiers par leur jour et leur lieu. Un trajet est celui d’un conducteur et d’un "
        "passager : deux sièges réservés ensemble font un trajet.",
        starts,
        in_force,
        "Un trajet refusé par le registre n’est compté nulle part, même si un autre délai d’envoi l’aurait "
        "admis.",
        "Sauf dans « Si les comportements changent », les trajets sont ceux qui ont eu lieu : aucun ne "
        "s’ajoute ni ne disparaît parce que l’indemnité change.",
        "Rien n’est changé dans la base : ni montant, ni appel, ni facture.",
    ]


def _period(figures: Figures) -> str:
    return f"du {french_day(figures.first_on)} au {french_day(figures.last_on)}"


def _files(figures: Figures) -> str:
    return french_list([variant.name for variant in figures.variants])
