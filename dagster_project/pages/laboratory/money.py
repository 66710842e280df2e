"""What each file costs, month by month, and what becomes of its pot; columns are named by files.

It computes no amount. Not here: who gains and loses (people).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dagster_project.contracts.moments import next_month
from dagster_project.contracts.small_counts import shown
from dagster_project.pages.charts import Line, Picture, bars, lines
from dagster_project.pages.laboratory.people import HIDDEN, hide_small_counts, is_few
from dagster_project.pages.page import Column, Row, Table, month_words
from dagster_project.reports.shared.french import french_change, french_day, french_euros
from dagster_project.simulation.figures import Figures

PAID = "Compté par le registre"
_ALL = "Tous les mois"
_REASONS = {
    "clos": "Trajets déjà clos : leur montant reste celui de la clôture",
    "retard": "Trajets arrivés après la clôture de leur période : régularisés après les autres",
    "enveloppe": "Enveloppe : ce que des trajets clos ou en retard ont pris ne restait plus pour d’autres",
    "hors_base": "Trajets clos, effacés ou refusés depuis, que la nuit n’évalue plus : leur montant reste dû",
    "autre": "Plafonds et autres suites de ces trajets, fiches changées depuis la nuit",
}


def summary(figures: Figures) -> Table:
    """Each file's cost, journeys and pot; what the base has paid, where it has the campaign."""
    first = figures.total(1, "incentive_cents", "fee_cents")
    rows, paid_before = [], list[int]()
    for number, variant in enumerate(figures.variants, 1):
        incentive, fee = figures.total(number, "incentive_cents"), figures.total(number, "fee_cents")
        paid = figures.total(number, "paid")
        has_few = any(is_few(paid, other) or is_few(other, paid) for other in paid_before)
        paid_before.append(paid)
        rows.append(
            Row(
                (
                    *(variant.name, incentive, fee, incentive + fee),
                    incentive + fee - first if number > 1 else None,
                    HIDDEN if has_few else shown(paid),
                    figures.left_cents(number),
                    pot_words(figures, number),
                )
            )
        )
    if figures.paid:
        sums = [sum(row[name] for row in figures.paid) for name in ("incentive_cents", "fee_cents")]
        rows.append(Row((PAID, *sums, sum(sums), None, None, None, ""), is_total=True))
    return Table(
        "ensemble",
        "Chaque fichier sur toute la période",
        (
            *(Column("Fichier"), Column("Indemnité", "euros"), Column("Commission TTC", "euros")),
            *(Column("Coût", "euros"), Column("Écart au premier", "euros"), Column("Trajets payés", "count")),
            *(Column("Reste de l’enveloppe", "euros"), Column("Fin de l’enveloppe")),
        ),
        rows,
        stacks=True,
    )


def pot_words(figures: Figures, number: int) -> str:
    """When a file's pot is empty, if it has one."""
    if emptied_on := figures.emptied_on(number):
        return f"ne suffit plus dès le {french_day(emptied_on)}"
    return "suffit" if figures.left_cents(number) is not None else "sans enveloppe"


def cards(figures: Figures) -> list[tuple[str, str, str]]:
    """What each file costs, and how the others differ from the first."""
    costs = [
        figures.total(number, "incentive_cents", "fee_cents") for number, _ in enumerate(figures.variants, 1)
    ]
    return [
        (
            variant.name,
            french_euros(cost),
            "indemnité et commission TTC"
            if at == 0
            else f"{french_change(cost - costs[0])} par rapport au premier",
        )
        for at, (variant, cost) in enumerate(zip(figures.variants, costs, strict=True))
    ]


def _by_month(figures: Figures) -> tuple[list[date], list[dict[date, dict[str, Any]]]]:
    rows = [{row["month_on"]: row for row in figures.of(at)} for at in range(1, len(figures.variants) + 1)]
    paid = {row["month_on"] for row in figures.paid}
    return sorted(paid.union(*rows)), rows


def _cost(row: Mapping[str, Any] | None) -> int:
    return row["incentive_cents"] + row["fee_cents"] if row else 0


