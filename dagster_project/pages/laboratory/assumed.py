"""What an assumption on behaviour would change: with and without it, and whose it is."""

from collections.abc import Iterator

from dagster_project.contracts.small_counts import shown
from dagster_project.pages.laboratory.money import pot_words
from dagster_project.pages.laboratory.people import HIDDEN, hide_small_counts
from dagster_project.pages.page import Column, Row, Table, month_words
from dagster_project.simulation.figures import Figures


def assumed(figures: Figures) -> Table:
    """Each assumption with its source; empty without one."""
    rows = []
    for number, elasticity in figures.assumptions():
        known, name = figures.behaviour[number], figures.variants[number - 1].name
        emptied = (f"ne suffit plus en {month_words(row['month_on'])}" for row in known if row["is_cut"])
        percent = f"{elasticity.pourcent_par_euro.normalize():f} %".replace(".", ",")
        rows.append(
            Row(
                (
                    name,
                    *(shown(sum(row[key] for row in known)) for key in ("journeys_without", "journeys")),
                    figures.total(number, "incentive_cents", "fee_cents"),
                    sum(row["cents"] for row in known),
                    pot_words(figures, number),
                    next(emptied, "suffit"),
                    f"{percent} de trajets par euro d’indemnité",
                    f"{elasticity.source} ({elasticity.address})",
                )
            )
        )
    return Table(
        "hypotheses",
        "Avec et sans l’hypothèse",
        (
            Column("Fichier"),
            *(Column("Trajets, sans", "count"), Column("Trajets, avec", "count")),
            *(Column("Coût, sans", "euros"), Column("Coût, avec", "euros")),
            *(Column("Enveloppe, sans"), Column("Enveloppe, avec")),
            *(Column("Hypothèse"), Column("Source")),
        ),
        rows,
        stacks=True,
    )


def by_month(figures: Figures) -> Iterator[Table]:
    """The same of each assumption, month by month."""
    for number, _ in figures.assumptions():
        costs = {row["month_on"]: row["incentive_cents"] + row["fee_cents"] for row in figures.of(number)}
        without = [row["journeys_without"] for row in figures.behaviour[number]]
        yield Table(
            f"hypothese_{number}",
            f"Avec et sans l’hypothèse, mois par mois, {figures.variants[number - 1].name}",
            (
                *(Column("Mois"), Column("Trajets, sans", "count"), Column("Trajets, avec", "count")),
                *(Column("Coût, sans", "euros"), Column("Coût, avec", "euros")),
            ),
            [
                Row(
                    (
                        *(month_words(row["month_on"]), count),
                        HIDDEN if count == HIDDEN else row["journeys"],
                        *(costs.get(row["month_on"], 0), row["cents"]),
                    )
                )
                for row, count in zip(
                    figures.behaviour[number], hide_small_counts(without, without), strict=True
                )
            ],
        )
