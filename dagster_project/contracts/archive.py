"""The archive's tables (JURIDIQUE étape 4): journeys of nobody, k alike; what was archived when."""

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_table import Table, column

K = 6  # journeys alike, and persons behind any count
STEPS = (
    "commune and cell of 0.01 degrees, quarter of an hour",
    "commune, hour",
    "commune, part of the day",
    "commune, month",
    "EPCI, part of the day",
    "EPCI, month",
    "EPCI, month, nothing else",
)

_MONTH = column(pl.Date, "First day of the month of the journeys' start, Europe/Paris.")
_CELL = "South-west corner of the cell, degrees, step 1 only."
_AREA = "commune (steps 1-4) or EPCI; one without EPCI and a country abroad stand for themselves."


def _members(description: str, *, null: bool = True) -> pa.Column:
    return column(pl.Int64, description, null=null, checks=pa.Check.ge(K))


ARCHIVED_JOURNEYS = Table(
    name="archived_journeys",
    zone="archive",
    monthly=True,
    grain=f"One row per group of {K} journeys or more, alike in every column; empty: left out at its step.",
    columns={
        "month_on": _MONTH,
        "step": column(
            pl.Int64, "Step of the ladder, from 1, the finest.", checks=pa.Check.in_range(1, len(STEPS))
        ),
        "origin_code": column(pl.String, f"Where the journeys start: {_AREA}"),
        "origin_cell": column(pl.String, _CELL, null=True),
        "destination_code": column(pl.String, f"Where they end: {_AREA}"),
        "destination_cell": column(pl.String, _CELL, null=True),
        "start_slot": column(
            pl.String, "Start, Europe/Paris: quarter of an hour, hour or part of the day.", null=True
        ),
        "day_kind": column(pl.String, "weekday (Monday to Friday) or weekend.", null=True),
        "distance_band_km": column(
            pl.String, "Declared distance, kilometres: from, to (excluded).", null=True
        ),
        "operator_class": column(pl.String, "Proof class: A, B or C.", null=True),
        "journeys": column(pl.Int64, "Journeys of the group.", checks=pa.Check.ge(K)),
    },
)

ARCHIVED_CARPOOLERS = Table(
    name="archived_carpoolers",
    zone="archive",
    monthly=True,
    grain=f"One row per month, EPCI of origin and kind of member, where {K} persons stand behind it; a "
    "breakdown is empty unless each of its parts has as many.",
    columns={
        "month_on": _MONTH,
        "epci_code": column(
            pl.String, "EPCI where the journeys start; a commune without one stands for itself."
        ),
        "member": column(
            pl.String, "driver, passenger, or pair: a driver and a passenger who rode together."
        ),
        "members": _members("Distinct drivers, passengers or pairs.", null=False),
        "newcomers": _members("Those without a journey anywhere in the nine months before."),
        "known_before": _members("The others."),
        "with_1_journey": _members("Members with one journey from there in the month."),
        "with_2_to_4_journeys": _members("Members with two to four."),
        "with_5_to_9_journeys": _members("Members with five to nine."),
        "with_10_journeys_or_more": _members("Members with ten or more."),
    },
)

ARCHIVED_MONTHS = Table(
    name="archived_months",
    zone="warehouse",
    grain="One row per month and subject that was archived; writing it commits the month, for good.",
    columns={
        "month_on": _MONTH,
        "subject": column(pl.String, "journeys (archived_journeys) or carpoolers (archived_carpoolers)."),
        "business_date": column(pl.Date, "The night that archived it."),
        "published": column(pl.Int64, "Journeys, or rows, in the archive."),
        "suppressed": column(pl.Int64, "Journeys that no step of the ladder could take: counted, not kept."),
    },
)
