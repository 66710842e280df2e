"""Simulated campaigns side by side, as a table in the terminal. Not here: the figures (simulate)."""

from collections.abc import Callable
from typing import Any

from rich.table import Table

from dagster_project.campaigns.language.model import Campaign


def comparison(campaigns: list[Campaign], found: list[dict[str, Any]]) -> Table:
    """One column per campaign; of two, what the second changes."""
    table = Table("", *(one.nom for one in campaigns), *(["écart"] if len(found) == 2 else []))
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"

    def row(label: str, values: list[int], shown: Callable[[int], str]) -> None:
        change = values[-1] - values[0]
        told = f"{'+' if change > 0 else ''}{shown(change)}" if change else "="
        table.add_row(label, *map(shown, values), *([told] if len(values) == 2 else []))

    for label, key, shown in (
        ("trajets", "journeys", _count),
        ("éligibles", "eligible", _count),
        ("payés", "paid", _count),
        ("montant", "amount_cents", _euros),
    ):
        row(label, [one[key] for one in found], shown)
    payees = sorted({who for one in found for who in one["payees"]})
    for who in payees if len(payees) > 1 else []:
        row(f"  dont au {who}", [one["payees"].get(who, 0) for one in found], _euros)
    for label, key in (
        ("commission TTC", "fee_cents"),
        ("budget consommé", "budget_used_cents"),
    ):
        row(label, [one[key] for one in found], _euros)
    pots = [one["budget_cents"] for one in found]
    table.add_row("budget", *("aucun" if pot is None else _euros(pot) for pot in pots))
    ends = [
        one["exhausted_at"].astimezone(campaign.zone).strftime("%Y-%m-%d %H:%M")
        if one["exhausted_at"]
        else "non"
        for campaign, one in zip(campaigns, found, strict=True)
    ]
    table.add_row("budget épuisé", *ends)
    table.add_section()
    for reason in dict.fromkeys(reason for one in found for reason in one["reasons"]):
        row(f"motif {reason}", [one["reasons"].get(reason, 0) for one in found], _count)
    return table


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _euros(cents: int) -> str:
    sign, cents = "-" * (cents < 0), abs(cents)
    return f"{sign}{_count(cents // 100)},{cents % 100:02} €"
