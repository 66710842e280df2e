"""The tables of the lake: columns, types, units, personal or not, grain.

One definition makes the Pandera validation, the typed empty table, dbt's source and the data
dictionary. Amounts are integer cents, distances integer metres, instants UTC.
"""

from dataclasses import dataclass
from typing import Any

import pandera.polars as pa
import polars as pl

INSTANT = pl.Datetime("us", "UTC")


def _column(
    dtype: Any, description: str, *, null: bool = False, personal: bool = False, checks: Any = None
) -> pa.Column:
    return pa.Column(
        dtype, checks, nullable=null, description=description, metadata={"personal": personal}, coerce=False
    )


@dataclass(frozen=True)
class Table:
    """One table of the lake: where it is kept, its grain and its columns."""

    name: str
    zone: str  # active | archive | warehouse
    grain: str
    columns: dict[str, pa.Column]
    monthly: bool = False  # one folder per month of journey start

    @property
    def schema(self) -> pa.DataFrameSchema:
        """The Pandera schema: these columns, in this order, no other."""
        return pa.DataFrameSchema(self.columns, strict=True, ordered=True, name=self.name)

    @property
    def empty(self) -> pl.DataFrame:
        """A typed frame without rows."""
        return pl.DataFrame(schema={name: column.dtype.type for name, column in self.columns.items()})

    @property
    def personal_columns(self) -> list[str]:
        """The columns that hold personal data."""
        return [name for name, column in self.columns.items() if (column.metadata or {})["personal"]]


_DROP_ID = _column(pl.String, "The drop: operator and first 16 hex digits of its SHA-256.")
_DROP_ROW = _column(pl.Int64, "Row in the file, from 1; the header does not count.", checks=pa.Check.ge(1))
_OPERATOR = _column(pl.String, "The operator, named by its folder.")


def _place(end: str) -> dict[str, pa.Column]:
    return {
        f"{end}_at": _column(INSTANT, f"Instant of the {end}, UTC.", personal=True),
        f"{end}_lat": _column(pl.Float64, f"Latitude of the {end}, WGS 84.", null=True, personal=True),
        f"{end}_lon": _column(pl.Float64, f"Longitude of the {end}, WGS 84.", null=True, personal=True),
        f"{end}_place_code": _column(
            pl.String, f"Place of the {end}: see territories for its commune, year by year."
        ),
    }


DROPS = Table(
    name="drops",
    zone="active",
    grain="One row per drop that was read or refused; writing it commits the drop.",
    columns={
        "drop_id": _DROP_ID,
        "operator_id": _OPERATOR,
        "file_name": _column(pl.String, "Name of the file as delivered."),
        "sha256": _column(pl.String, "SHA-256 of the file: its identity."),
        "size_bytes": _column(pl.Int64, "Size of the file as delivered, bytes."),
        "layout": _column(pl.String, "Layout told from the header: v2 or v3.", null=True),
        "business_date": _column(pl.Date, "The night that took it."),
        "dropped_at": _column(INSTANT, "Instant the file was delivered, UTC."),
        "rows": _column(pl.Int64, "Data rows read."),
        "accepted_rows": _column(pl.Int64, "Rows that went to journeys."),
        "rejected_rows": _column(pl.Int64, "Rows that went back to the operator."),
        "refused_code": _column(pl.String, "Why the file was refused whole.", null=True),
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
        "business_date": _column(pl.Date, "The night that took the drop."),
        "dropped_at": _column(INSTANT, "Instant the drop was delivered, UTC."),
        "operator_id": _OPERATOR,
        "operator_journey_id": _column(pl.String, "The couple, unique per operator.", personal=True),
        "operator_trip_id": _column(pl.String, "The car: groups its couples.", personal=True),
        "status": _column(pl.String, "new, corrected or cancelled."),
        "operator_class": _column(pl.String, "Proof class the operator declares: A, B or C."),
        **_place("start"),
        **_place("end"),
        "distance_m": _column(pl.Int64, "Declared distance, metres.", checks=pa.Check.in_range(1, 1_000_000)),
        "seats": _column(pl.Int64, "Seats booked; missing counts as 1.", checks=pa.Check.in_range(1, 8)),
        "passenger_contribution_cents": _column(pl.Int64, "What the passenger paid, cents."),
        "driver_revenue_cents": _column(pl.Int64, "What the driver received, cents."),
        "incentives": _column(pl.String, "Declared incentives: JSON array of index, siret, amount (cents)."),
        "passenger_over_18": _column(pl.Boolean, "Adult, minor, or unknown (null).", null=True),
        "driver_identity_key": _column(pl.String, "Internal pseudonym of the driver.", personal=True),
        "passenger_identity_key": _column(pl.String, "Internal pseudonym of the passenger.", personal=True),
    },
)

IDENTITIES = Table(
    name="identities",
    zone="active",
    monthly=True,
    grain="One row per person, batch of a drop and month, as first sent: who stands behind an identity key.",
    columns={
        "drop_id": _DROP_ID,
        "operator_id": _OPERATOR,
        "identity_key": _column(pl.String, "Internal pseudonym.", personal=True),
        **{
            name: _column(pl.String, description, null=True, personal=True)
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

FINDINGS = Table(
    name="findings",
    zone="active",
    grain="One row per rule that a row of a drop breaks; an error rejects the row, a warning does not.",
    columns={
        "drop_id": _DROP_ID,
        "drop_row": _DROP_ROW,
        "drop_line": _column(pl.Int64, "Line in the file, from 1, where the row begins."),
        "operator_id": _OPERATOR,
        "operator_journey_id": _column(pl.String, "As sent.", null=True, personal=True),
        "column": _column(pl.String, "Our name of the column at fault."),
        "rule_code": _column(pl.String, "The rule that failed: see contracts.rules."),
        "severity": _column(pl.String, "error or warning."),
    },
)

REJECTED_ROWS = Table(
    name="rejected_rows",
    zone="active",
    grain="One row per rejected row, as sent, for an engineer with the key.",
    columns={
        "drop_id": _DROP_ID,
        "drop_row": _DROP_ROW,
        "raw": _column(pl.String, "The row's cells as a JSON object.", personal=True),
    },
)

TABLES: dict[str, Table] = {t.name: t for t in (DROPS, JOURNEYS, IDENTITIES, FINDINGS, REJECTED_ROWS)}
