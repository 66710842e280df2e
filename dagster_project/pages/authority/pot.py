"""A campaign's pot: amounts, days, when it may be empty, why each call is what it is. It decides nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dagster_project.contracts.archive import K
from dagster_project.pages.charts import Line, Picture, lines
from dagster_project.pages.page import Column, Row, Table
from dagster_project.reports.shared.french import french_day, french_euros, french_period

_EUROS = (
    "tariff_cents",
    "cap_cut_cents",
    "budget_cut_cents",
    "adjustment_cents",
    "incentive_cents",
    "fee_cents",
)
# What moves on nights, told on each of them; what journeys move is told by some of the days (D-265).
_OF_NIGHTS = ("called_cents", "invoiced_cents", "held_cents")


def cards(status: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The pot's amounts, each with a note; of a campaign without a pot, what was drawn."""
    covers = "indemnités et commissions TTC" if status["is_fee_in_budget"] else "indemnités seules"
    drawn = [
        ("Appelé et facturé", french_euros(status["settled_cents"]), f"périodes closes, {covers}"),
        ("En cours", french_euros(status["provisional_cents"]), "périodes ouvertes, provisoire"),
    ]
    if status["budget_cents"] is None:
        return drawn
    whole, left = french_euros(status["budget_cents"]), french_euros(status["left_cents"])
    return [("Enveloppe", whole, covers), *drawn, ("Reste", left, "")]


def told_days(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Days of `pot_days` that may be told; drawn and left are None where only nights moved something.

    What journeys drew is told where none or six of them came since it was last told, and none or six are to
    come: so no two days have the amount of a few between them.
    """
    total, known, before = rows[-1]["journeys"] if rows else 0, 0, None
    for row in rows:
        journeys = row["journeys"]
        shows_journeys = not (0 < journeys - known < K or 0 < total - journeys < K) or row is rows[-1]
        moved = tuple(row[name] for name in _OF_NIGHTS)
        if shows_journeys or moved != before:
            hidden = {} if shows_journeys else {"drawn_cents": None, "left_cents": None}
            yield {**row, **hidden}
        known, before = journeys if shows_journeys else known, moved


def days(campaign_id: str, shown_days: Sequence[Mapping[str, Any]]) -> Table:
    """What was called, invoiced, paid ahead, drawn and left, day by day, since the start."""
    return Table(
        f"jours_{campaign_id}",
        "Enveloppe jour par jour, depuis le début",
        (
            *(Column("Jour", "day"), Column("Appelé", "euros"), Column("Facturé TTC", "euros")),
            *(Column("Avances détenues", "euros"), Column("Consommé par les trajets", "euros")),
            Column("Reste", "euros"),
        ),
        [
            Row((row["day_on"], *(row[name] for name in (*_OF_NIGHTS, "drawn_cents", "left_cents"))))
            for row in shown_days
        ],
    )


def picture(status: Mapping[str, Any], shown_days: Sequence[Mapping[str, Any]]) -> Picture | None:
    """The same as lines, down to the day on which the pot may be empty; none without a pot."""
    if status["budget_cents"] is None or not shown_days:
        return None
    today, left = status["business_date"], french_euros(status["left_cents"])
    series = (
        ("Reste", "left"),
        ("Appelé", "called"),
        ("Facturé TTC", "invoiced"),
        ("Avances détenues", "held"),
    )
    return lines(
        f"enveloppe-{status['campaign_id']}",
        f"Enveloppe jour par jour : reste {left} au {french_day(today)}",
        [
            Line(
                name,
                [
                    (row["day_on"], row[f"{key}_cents"])
                    for row in shown_days
                    if row[f"{key}_cents"] is not None
                ],
            )
            for name, key in series
        ],
        today,
        max(today, status["ends_on"]),
        _projected(status),
    )


def _projected(status: Mapping[str, Any]) -> date | None:
    return status["exhaustion_on"] if status["left_cents"] > 0 else None


def calls(campaign_id: str, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """From the tariff to what is called, by call and operator."""
    lines = [
        Row(
            (
                french_period(row["period_start_on"], row["period_end_on"]),
                names[row["operator_id"]],
                "clos" if row["is_closed"] else "en cours",
                *(row[name] for name in _EUROS),
            )
        )
        for row in rows
    ]
    if len(rows) > 1:
        sums = (sum(row[name] for row in rows) for name in _EUROS)
        lines.append(Row(("Total", "", "", *sums), is_total=True))
    return Table(
        f"appels_{campaign_id}",
        "Pourquoi ce montant : du tarif à l’indemnité appelée",
        (
            *(Column("Période"), Column("Opérateur"), Column("État"), Column("Selon le tarif", "euros")),
            *(Column("Retiré par les plafonds", "euros"), Column("Retiré faute d’enveloppe", "euros")),
            *(
                Column("Régularisations", "euros"),
                Column("Indemnité", "euros"),
                Column("Commission TTC", "euros"),
            ),
        ),
        lines,
    )
