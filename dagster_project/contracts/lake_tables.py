"""The tables of the lake: columns, types, units, personal or not, grain.

One definition makes the Pandera validation, the typed empty table, dbt's source and the data
dictionary. Amounts are integer cents, distances integer metres, instants UTC.
"""

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.advances import ADVANCE_ALERTS, ADVANCES, POT_REVIEWS
from dagster_project.contracts.archive import ARCHIVED_CARPOOLERS, ARCHIVED_JOURNEYS, ARCHIVED_MONTHS
from dagster_project.contracts.attestations import ATTESTATIONS
from dagster_project.contracts.invoice_statuses import INVOICE_REPLACEMENTS, INVOICE_STATUSES
from dagster_project.contracts.joining import REACHED_FACTS
from dagster_project.contracts.labels import (
    FRAUD_COUNTS,
    FRAUD_DECISIONS,
    FRAUD_TRACES,
    FRAUD_UNJUDGED,
    FRAUD_VERDICTS,
)
from dagster_project.contracts.lake_table import INSTANT, OPERATOR, Table, column
from dagster_project.contracts.ledger import (
    CALL_RECEIPTS,
    CAMPAIGN_CAP_USES,
    CAP_USES,
    CHECKPOINTS,
    CLOSING_TERMS,
    CLOSINGS,
    LEDGER_ENTRIES,
    RECORDS,
    SETTLED_BEFORE,
    SETTLEMENTS,
)
from dagster_project.contracts.observatory import OBSERVATORY
from dagster_project.contracts.payments import ISSUED_DOCUMENTS, PAYMENTS, STATEMENTS
from dagster_project.contracts.retention import RETENTIONS
from dagster_project.contracts.rights import ERASURES, REQUESTS, RESTRICTIONS

__all__ = [
    "ANSWERS",
    "CANCELLATIONS",
    "DROPS",
    "FINDINGS",
    "IDENTITIES",
    "INSTANT",
    "JOURNEYS",
    "REJECTED_ROWS",
    "TABLES",
    "Table",
]

_DROP_ID = column(pl.String, "The drop: operator and first 16 hex digits of its SHA-256.")
_DROP_ROW = column(pl.Int64, "Row in the file, from 1; the header does not count.", checks=pa.Check.ge(1))


def _place(end: str) -> dict[str, pa.Column]:
    return {
        f"{end}_at": column(INSTANT, f"Instant of the {end}, UTC.", personal=True),
        f"{end}_lat": column(pl.Float64, f"Latitude of the {end}, WGS 84.", null=True, personal=True),
        f"{end}_lon": column(pl.Float64, f"Longitude of the {end}, WGS 84.", null=True, personal=True),
        f"{end}_place_code": column(
            pl.String, f"Place of the {end}: see territories for its commune, year by year."
        ),
    }


DROPS = Table(
    name="drops",
    zone="active",
    grain="One row per drop that was read or refused; writing it commits the drop.",
    columns={
        "drop_id": _DROP_ID,
        "operator_id": OPERATOR,
        "file_name": column(pl.String, "Name of the file as delivered."),
        "sha256": column(pl.String, "SHA-256 of the file: its identity."),
        "size_bytes": column(pl.Int64, "Size of the file as delivered, bytes."),
        "layout": column(pl.String, "Layout told from the header: v2 or v3.", null=True),
        "business_date": column(pl.Date, "The night that took it."),
        "dropped_at": column(INSTANT, "Instant the file was delivered, UTC."),
        "rows": column(pl.Int64, "Data rows read."),
        "accepted_rows": column(pl.Int64, "Rows that went to journeys or cancellations."),
        "rejected_rows": column(pl.Int64, "Rows that went back to the operator."),
        "refused_code": column(pl.String, "Why the file was refused whole.", null=True),
    },
)

JOURNEYS = Table(
    name="journeys",
    zone="active",
    monthly=True,
    grain="One row per accepted row of a drop: every version of every journey.",
    columns={
        "drop_id": _DROP_ID,
        "drop_row": _DROP_ROW,
        "business_date": column(pl.Date, "The night that took the drop."),
        "dropped_at": column(INSTANT, "Instant the drop was delivered, UTC."),
        "operator_id": OPERATOR,
        "operator_journey_id": column(pl.String, "The couple, unique per operator.", personal=True),
        "operator_trip_id": column(pl.String, "The car: groups its couples.", personal=True),
        "status": column(pl.String, "new or corrected.", checks=pa.Check.isin(("new", "corrected"))),
        "operator_class": column(pl.String, "Proof class the operator declares: A, B or C."),
        **_place("start"),
        **_place("end"),
        "distance_m": column(pl.Int64, "Declared distance, metres.", checks=pa.Check.in_range(1, 1_000_000)),
        "seats": column(pl.Int64, "Seats booked; missing counts as 1.", checks=pa.Check.in_range(1, 8)),
        "passenger_contribution_cents": column(pl.Int64, "What the passenger paid, cents."),
        "driver_revenue_cents": column(pl.Int64, "What the driver received, cents."),
        "incentives": column(pl.String, "Declared incentives: JSON array of index, siret, amount (cents)."),
        "passenger_over_18": column(pl.Boolean, "Adult, minor, or unknown (null).", null=True, personal=True),
        "driver_identity_key": column(pl.String, "Internal pseudonym of the driver.", personal=True),
        "passenger_identity_key": column(pl.String, "Internal pseudonym of the passenger.", personal=True),
    },
)

