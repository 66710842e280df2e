"""What an operator is answered of its invoices' life: each message's statuses; each night, where invoices are.

In French. Never a name or a text of the message. Not here: bank statements (answers). Why: D-225, D-226.
"""

from datetime import date
from typing import Any

import duckdb
import polars as pl

from dagster_project.contracts.invoice_statuses import (
    REASONS,
    STATUS_FAULTS,
    STATUS_VERDICTS,
    STATUSES,
    UNNAMED,
    WITH_REASON,
)
from dagster_project.drops.taken import Drop
from dagster_project.files.statements import statements
from dagster_project.payments.answers import LINES, as_csv
from dagster_project.payments.statement import Reading

_SQL = statements(__file__)


def answer(message: Drop, reading: Reading, business_date: date) -> dict[str, Any]:
    """The summary of one message."""
    return {
        "message": message.shown_name,
        "empreinte_sha256": message.sha256,
        "operateur": message.operator_id,
        "date_de_traitement": business_date.isoformat(),
        "statuts_lus": len(reading.rows) + len(reading.faults),
        "statuts_retenus": len(reading.rows),
        "statuts_non_lus": len(reading.faults),
        "conservation": "Le fichier déposé est supprimé ; du message restent la facture, le statut, sa date et "
        "ses motifs.",
    }


def lines(reading: Reading) -> bytes:
    """Each status by its place: kept, or why it was not read."""
    faults = [(fault.place, fault.code, "", STATUS_FAULTS[fault.code]) for fault in reading.faults]
    table = [(place, code, named, words.sentence, words.remedy) for place, code, named, words in faults]
    for place, row in zip(reading.places, reading.rows, strict=True):
        sentence, remedy = words_of(row["status_code"], row["reason_codes"])
        table.append((place, f"retenu ({row['status_code']})", row["reference"], sentence, remedy))
    return as_csv(pl.DataFrame(table, schema=LINES, orient="row"))


def words_of(status_code: str | None, reason_codes: list[str] | None) -> tuple[str, str]:
    """What a status means with its reasons, and what to do; of none, that no message has come."""
    if status_code is None:
        return "Aucun message de statut n’est arrivé.", "Déposer la facture, puis les messages de la plateforme."
    words = STATUSES[status_code]
    reasons = [REASONS[code] for code in reason_codes or ()]
    if not reasons and status_code in WITH_REASON:
        reasons = [UNNAMED]
    why, remedies = (" ; ".join(dict.fromkeys(told)) for told in zip(*reasons, strict=True)) if reasons else ("", "")
    return (
        f"{words.sentence.rstrip('.')} ({why})." if why else words.sentence,
        f"{words.remedy.rstrip('.')} ; {remedies}." if remedies else words.remedy,
    )


def follow_ups(connection: duckdb.DuckDBPyConnection, operator_id: str) -> dict[str, bytes]:
    """The operator's lists of tonight: its invoices, and every status that messages told of them."""
    key = {"operator_id": operator_id}
    invoices = connection.execute(_SQL["invoices"], key).pl()
    told = connection.execute(_SQL["statuses"], key).pl()
    verdicts = [STATUS_VERDICTS[code] for code in told["sort"]]
    return {
        "suivi_des_factures.csv": as_csv(_worded(invoices, "statut_code")),
        "suivi_des_statuts.csv": as_csv(
            _worded(told, "statut_code").with_columns(
                sort=pl.Series([one.title for one in verdicts], dtype=pl.String),
                sort_motif=pl.Series([one.sentence for one in verdicts], dtype=pl.String),
                sort_remede=pl.Series([one.remedy for one in verdicts], dtype=pl.String),
            )
        ),
    }


def _worded(rows: pl.DataFrame, code: str) -> pl.DataFrame:
    """With what the status means, its reasons and what to do; reasons' codes as one text."""
    pairs = [words_of(one, why) for one, why in zip(rows[code], rows["motifs"].to_list(), strict=True)]
    return rows.with_columns(
        pl.col("motifs").list.join(" "),
        statut=pl.Series([STATUSES[one].title if one else "" for one in rows[code]], dtype=pl.String),
        sens=pl.Series([sentence for sentence, _ in pairs], dtype=pl.String),
        remede=pl.Series([remedy for _, remedy in pairs], dtype=pl.String),
    )
