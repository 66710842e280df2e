"""Breaches of shared costs as an authority sees them (JURIDIQUE étape 6): month by month, counts and a list.

Of cars whose journeys its campaigns pay for. Not here: which of them are listed, and how precisely
(dbt/models/authorities); where the files lie (export). Why: D-224.
"""

from datetime import date

import duckdb
import polars as pl

from dagster_project.contracts.authority import AUTHORITY_SHARED_COSTS
from dagster_project.contracts.shared_costs import BREACHES
from dagster_project.files.statements import statements
from dagster_project.reports.authority.files import columns_in_words
from dagster_project.reports.shared.french import french_euros, french_of, french_period

SELECTION = "frais-partages"  # no campaign's id: ids have no hyphen
SHEET = "Dépassements"
_SQL = statements(__file__)
_RULES = (
    "JURIDIQUE, étape 6 : l’allocation du passager n’excède pas sa part des frais, celle du conducteur vient "
    "en déduction des siens, et l’ensemble ne couvre jamais tous les frais partagés.",
    "Le registre constate sur les distances exactes. La limite montrée est refaite sur des tronçons arrondis "
    "à 100 m, comme la distance d’un appel de fonds : elle peut s’en écarter de quelques centimes.",
    "Ne sont listées que les voitures dont tous les trajets relèvent des campagnes de l’autorité ; les "
    "autres sont comptées seulement. « Reçu » compte les incitations de tous les financeurs, déclarées ou "
    "calculées ; pour le revenu, ce que déclare l’opérateur.",
    "Montants en centimes d’euro et horaires en temps universel (UTC) dans le Parquet et le CSV ; en euros "
    "et à l’heure de Paris dans le classeur. Les horaires sont ramenés au début du quart d’heure.",
    "Ces lignes restent des données personnelles : elles sont retirées douze mois après le trajet ; toute "
    "copie doit l’être aussi.",
)


def legend(
    connection: duckdb.DuckDBPyConnection, authority_id: str, authority_name: str, month_on: date
) -> str:
    """What the list holds, column by column, and counts per operator: one paragraph per line."""
    month = {"authority_id": authority_id, "month_on": month_on}
    counts = connection.execute(_SQL["counts"], month).pl().join(BREACHES, on="breach")
    said = [
        f"{row['operator_name']} – {row['constat']} : {row['breaches']}, dont {row['listed']} dans la liste, "
        f"indemnités de l’autorité pour ces trajets : {french_euros(row['own_cents'])}."
        for row in counts.sort("operator_name", "breach").to_dicts()
    ]
    period = french_of(french_period(month_on, month_on))
    title = f"{authority_name} – dépassements des frais partagés {period} (heure de Paris)"
    return "\n".join(
        [title, AUTHORITY_SHARED_COSTS.grain, *said, *_RULES, *columns_in_words(AUTHORITY_SHARED_COSTS)]
    )


def rows(connection: duckdb.DuckDBPyConnection, authority_id: str, month_on: date) -> pl.DataFrame:
    """The list of a month. Raises pandera.errors.SchemaError."""
    month = {"authority_id": authority_id, "month_on": month_on}
    listed = connection.execute(_SQL["listed"], month).pl().join(BREACHES, on="breach", maintain_order="left")
    named = listed.rename({"end_slot_at": "end.datetime"}).select(list(AUTHORITY_SHARED_COSTS.columns))
    return AUTHORITY_SHARED_COSTS.schema.validate(named)
