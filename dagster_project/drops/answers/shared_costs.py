"""What an operator reads of shared costs: `feedback/frais_partages.csv`, made anew each night.

Where what was given passes a person's share of the costs, or all of them (JURIDIQUE étape 6), the limit is
computed in words: « (12,000 km ÷ 2 + 8,000 km ÷ 3) × 0,558 €/km », each stretch of the road divided by
who was aboard. Of the operator's own journeys alone, of this month and the one before: later, nobody corrects
them.
"""

from datetime import date, timedelta

import duckdb
import polars as pl

from dagster_project.contracts.shared_costs import BREACHES
from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import csv_bytes
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

FILE = "frais_partages.csv"
_SQL = statements(__file__)
_CHECK = (
    "vérifier la distance, les places, les horaires et les incitations déclarés, et corriger le trajet ; si "
    "tout est exact, signaler à l’autorité que ce qui est donné passe la limite ; une indemnité qu’elle doit "
    "se reverse entière (CONVENTION, article 7)"
)


def write_shared_costs(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> int:
    """Write every operator's file; returns how many breaches there are, all operators."""
    before = business_date.replace(day=1) - timedelta(days=1)
    breaches = connection.execute(_SQL["shared_costs"], {"since": before.replace(day=1)}).pl()
    lines = breaches.join(BREACHES, on="breach", how="left", maintain_order="left").select(
        "operator_id",
        *("qui", "trajet_ou_voiture", "mois", "constat", "limite_euros", "recu_euros", "calcul_de_la_limite"),
        texte=pl.lit("JURIDIQUE, étape 6"),
        remede=pl.lit(_CHECK),
    )
    of_operator = lines.partition_by("operator_id", as_dict=True, include_key=False)
    for operator_id, _ in operators(lake.drops, troubles):
        mine = of_operator.get((operator_id,))
        deliver(lake, operator_id, {FILE: None if mine is None else csv_bytes(mine)}, troubles)
    return breaches.height
