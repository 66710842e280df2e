"""What is decided once about money paid ahead and the pot: steps of advances, alerts, mid-term reviews.

A row is written the night it is decided, and nothing moves it afterwards. None names a person.
"""

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_table import OPERATOR, Table, column

_CAMPAIGN = column(pl.String, "The campaign.")
_ISSUED_ON = column(pl.Date, "The night that decided it.")
_START = column(pl.Date, "First day of the call period, local to the campaign.")
_END = column(pl.Date, "Last day of the call period.")
_POSITIVE = pa.Check.ge(0)

ADVANCES = Table(
    name="advances",
    zone="warehouse",
    grain="One row per step of an advance (CONVENTION 8.1); opening - consumed + revision is held.",
    columns={
        "campaign_id": _CAMPAIGN,
        "operator_id": OPERATOR,
        "statement_number": column(
            pl.Int64, "The statement, from 1; 0 for the first payment.", checks=_POSITIVE
        ),
        "kind": column(
            pl.String,
            "first (payment at the start), call (drawn by a closed call, then revised), amendment "
            "(another forecast "
            "within the period), cut (the pot holds less than was paid ahead), return (the operator has "
            "left).",
            checks=pa.Check.isin(["first", "call", "amendment", "cut", "return"]),
        ),
        "period_start_on": _START,
        "period_end_on": _END,
        "closing_number": column(pl.Int64, "The closing of the call that draws on it.", null=True),
        "issued_on": _ISSUED_ON,
        "agreed_on": column(
            pl.Date, "Date of the forecast that it rests on; null: on what was consumed.", null=True
        ),
        "forecast_cents": column(pl.Int64, "What the period was expected to cost, cents."),
        "opening_cents": column(pl.Int64, "What the operator holds before this step, cents."),
        "consumed_cents": column(pl.Int64, "Incentives of the call, cents; below 0 where it gives back."),
        "expected_cents": column(pl.Int64, "What what follows is expected to cost, cents.", checks=_POSITIVE),
        "revision_cents": column(
            pl.Int64, "Above 0 the authority pays, below 0 the operator gives back, cents."
        ),
        "pot_left_cents": column(
            pl.Int64,
            "The pot less all closed calls and fees that night, cents; null without a pot.",
            null=True,
        ),
        "is_final": column(pl.Boolean, "The account ends with it, at 0."),
    },
)

ADVANCE_ALERTS = Table(
    name="advance_alerts",
    zone="warehouse",
    grain="One row per operator and call period whose journeys cost more than its advance (CONVENTION 8.1).",
    columns={
        "campaign_id": _CAMPAIGN,
        "operator_id": OPERATOR,
        "period_start_on": _START,
        "period_end_on": _END,
        "issued_on": _ISSUED_ON,
        "forecast_cents": column(pl.Int64, "What the period was expected to cost, cents."),
        "held_cents": column(pl.Int64, "What the operator holds, cents."),
        "consumed_cents": column(pl.Int64, "Incentives of the period so far, cents."),
    },
)

POT_REVIEWS = Table(
    name="pot_reviews",
    zone="warehouse",
    grain="One row per mid-term review (CONVENTION 6.1) and operator: the cost of journeys through its day.",
    columns={
        "campaign_id": _CAMPAIGN,
        "operator_id": OPERATOR,
        "review_on": column(pl.Date, "Day of the review."),
        "issued_on": _ISSUED_ON,
        "budget_cents": column(pl.Int64, "The pot of all operators, cents; null: no limit.", null=True),
        "called_cents": column(pl.Int64, "Incentives of closed calls, cents."),
        "invoiced_cents": column(pl.Int64, "Closed fees with VAT, cents."),
        "open_incentive_cents": column(pl.Int64, "Incentives that no closing has settled yet, cents."),
        "open_fee_cents": column(pl.Int64, "Fees with VAT that no closing has settled yet, cents."),
        "held_cents": column(pl.Int64, "Paid ahead and not drawn by a call, cents."),
        "exhaustion_on": column(
            pl.Date,
            "Day on which the pot was empty, or was expected to be; null: none foreseen.",
            null=True,
        ),
    },
)
