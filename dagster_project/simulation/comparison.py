"""Simulated campaigns side by side, as a table in the terminal. Not here: the figures (simulate)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from rich.table import Table

from dagster_project.campaigns.language.model import Campaign


def comparison(names: list[str], campaigns: list[Campaign], results: list[dict[str, Any]]) -> Table:
    """One column per file, by its name; of two, what the second changes."""
    table = Table("", *names, *(["écart"] if len(results) == 2 else []))
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"

    def row(label: str, values: list[int], shown: Callable[[int], str]) -> None:
        change = values[-1] - values[0]
        gap = f"{'+' if change > 0 else ''}{shown(change)}" if change else "="
        table.add_row(label, *map(shown, values), *([gap] if len(values) == 2 else []))

    for label, key, shown in (
        ("trajets", "journeys", _count),
        ("éligibles", "eligible", _count),
        ("payés", "paid", _count),
        ("montant", "amount_cents", _euros),
    ):
        row(label, [result[key] for result in results], shown)
    payees = sorted({who for result in results for who in result["payees"]})
    for who in payees if len(payees) > 1 else []:
        row(f"  dont au {who}", [result["payees"].get(who, 0) for result in results], _euros)
    for label, key in (
        ("commission TTC", "fee_cents"),
        ("budget consommé", "budget_used_cents"),
    ):
        row(label, [result[key] for result in results], _euros)
    pots = [result["budget_cents"] for result in results]
    table.add_row("budget", *("aucun" if pot is None else _euros(pot) for pot in pots))
    ends = [
        result["exhausted_at"].astimezone(campaign.zone).strftime("%Y-%m-%d %H:%M")
        if result["exhausted_at"]
        else "non"
        for campaign, result in zip(campaigns, results, strict=True)
    ]
    table.add_row("budget épuisé", *ends)
    table.add_section()
    for reason in dict.fromkeys(reason for result in results for reason in result["reasons"]):
        row(f"motif {reason}", [result["reasons"].get(reason, 0) for result in results], _count)
    return table


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _euros(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):,.2f} €".replace(",", "\u202f").replace(".", ",")
