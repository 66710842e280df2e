"""What an operator is answered: each statement's lines as read; each night, its payments and demands.

In French. Never a name, an account or a text of the statement: a line is told by its place. Why: D-241.
"""

from datetime import date
from typing import Any

import duckdb
import polars as pl

from dagster_project.contracts.documents import PAYMENTS, READ_ME, read_me
from dagster_project.contracts.payments import DEMAND_VERDICTS, FAULTS, PAYMENT_VERDICTS, Verdict
from dagster_project.drops.taken import Drop
from dagster_project.files.csv_out import csv_bytes, euros
from dagster_project.files.statements import statements
from dagster_project.payments.statement import Reading

_SQL = statements(__file__)
_KEPT = Verdict(
    "Retenue", "Elle est rapprochée des demandes chaque nuit : suivi_des_paiements.csv.", "Aucun."
)
_FOREIGN = Verdict(
    "Étrangère",
    "Elle ne nomme aucune demande et ne vient d’aucune autorité connue : rien n’en est gardé.",
    "Si elle paie une demande, inscrire le compte du payeur dans la fiche de l’autorité et la déposer "
    "à nouveau.",
)
LINES = {
    "place": pl.String,
    "sort": pl.String,
    "references": pl.String,
    "motif": pl.String,
    "remede": pl.String,
}


def answer(statement: Drop, reading: Reading, business_date: date) -> dict[str, Any]:
    """The summary of one statement."""
    return {
        "releve": statement.shown_name,
        "empreinte_sha256": statement.sha256,
        "operateur": statement.operator_id,
        "date_de_traitement": business_date.isoformat(),
        "lignes_lues": len(reading.rows) + len(reading.foreign) + len(reading.faults),
        "lignes_retenues": len(reading.rows),
        "montant_retenu_centimes": sum(row["amount_cents"] for row in reading.rows),
        "lignes_etrangeres": len(reading.foreign),
        "lignes_non_lues": len(reading.faults),
        "conservation": "Le fichier déposé est supprimé ; seules les lignes retenues sont gardées, "
        "sans nom ni "
        "compte.",
    }


def lines(reading: Reading) -> bytes:
    """Each line by its place: kept, another's, or why it was not read."""
    rows = [
        *((fault.place, fault.code, "", FAULTS[fault.code]) for fault in reading.faults),
        *(
            (place, "retenue", " ".join(row["named_references"]), _KEPT)
            for place, row in zip(reading.places, reading.rows, strict=True)
        ),
        *((place, "etrangere", "", _FOREIGN) for place in reading.foreign),
    ]
    table = [(place, code, named, words.sentence, words.remedy) for place, code, named, words in rows]
    return csv_bytes(pl.DataFrame(table, schema=LINES, orient="row"))


def follow_ups(connection: duckdb.DuckDBPyConnection, operator_id: str) -> dict[str, bytes]:
    """The operator's lists of tonight: its payments, and its demands."""
    key = {"operator_id": operator_id}
    payments = connection.execute(_SQL["payments"], key).pl()
    demands = connection.execute(_SQL["demands"], key).pl()
    return {
        READ_ME: read_me("Paiements", "suivi_des_demandes.csv", PAYMENTS, "operator").encode(),
        "suivi_des_paiements.csv": csv_bytes(_worded(payments, PAYMENT_VERDICTS)),
        "suivi_des_demandes.csv": csv_bytes(_worded(demands, DEMAND_VERDICTS)),
    }


def in_euros(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with amounts in euros, under names that say so."""
    return rows.select(
        euros(pl.col(name)).alias(name.replace("_cents", "_euros")) if name.endswith("_cents") else name
        for name in rows.columns
    )


def _worded(rows: pl.DataFrame, verdicts: dict[str, Verdict]) -> pl.DataFrame:
    """Amounts in euros; with what a code means, and what to do."""
    words = {
        "statut": {code: verdict.title for code, verdict in verdicts.items()},
        "motif": {code: verdict.sentence for code, verdict in verdicts.items()},
        "remede": {code: verdict.remedy for code, verdict in verdicts.items()},
    }
    return in_euros(rows).with_columns(
        pl.col("code").replace_strict(of_code, return_dtype=pl.String).alias(name)
        for name, of_code in words.items()
    )
