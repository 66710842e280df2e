"""What an operator reads of shared costs: `feedback/frais_partages.csv`, made anew each night.

Where what was given passes a person's share of the costs, or all of them (JURIDIQUE étape 6), the limit is
computed in words: each stretch of the road, divided by who was aboard. Of its own journeys alone.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import duckdb
import polars as pl

from dagster_project.drops.answers.feedback import table
from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

FILE = "frais_partages.csv"
_SQL = statements(__file__)
_CHECK = (
    "vérifier la distance, les places, les horaires et les incitations déclarés, et corriger le trajet ; si "
    "tout est exact, ne pas verser plus que la limite"
)
# Whose it is, and what is wrong.
_BREACHES = {
    "passenger_above_share": ("passager", "les incitations du passager dépassent sa part des frais"),
    "driver_above_share": ("conducteur", "les incitations du conducteur dépassent sa part des frais"),
    "cost_covered": ("voiture", "les incitations couvrent tous les frais partagés"),
    "cost_covered_by_authorities": (
        "voiture",
        "les incitations de plusieurs autorités couvrent tous les frais partagés",
    ),
    "driver_above_cost": ("conducteur", "le revenu du conducteur dépasse tous les frais"),
}
_OF_ALL = ("cost_covered", "cost_covered_by_authorities", "driver_above_cost")


def write_shared_costs(lake: Lake, connection: duckdb.DuckDBPyConnection, _: date, troubles: Troubles) -> int:
    """Write every operator's file; returns how many breaches there are, of all journeys that are kept."""
    found = connection.execute(_SQL["shared_costs"]).pl()
    lines: dict[str, list[dict[str, str]]] = {}
    for row in found.iter_rows(named=True):
        lines.setdefault(row["operator_id"], []).append(_line(row))
    for operator_id, _path in operators(lake.drops, troubles):
        mine = lines.get(operator_id)
        deliver(lake, operator_id, {FILE: table(pl.DataFrame(mine)) if mine else None}, troubles)
    return found.height


def _line(row: Mapping[str, Any]) -> dict[str, str]:
    whose, what = _BREACHES[row["breach"]]
    return {
        "qui": whose,
        "trajet_ou_voiture": row["declared_id"],
        "mois": f"{row['month_on']:%Y-%m}",
        "constat": what,
        "limite_euros": _euros(row["limit_cents"]),
        "recu_euros": _euros(row["given_cents"]),
        "calcul_de_la_limite": in_words(
            row["stretches"], row["thousandths_per_km"], row["seats"], is_shared=row["breach"] not in _OF_ALL
        ),
        "texte": "JURIDIQUE, étape 6",
        "remede": _CHECK,
    }


def in_words(
    stretches: Iterable[Mapping[str, int]], thousandths_per_km: int, seats: int, *, is_shared: bool
) -> str:
    """« (12,000 km ÷ 2 + 8,000 km ÷ 3) × 0,558 €/km »: lengths in metres, divided by who was aboard."""
    parts = [
        f"{one['length_m'] // 1000},{one['length_m'] % 1000:03} km"
        + (f" ÷ {one['occupants']}" if is_shared else "")
        for one in stretches
    ]
    places = f" × {seats} places" if seats > 1 else ""
    return f"({' + '.join(parts)}){places} × {thousandths_per_km // 1000},{thousandths_per_km % 1000:03} €/km"


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02}"
