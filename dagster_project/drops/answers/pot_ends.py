"""What an operator is told of a pot that is nearly empty: `feedback/fin_des_enveloppes.csv`, each night anew.

It has to warn its users « en temps voulu » (CONVENTION article 6.1): when the pot is expected to end,
and what follows. From two months before until two months after. Why: D-222.
"""

from datetime import date

import duckdb
import polars as pl

from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import csv_bytes
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake

FILE = "fin_des_enveloppes.csv"
_DAYS = 60
_SQL = statements(__file__)
_SOON = "d’après les dernières semaines, l’enveloppe commune sera épuisée vers le {}"
_EMPTY = "l’enveloppe commune est épuisée : elle n’a pu payer en entier un trajet du {}, ni ceux d’après"
_FOLLOWS = (
    "les parties se rapprochent ; sans avenant qui relève le plafond, l’Opération s’arrête à épuisement des "
    "fonds : les trajets qui partent ensuite ne sont plus indemnisés{}. Avertir les covoitureurs, en temps "
    "voulu et par tous moyens appropriés, de cette fin anticipée"
)
_FEE = ", et leur commission n’est plus due"


def write_pot_ends(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> int:
    """Write every operator's file; returns how many notices there are, all operators."""
    given = {"day": business_date, "days": _DAYS}
    pots_near_end = connection.execute(_SQL["pot_ends"], given).pl()
    day = pl.col("exhaustion_on").dt.strftime("%d/%m/%Y")
    lines = pots_near_end.select(
        *("operator_id", "campagne", "autorite", "convention", "enveloppe_euros", "reste_euros"),
        pl.col("exhaustion_on").alias("fin_de_l_enveloppe"),
        constat=pl.when("is_over").then(pl.format(_EMPTY, day)).otherwise(pl.format(_SOON, day)),
        suite=pl.format(_FOLLOWS, pl.when("is_fee_in_budget").then(pl.lit(_FEE)).otherwise(pl.lit(""))),
        articles=pl.col("budget_article"),
    )
    of_operator = lines.partition_by("operator_id", as_dict=True, include_key=False)
    for operator_id, _ in operators(lake.drops, troubles):
        mine = of_operator.get((operator_id,))
        deliver(lake, operator_id, {FILE: None if mine is None else csv_bytes(mine)}, troubles)
    return pots_near_end.height
