"""The ledger's tables: closings, entries, and what links them to journeys while journeys are kept.

Closings and entries name no person and stay; what resolves them lives in the active zone.
"""

from pathlib import Path

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_table import OPERATOR, Table, column

_CLOSING = column(
    pl.Int64, "The closing, from 1: closings of all campaigns make one chain.", checks=pa.Check.ge(1)
)
_ENTRY = column(pl.Int64, "The entry within its closing, from 1.", checks=pa.Check.ge(1))
_AMOUNTS = {
    "incentive_cents": column(pl.Int64, "Incentive, cents; negative where an entry is reversed."),
    "fee_ex_vat_cents": column(pl.Int64, "Platform fee excluding VAT, cents."),
    "vat_cents": column(pl.Int64, "VAT on the fee, cents."),
}


def part_of(closing_number: int) -> str:
    """The name of a closing's files in the lake."""
    return f"closing-{closing_number:06d}-0"


def closing_of(file: Path) -> int:
    """The closing that wrote a file (see `part_of`)."""
    return int(file.name.split("-")[1])


CLOSINGS = Table(
    name="closings",
    zone="warehouse",
    grain="One row per closed period of a campaign and kind of claim; writing it commits the closing.",
    columns={
        "closing_number": _CLOSING,
        "campaign_id": column(pl.String, "The campaign."),
        "kind": column(pl.String, "incentive (fund calls) or fee (invoices)."),
        "period_start_on": column(pl.Date, "First day of the period, local to the campaign."),
        "period_end_on": column(pl.Date, "Last day of the period."),
        "business_date": column(pl.Date, "The night that closed it."),
        "entries": column(pl.Int64, "Entries of the closing."),
        **_AMOUNTS,
        "entries_sha256": column(pl.String, "SHA-256 over the closing's entries, in order."),
        "previous_sha256": column(pl.String, "closing_sha256 of the closing before; empty for the first."),
        "closing_sha256": column(pl.String, "SHA-256 over this row and, through it, all that came before."),
    },
)

CHECKPOINTS = Table(
    name="checkpoints",
    zone="warehouse",
    grain="One row per closing: its signed checkpoint. One without a closing is of a night that was killed.",
    columns={
        "closing_number": _CLOSING,
        "line": column(pl.String, "The checkpoint as JSON, as the witness and every folder carry it."),
    },
)

RECORDS = Table(
    name="records",
    zone="warehouse",
    grain="One row per night that wrote down something for good beside closings.",
    columns={
        "record_number": column(pl.Int64, "The record, from 1.", checks=pa.Check.ge(1)),
        "line": column(pl.String, "Each file with its rows' hash, signed, as JSON: the witness has it."),
    },
)

LEDGER_ENTRIES = Table(
    name="ledger_entries",
    zone="warehouse",
    grain="One row per journey of a campaign that a closing settles, and per entry that it takes back.",
    columns={
        "closing_number": _CLOSING,
        "entry_number": _ENTRY,
        "operator_id": OPERATOR,
        "journey_digest": column(pl.String, "Keyed digest of the journey; only the active zone resolves it."),
        "movement": column(pl.String, "entry, or reversal of an earlier entry."),
        "reason": column(
            pl.String,
            "journey, late, correction, cancellation, or refusal with its code (refusal:too_many_trips).",
            checks=pa.Check.str_matches(r"^(journey|late|correction|cancellation|refusal(:[a-z0-9_]+)?)$"),
        ),
        "original_closing": column(pl.Int64, "Closing of the entry that this one adjusts.", null=True),
        "original_entry": column(pl.Int64, "Number of that entry.", null=True),
        "journey_month_on": column(pl.Date, "First day of the month of the journey's start, local."),
        "seats": column(pl.Int64, "Seats; negative in a reversal."),
        "distance_m": column(pl.Int64, "Declared distance, metres."),
        "billed_m": column(pl.Int64, "Distance that is paid, metres."),
        "table_number": column(pl.Int64, "Table of the tariff, from 1.", null=True),
        "band": column(pl.Int64, "Band of the tariff, the last one reached.", null=True),
        "is_eligible": column(pl.Boolean, "Every test of the campaign holds."),
        "failed_tests": column(pl.String, "Names of the tests that do not, joined by |."),
        "tariff_cents": column(pl.Int64, "Incentive before caps and budget, cents."),
        "capped_cents": column(pl.Int64, "Incentive after caps, before the budget, cents."),
        **_AMOUNTS,
        "left_before_cents": column(pl.Int64, "Left in the pot before this journey, cents.", null=True),
        "is_cut_by_budget": column(pl.Boolean, "The pot could not give all that was due."),
    },
)

