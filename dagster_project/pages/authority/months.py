"""Month after month: what was paid to whom, and what the authority's journeys were."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from markupsafe import Markup

from dagster_project.pages.charts import side_by_side
from dagster_project.pages.page import Choice, Column, Row, Table, few_or, month_words

_ALL = ""


def operators_choice(names: Mapping[str, str], operators: list[str]) -> Choice:
    """All operators together, then each."""
    return Choice("operateur", "Opérateur", [("tous", "Tous"), *((one, names[one]) for one in operators)])


def paid(campaign_id: str, months: list[dict[str, Any]], names: Mapping[str, str]) -> Table:
    """Money by month, of all operators and of each: sums of the ledger's lines, to the cent."""
    rows = []
    for month_on in sorted({row["month_on"] for row in months}, reverse=True):
        of_month = [row for row in months if row["month_on"] == month_on]
        rows.append(_paid(month_on, "tous", "Tous", of_month))
        rows += [_paid(month_on, row["operator_id"], names[row["operator_id"]], [row]) for row in of_month]
    operators = sorted({row["operator_id"] for row in months})
    rows.append(_paid(None, "tous", "Tous", months))
    rows += [
        _paid(None, one, names[one], [row for row in months if row["operator_id"] == one]) for one in operators
    ]
    return Table(
        f"mois_{campaign_id}",
        "Montants par mois des trajets, régularisations comprises",
        (
            *(Column("Mois"), Column("Opérateur"), Column("Selon le tarif", "euros"), Column("Plafonds", "euros")),
            *(Column("Enveloppe épuisée", "euros"), Column("Indemnité", "euros"), Column("Commission TTC", "euros")),
            *(Column("Total", "euros"), Column("Dont arrivés en retard", "euros")),
        ),
        rows,
        empty="aucun montant.",
    )


def _paid(month_on: date | None, operator_id: str, name: str, rows: list[dict[str, Any]]) -> Row:
    def total(column: str) -> int:
        return sum(row[f"{column}_cents"] for row in rows)

    incentive, fee = total("incentive"), total("fee")
    cells = (
        month_words(month_on) if month_on else "Ensemble",
        name,
        *(total("tariff"), total("cap_cut"), total("budget_cut"), incentive, fee, incentive + fee, total("late")),
    )
    return Row(cells, {"operateur": operator_id}, is_total=month_on is None)


def activity(figures: pl.DataFrame, newcomers: Mapping[date, Mapping[str, Any]]) -> Table:
    """The months of all journeys that the authority sees; occupancy and newcomers are its campaigns'."""
    totals = figures.filter(pl.col("subject") == "total").sort("month_on", descending=True)
    return Table(
        "activite",
        "Activité par mois : trajets valides du territoire et des campagnes",
        (
            *(Column("Mois"), Column("Trajets", "count"), Column("Trajets passagers", "count")),
            *(Column("Kilomètres passagers", "number"), Column("Distance moyenne (km)", "number")),
            *(Column("Conducteurs", "count"), Column("Passagers", "count")),
            *(Column("Nouveaux conducteurs", "count"), Column("Nouveaux passagers", "count")),
            Column("Personnes par voiture", "number"),
        ),
        [Row(_activity(row, newcomers.get(row["month_on"]))) for row in totals.to_dicts()],
        empty="aucun mois de six trajets.",
    )


def _activity(row: Mapping[str, Any], new: Mapping[str, Any] | None) -> tuple[Any, ...]:
    riders = row["passenger_journeys"]
    return (
        month_words(row["month_on"]),
        row["journeys"],
        riders,
        row["passenger_m"] // 1000,
        _quotient(row["passenger_m"], 1000 * riders),
        few_or(row["drivers"]),
        few_or(row["passengers"]),
        few_or(new["new_drivers"]) if new else None,
        few_or(new["new_passengers"]) if new else None,
        _quotient(new["passenger_journeys"] + new["driver_journeys"], new["driver_journeys"]) if new else None,
    )


def _quotient(upper: int, lower: int) -> Decimal | None:
    return (Decimal(upper) / lower).quantize(Decimal("0.01")) if lower else None


def split(figures: pl.DataFrame, subject: str, words: Mapping[str, str], head: str, caption: str) -> Table:
    """Counts by month and one property of the journeys."""
    rows = figures.filter(pl.col("subject") == subject).sort(
        "month_on", "value", descending=[True, False], nulls_last=True
    )
    return Table(
        f"par_{subject}",
        caption,
        (
            *(Column("Mois"), Column(head), Column("Trajets", "bar"), Column("Trajets passagers", "count")),
            Column("Kilomètres passagers", "number"),
        ),
        [
            Row(
                (
                    month_words(row["month_on"]),
                    words.get(row["value"], row["value"]) if row["value"] is not None else "Autres, moins nombreux",
                    row["journeys"],
                    row["passenger_journeys"],
                    row["passenger_m"] // 1000,
                ),
                {"mois": f"{row['month_on']:%Y-%m}"},
            )
            for row in rows.to_dicts()
        ],
    )


def picture(figures: pl.DataFrame, names: Mapping[str, str]) -> Markup | None:
    """Journeys by month, operators side by side."""
    rows = figures.filter(pl.col("subject") == "operator")
    if rows.is_empty():
        return None
    months = sorted(rows["month_on"].unique())
    counts = {(row["month_on"], row["value"]): row["journeys"] for row in rows.to_dicts()}
    operators = sorted({value for _, value in counts if value})
    series = {names.get(one, one): [counts.get((month, one), 0) for month in months] for one in operators}
    rest = [counts.get((month, None), 0) for month in months]
    if any(rest):
        series["Autres, moins nombreux"] = rest
    title = "Trajets par mois et par opérateur"
    return side_by_side([f"{month:%m/%Y}" for month in months], series, title, "")
