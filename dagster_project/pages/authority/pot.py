"""A campaign's pot, when it may be empty, and why each call is what it is: nothing is decided here."""

from collections.abc import Mapping, Sequence
from typing import Any

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


def end_words(status: Mapping[str, Any]) -> str:
    """When the pot is empty, or may be; nothing of a campaign without a pot."""
    if status["budget_cents"] is None:
        return "La campagne n’a pas d’enveloppe."
    on, ends_on = status["exhaustion_on"], status["ends_on"]
    if on is None:
        return "Rien n’a été consommé depuis quatre semaines : aucune fin prévisible."
    if on <= status["business_date"]:
        return f"L’enveloppe n’a pas suffi à partir du {french_day(on)}."
    if on >= ends_on:
        return f"Au rythme des quatre dernières semaines, l’enveloppe suffit jusqu’au {french_day(ends_on)}."
    return f"Au rythme des quatre dernières semaines, l’enveloppe est épuisée le {french_day(on)}."


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