SETTLEMENTS = Table(
    name="settlements",
    zone="active",
    monthly=True,
    grain="One row per entry of the ledger: the journey behind its digest, while the journey is kept.",
    columns={
        "closing_number": _CLOSING,
        "entry_number": _ENTRY,
        "operator_id": OPERATOR,
        "operator_journey_id": column(pl.String, "The couple, unique per operator.", personal=True),
        "facts_digest": column(pl.String, "Digest of all that the amount depends on.", personal=True),
    },
)

SETTLED_BEFORE = Table(
    name="settled_before",
    zone="active",
    grain="One row per standing entry of a journey that came again after the base had forgotten it.",
    columns={
        "closing_number": _CLOSING,
        "entry_number": _ENTRY,
        "operator_id": OPERATOR,
        "operator_journey_id": column(pl.String, "The couple, unique per operator.", personal=True),
    },
)

_CAP_USES = {
    "closing_number": _CLOSING,
    "entry_number": _ENTRY,
    "position": column(pl.Int64, "The cap's position in the campaign's file, from 1."),
    "cap_id": column(pl.String, "Name of the cap."),
    "whose_key": column(
        pl.String, "Whose counter: identity key or trip; empty for the campaign's.", personal=True
    ),
    "window_on": column(pl.Date, "First day of the window; 0001-01-01 where there is one for all."),
    "counted": column(pl.Int64, "What the journey has used of the cap, in its unit."),
    "counter_before": column(pl.Int64, "The counter when the journey came, in its unit."),
    "cents_before": column(pl.Int64, "The journey's amount before the cap, cents."),
    "cents_after": column(pl.Int64, "The journey's amount after the cap, cents."),
}
CAP_USES = Table(
    name="cap_uses",
    zone="active",
    monthly=True,
    grain="One row per settled journey and cap of a person or trip that it met, kept with the journey.",
    columns=_CAP_USES,
)
CAMPAIGN_CAP_USES = Table(
    name="campaign_cap_uses",
    zone="warehouse",
    grain="One row per settled journey and cap of a whole campaign: nobody's, so it stays with the ledger.",
    columns=_CAP_USES,
)
# What a closing writes; its own line last, which makes it one.
OF_A_CLOSING = (SETTLEMENTS, CAP_USES, CAMPAIGN_CAP_USES, LEDGER_ENTRIES, CHECKPOINTS, CLOSINGS)

CALL_RECEIPTS = Table(
    name="call_receipts",
    zone="warehouse",
    grain="One row per closed fund call of an operator and fate of the journeys sent for it, as it went out.",
    columns={
        "closing_number": _CLOSING,
        "operator_id": OPERATOR,
        "loss": column(
            pl.String,
            "cancelled, refused with its code, elsewhere (outside the campaign); null: on the call.",
            null=True,
        ),
        "seats": column(pl.Int64, "Passenger journeys: seats.", checks=pa.Check.ge(0)),
    },
)
# A band pays the least of its sums of these: an amount, or a rate on metres, in billionths of a cent.
PRICE = pl.Struct(
    {"is_per_seat": pl.Boolean}
    | dict.fromkeys(("flat_units", "units_per_m", "offset_m", "ceiling_m"), pl.Int64)
)
_BAND = pl.Struct(
    {
        **{"table_number": pl.Int64, "table_words": pl.String},
        **dict.fromkeys(("band", "from_m", "to_m"), pl.Int64),
        **{"is_cumulative": pl.Boolean, "alternatives": pl.List(pl.List(PRICE))},
        **{"flat_cents": pl.Int64, "tenth_cents_per_km": pl.Int64, "price_words": pl.String},
    }
)
_CAP = pl.Struct({"position": pl.Int64, "counts": pl.String, "maximum": pl.Int64})
CLOSING_TERMS = Table(
    name="closing_terms",
    zone="warehouse",
    grain="One row per closing: tariff, caps and fee of the campaign's file, as they were when it went out.",
    columns={
        "closing_number": _CLOSING,
        "is_fee_per_seat": column(pl.Boolean, "The fee counts seats, else journeys."),
        "fee_ex_vat_cents": column(pl.Int64, "Price of the fee excluding VAT, cents."),
        "vat_basis_points": column(pl.Int64, "Rate of the VAT on it, hundredths of a percent."),
        "billed_step_m": column(pl.Int64, "Metres that a billed distance is rounded to."),
        "is_adjusted": column(pl.Boolean, "Amounts are more than their band: bonuses, factors."),
        "bands": column(pl.List(_BAND), "The tariff's bands, by table: bounds in metres, prices."),
        "caps": column(pl.List(_CAP), "The caps, by position: what each counts, and its maximum."),
    },
)
