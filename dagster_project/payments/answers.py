"""What an operator is answered: each statement's lines as read; each night, its payments and demands.

In French. Never a name, an account or a text of the statement: a line is told by its place. Why: D-241.
"""

from datetime import date
from io import BytesIO
from typing import Any

import duckdb
import polars as pl

from dagster_project.contracts.documents import PAYMENTS, READ_ME, read_me
from dagster_project.contracts.payments import DEMAND_VERDICTS, FAULTS, PAYMENT_VERDICTS, Verdict
from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.taken import Drop
from dagster_project.drops.troubles import Troubles
from dagster_project.files.csv_out import euros, write_csv
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
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
_LINES = {
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
    return _csv(pl.DataFrame(table, schema=_LINES, orient="row"))


def write_follow_ups(lake: Lake, connection: duckdb.DuckDBPyConnection, troubles: Troubles) -> int:
    """Each operator's payments and demands as they stand tonight, beside its answers; how many operators."""
    written = 0
    for operator_id, _ in operators(lake.payments, troubles):
        key = {"operator_id": operator_id}
        payments = connection.execute(_SQL["payments"], key).pl()
        demands = connection.execute(_SQL["demands"], key).pl()
        files = {
            READ_ME: read_me("Paiements", "suivi_des_demandes.csv", PAYMENTS, "operator").encode(),
            "suivi_des_paiements.csv": _csv(_worded(payments, PAYMENT_VERDICTS)),
            "suivi_des_demandes.csv": _csv(_worded(demands, DEMAND_VERDICTS)),
        }
        written += deliver(lake, operator_id, files, troubles, root=lake.payments)
    return written


def _worded(rows: pl.DataFrame, verdicts: dict[str, Verdict]) -> pl.DataFrame:
    """Amounts in euros; with what a code means, and what to do."""
    words = {
        "statut": {code: verdict.title for code, verdict in verdicts.items()},
        "motif": {code: verdict.sentence for code, verdict in verdicts.items()},
        "remede": {code: verdict.remedy for code, verdict in verdicts.items()},
    }
    in_euros = [
        euros(pl.col(name)).alias(name.replace("_cents", "_euros")) if name.endswith("_cents") else name
        for name in rows.columns
    ]
    return rows.select(in_euros).with_columns(
        pl.col("code").replace_strict(of_code, return_dtype=pl.String).alias(name)
        for name, of_code in words.items()
    )


def _csv(rows: pl.DataFrame) -> bytes:
    content = BytesIO()
    write_csv(rows, content)
    return content.getvalue()