def months(figures: Figures) -> Table:
    """Cost by month of the journeys, the files side by side, and how they differ from the first."""
    known, files = _by_month(figures)
    journeys = [files[0][month]["journeys"] if month in files[0] else 0 for month in known]
    paid = {row["month_on"]: _cost(row) for row in figures.paid}
    costs = [[_cost(file.get(month)) for file in files] for month in known]
    rows = [
        Row((month_words(month), count, *([paid.get(month, 0)] if paid else []), *cost, *_gaps(cost)))
        for month, count, cost in zip(known, hide_small_counts(journeys, journeys), costs, strict=True)
    ]
    sums = [sum(column) for column in zip(*costs, strict=True)]
    all_paid = [sum(paid.values())] if paid else []
    rows.append(Row((_ALL, shown(sum(journeys)), *all_paid, *sums, *_gaps(sums)), is_total=True))
    names = [variant.name for variant in figures.variants]
    return Table(
        "mois",
        "Coût par mois des trajets : indemnité et commission TTC",
        (
            *(Column("Mois"), Column("Trajets", "count"), *([Column(PAID, "euros")] if paid else [])),
            *(Column(name, "euros") for name in names),
            *(Column(f"Écart de {name}", "euros") for name in names[1:]),
        ),
        rows,
    )


def _gaps(costs: Sequence[int]) -> list[int]:
    return [cost - costs[0] for cost in costs[1:]]


def details(figures: Figures) -> Iterator[Table]:
    """Of each file, incentive and fee by month, and what is left of the pot."""
    for number, variant in enumerate(figures.variants, 1):
        rows, left = [], list(_left_by_month(figures, number))
        for row, (_, cents) in zip(figures.of(number), left, strict=True):
            rows.append(
                Row(
                    (
                        month_words(row["month_on"]),
                        row["incentive_cents"],
                        row["fee_cents"],
                        _cost(row),
                        cents,
                    )
                )
            )
        sums = [figures.total(number, name) for name in ("incentive_cents", "fee_cents")]
        rows.append(Row((_ALL, *sums, sum(sums), figures.left_cents(number)), is_total=True))
        yield Table(
            f"mois_{number}",
            f"Mois par mois, {variant.name}",
            (
                *(Column("Mois"), Column("Indemnité", "euros"), Column("Commission TTC", "euros")),
                *(Column("Coût", "euros"), Column("Reste de l’enveloppe", "euros")),
            ),
            rows,
        )


def _left_by_month(figures: Figures, number: int) -> Iterator[tuple[date, int | None]]:
    """What is left of a pot after each month; a pot that is amended holds what it does from that month on."""
    campaign, drawn = figures.variants[number - 1].campaign, figures.drawn_before.get(number, 0)
    for row in figures.of(number):
        drawn += _cost(row) if "commission_ttc" in campaign.budget.couvre else row["incentive_cents"]
        limit = figures.limit(number, row["month_on"])
        yield row["month_on"], None if limit is None else limit - drawn


def cost_picture(figures: Figures) -> Picture:
    """Cost by month, the files side by side."""
    known, files = _by_month(figures)
    known = known[-12:]
    series = {
        variant.name: [_cost(file.get(month)) for month in known]
        for variant, file in zip(figures.variants, files, strict=True)
    }
    return bars(
        "cout-mois", "Coût par mois et par fichier", [f"{month:%m/%Y}" for month in known], series, "€"
    )


def pot_picture(figures: Figures) -> Picture | None:
    """What is left of each pot at the end of each month; none where no file has a pot."""
    drawn = []
    for number, variant in enumerate(figures.variants, 1):
        before = figures.limit(number, figures.first_on)
        left = [
            (min(next_month(month), figures.last_on), cents)
            for month, cents in _left_by_month(figures, number)
        ]
        if before is not None and all(cents is not None for _, cents in left):
            start = (figures.first_on, before - figures.drawn_before.get(number, 0))
            drawn.append(
                Line(variant.name, [start, *((day, cents) for day, cents in left if cents is not None)])
            )
    if not drawn:
        return None
    title = "Reste de l’enveloppe à la fin de chaque mois"
    return lines("reste-mois", title, drawn, figures.last_on, figures.last_on, None)


def reasons(figures: Figures) -> Table:
    """Why the file in force gives something else than the base has paid; the rows sum to the difference."""
    names = ("incentive_cents", "fee_cents")
    rows = [Row((_REASONS[row["reason"]], *(row[name] for name in names))) for row in figures.reasons]
    if len(rows) > 1:
        rows.append(
            Row(("Ensemble", *(sum(row[name] for row in figures.reasons) for name in names)), is_total=True)
        )
    return Table(
        "motifs",
        f"Pourquoi {figures.variants[0].name} donne autre chose que ce que le registre a compté",
        (Column("Motif"), Column("Écart d’indemnité", "euros"), Column("Écart de commission TTC", "euros")),
        rows,
        empty="Aucun écart, au centime.",
    )
