"""What an operator is answered of its invoices' life: each message's statuses; each night, every invoice's.

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
from dagster_project.files.csv_out import csv_bytes
from dagster_project.files.statements import statements
from dagster_project.payments.answers import LINES, in_euros
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
        "conservation": "Le fichier déposé est supprimé ; du message restent la facture, le statut, sa date "
        "et ses motifs.",
    }


def lines(reading: Reading) -> bytes:
    """Each status by its place: kept, or why it was not read."""
    faults = [(fault.place, fault.code, "", STATUS_FAULTS[fault.code]) for fault in reading.faults]
    table = [(place, code, named, words.sentence, words.remedy) for place, code, named, words in faults]
    for place, row in zip(reading.places, reading.rows, strict=True):
        sentence, remedy = words_of(row["status_code"], row["reason_codes"])
        table.append((place, f"retenu ({row['status_code']})", row["reference"], sentence, remedy))
    return csv_bytes(pl.DataFrame(table, schema=LINES, orient="row"))


def words_of(status_code: str | None, reason_codes: list[str] | None) -> tuple[str, str]:
    """What a status means with its reasons, and what to do; of none, that no message has come."""
    if status_code is None:
        return (
            "Aucun message de statut n’est arrivé.",
            "Déposer la facture, puis les messages de la plateforme.",
        )
    words = STATUSES[status_code]
    reasons = [REASONS[code] for code in reason_codes or ()]
    if not reasons and status_code in WITH_REASON:
        reasons = [UNNAMED]
    why, remedies = (
        (" ; ".join(dict.fromkeys(phrases)) for phrases in zip(*reasons, strict=True))
        if reasons
        else ("", "")
    )
    return (
        f"{words.sentence.rstrip('.')} ({why})." if why else words.sentence,
        f"{words.remedy.rstrip('.')} ; {remedies}." if remedies else words.remedy,
    )


def follow_ups(connection: duckdb.DuckDBPyConnection, operator_id: str) -> dict[str, bytes]:
    """The operator's lists of tonight: its invoices, and every status that messages told of them."""
    key = {"operator_id": operator_id}
    invoices = in_euros(connection.execute(_SQL["invoices"], key).pl())
    statuses = connection.execute(_SQL["statuses"], key).pl()
    return {
        "suivi_des_factures.csv": csv_bytes(
            _worded(invoices, [_of_invoice(*row) for row in _stated(invoices, "remplacee_par")])
        ),
        "suivi_des_statuts.csv": csv_bytes(
            _worded(statuses, [_of_verdict(*row) for row in _stated(statuses, "sort")])
        ),
    }


def _stated(rows: pl.DataFrame, *more: str) -> list[tuple[Any, ...]]:
    return rows.select("statut_code", "motifs", *more).rows()


def _of_invoice(
    status_code: str | None, reason_codes: list[str] | None, replaced_by: str | None
) -> tuple[str, str]:
    sentence, remedy = words_of(status_code, reason_codes)
    return sentence, f"Aucun : la facture {replaced_by} la remplace." if replaced_by else remedy


def _of_verdict(status_code: str, reason_codes: list[str], verdict: str) -> tuple[str, str]:
    """What a status that counts means and asks, or why it does not count."""
    words = STATUS_VERDICTS[verdict]
    return words_of(status_code, reason_codes) if verdict == "kept" else (words.sentence, words.remedy)


def _worded(rows: pl.DataFrame, words: list[tuple[str, str]]) -> pl.DataFrame:
    """With the status by its name, what is said of it and what to do; reasons' codes as one text."""
    verdicts = {code: verdict.title for code, verdict in STATUS_VERDICTS.items()}
    verdict_columns = [pl.col("sort").replace(verdicts)] if "sort" in rows.columns else []
    return rows.with_columns(
        *verdict_columns,
        pl.col("motifs").list.join(" "),
        statut=pl.Series(
            [STATUSES[code].title if code else "" for code in rows["statut_code"]], dtype=pl.String
        ),
        motif=pl.Series([sentence for sentence, _ in words], dtype=pl.String),
        remede=pl.Series([remedy for _, remedy in words], dtype=pl.String),
    )