# Where a row came from; the rest is its content, which tells a duplicate from a correction.
_ORIGIN = ("drop_id", "drop_row", "business_date", "dropped_at", "operator_id", "operator_journey_id")
CONTENT = tuple(name for name in JOURNEYS.columns if name not in _ORIGIN)

CANCELLATIONS = Table(
    name="cancellations",
    zone="active",
    grain="One row per row of a drop that cancels a journey, known or not; the journey's facts are its own.",
    columns={name: JOURNEYS.columns[name] for name in _ORIGIN},
)

IDENTITIES = Table(
    name="identities",
    zone="active",
    monthly=True,
    grain="One row per person, batch of a drop and month, as first sent: who stands behind an identity key.",
    columns={
        "drop_id": _DROP_ID,
        "operator_id": OPERATOR,
        "identity_key": column(pl.String, "Internal pseudonym.", personal=True),
        **{
            name: column(pl.String, description, null=True, personal=True)
            for name, description in {
                "phone": "Phone, E.164.",
                "phone_trunc": "Phone, E.164 without its last two digits.",
                "operator_user_id": "The operator's own id of the person.",
                "firstname": "First name.",
                "lastname": "Last name.",
                "email": "E-mail address.",
                "company": "Employer.",
                "travel_pass_name": "Kind of travel pass.",
                "travel_pass_user_id": "Number of the travel pass.",
            }.items()
        },
    },
)
# What tells one person from another; names and employers are shared by many.
OF_A_PERSON = ("identity_key", "phone", "phone_trunc", "email", "operator_user_id", "travel_pass_user_id")

FINDINGS = Table(
    name="findings",
    zone="active",
    grain="One row per rule that a row of a drop breaks; an error rejects the row, a warning does not.",
    columns={
        "drop_id": _DROP_ID,
        "drop_row": _DROP_ROW,
        "drop_line": column(pl.Int64, "Line in the file, from 1, where the row begins."),
        "operator_id": OPERATOR,
        "operator_journey_id": column(pl.String, "As sent.", null=True, personal=True),
        "column": column(pl.String, "Our name of the column at fault."),
        "rule_code": column(pl.String, "The rule that failed: see contracts.rejection_codes."),
        "severity": column(pl.String, "error or warning."),
    },
)

ANSWERS = Table(
    name="answers",
    zone="active",
    grain="One row per answer to a delivered file, as given when it was taken; its lines are findings.",
    columns={
        "drop_id": _DROP_ID,
        "operator_id": OPERATOR,
        "file_name": column(pl.String, "Name of the file as delivered."),
        "business_date": column(pl.Date, "The night that answered."),
        "answer_name": column(pl.String, "Name of the summary in the operator's feedback/."),
        "answer": column(pl.String, "The summary, JSON; no value of the file."),
    },
)

ERASED_ROWS = Table(
    name="erased_rows",
    zone="active",
    grain="One row per drop of which accepted rows are no longer kept.",
    columns={
        "drop_id": _DROP_ID,
        "erased_rows": column(pl.Int64, "Accepted rows that were to be erased, since their term ended."),
    },
)

KEPT_VERDICTS = Table(
    name="kept_verdicts",
    zone="active",
    grain="One row per journey whose neighbour was erased or is limited: its verdict stays as it was.",
    columns={
        "operator_id": OPERATOR,
        "operator_journey_id": column(pl.String, "The couple, unique per operator.", personal=True),
        "drop_id": _DROP_ID,
        "drop_row": _DROP_ROW,
        "refusal_code": column(
            pl.String, "Why it was refused because of others; null: it was not.", null=True
        ),
    },
)

REJECTED_ROWS = Table(
    name="rejected_rows",
    zone="active",
    grain="One row per rejected row, as sent, for an engineer with the key.",
    columns={
        "drop_id": _DROP_ID,
        "drop_row": _DROP_ROW,
        "raw": column(pl.String, "The row's cells as a JSON object.", personal=True),
    },
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(DROPS, JOURNEYS, CANCELLATIONS, IDENTITIES, FINDINGS, REJECTED_ROWS, ANSWERS),
        *(ERASED_ROWS, KEPT_VERDICTS),
        *(RETENTIONS, REQUESTS, RESTRICTIONS, ERASURES, REACHED_FACTS, ATTESTATIONS),
        *(FRAUD_DECISIONS, FRAUD_TRACES, FRAUD_VERDICTS, FRAUD_UNJUDGED, FRAUD_COUNTS),
        *(CLOSINGS, CHECKPOINTS, RECORDS, LEDGER_ENTRIES, SETTLEMENTS, SETTLED_BEFORE),
        *(CAP_USES, CAMPAIGN_CAP_USES, CALL_RECEIPTS, CLOSING_TERMS, ADVANCES, ADVANCE_ALERTS, POT_REVIEWS),
        *(STATEMENTS, PAYMENTS, ISSUED_DOCUMENTS, INVOICE_STATUSES, INVOICE_REPLACEMENTS),
        *(ARCHIVED_JOURNEYS, ARCHIVED_CARPOOLERS, ARCHIVED_MONTHS),
        *OBSERVATORY,
    )
}
