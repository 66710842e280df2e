"""Month after month: what was paid to whom, newcomers, occupancy. No number points at a few (D-265)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dagster_project.contracts.archive import K
from dagster_project.contracts.small_counts import shown
from dagster_project.pages.charts import Picture, bars
from dagster_project.pages.page import Choice, Column, Row, Table, month_words, quotient

_CENTS = ("tariff_cents", "cap_cut_cents", "budget_cut_cents", "incentive_cents", "fee_cents")
_DRAWN_MONTHS = 12
_TOGETHER = "Ensemble"


def operators_choice(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Choice:
    """All side by side, all together, or one."""
    each = [(operator_id, names[operator_id]) for operator_id in sorted({row["operator_id"] for row in rows})]
    return Choice("operateur", "Opérateur", [("", "Tous, côte à côte"), ("ensemble", _TOGETHER), *each])


def paid(campaign_id: str, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """The ledger's amounts by month of the journeys, of all operators and of each."""
    months = sorted({row["month_on"] for row in rows}, reverse=True)
    operators = sorted({row["operator_id"] for row in rows})
    tells_one = all(_may_be_shown(row["paid_seats"]) for row in rows)
    tells_all = all(_may_be_shown(_sum(_of(rows, month, None), "paid_seats")) for month in months)
    past = {month: month.replace(year=month.year - 1) for month in months}
    has_past, lines = not set(past.values()).isdisjoint(months), []
    for month in (*months, *([None] if len(months) > 1 else [])):
        for operator in (*operators, None):
            if own := _of(rows, month, operator):
                before = _of(rows, past[month], operator) if month else []
                cells = (_sum(before, "incentive_cents") if before else None,) if has_past else ()
                has_mean = tells_one if operator else tells_all
                lines.append(_paid(month, operator, own, names, has_mean, cells))
    return Table(
        f"mois_{campaign_id}",
        "Montants par mois des trajets, régularisations comprises",
        (
            *(Column("Mois"), Column("Opérateur"), Column("Selon le tarif", "euros")),
            *(Column("Retiré par les plafonds", "euros"), Column("Retiré faute d’enveloppe", "euros")),
            *(Column("Indemnité", "euros"), Column("Commission TTC", "euros")),
            Column("Dont régularisations", "euros"),
            *([Column("Indemnité, même mois un an avant", "euros")] if has_past else []),
            Column("Indemnité par trajet payé", "euros"),
        ),
        lines,
    )


def _paid(
    month: date | None,
    operator: str | None,
    rows: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    has_mean: bool,
    year_before: tuple[int | None, ...],
) -> Row:
    cents, seats = {name: _sum(rows, name) for name in _CENTS}, _sum(rows, "paid_seats")
    # Half a cent is rounded up.
    mean = (2 * cents["incentive_cents"] + seats) // (2 * seats) if has_mean and seats > 0 else None
    who = names[operator] if operator else _TOGETHER
    return Row(
        (
            "Tous les mois" if month is None else month_words(month),
            *(who, *cents.values(), _sum(rows, "adjustment_cents"), *year_before, mean),
        ),
        {"operateur": operator or "ensemble"},
        is_total=operator is None or month is None,
    )


def _may_be_shown(seats: int) -> bool:
    return seats == 0 or seats >= K


def _of(
    rows: Sequence[Mapping[str, Any]], month: date | None, operator: str | None
) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["month_on"] == (month or row["month_on"])
            and row["operator_id"] == (operator or row["operator_id"])]  # fmt: skip


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)


def paid_picture(
    campaign_id: str, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> Picture | None:
    """Incentives of the last months, operators side by side."""
    months = sorted({row["month_on"] for row in rows})[-_DRAWN_MONTHS:]
    if not months:
        return None
    series = {
        names[operator_id]: [_sum(_of(rows, month, operator_id), "incentive_cents") for month in months]
        for operator_id in sorted({row["operator_id"] for row in rows})
    }
    title = "Indemnité par mois des trajets et par opérateur"
    return bars(f"indemnites-{campaign_id}", title, [f"{month:%m/%Y}" for month in months], series, "€")


def newcomers(campaign_id: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Persons that an operator had not seen before, and how full cars were, as half-yearly reports say it."""
    return Table(
        f"nouveaux_{campaign_id}",
        "Nouveaux covoitureurs de chaque opérateur et occupation des voitures, par mois",
        (
            *(Column("Mois", "month"), Column("Nouveaux conducteurs", "count")),
            *(Column("Nouveaux passagers", "count"), Column("Personnes par voiture", "number")),
        ),
        [
            Row(
                (
                    row["month_on"],
                    shown(row["new_drivers"]),
                    shown(row["new_passengers"]),
                    quotient(row["passenger_journeys"] + row["driver_journeys"], row["driver_journeys"])
                    if row["driver_journeys"] >= K
                    else None,
                )
            )
            for row in rows
        ],
    )
