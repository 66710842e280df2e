"""The quarterly fund call of one operator, as the Excel workbook of CONVENTION annexes 2 and 3.

Five sheets: the call itself, its recap, the journeys, their reconciliation, the legend. Amounts are decided
in the warehouse; this module checks its input, lays the sheets out and lets formulas replay the amounts.
"""

from pathlib import Path

import polars as pl

from dagster_project.errors import DocumentError
from dagster_project.reports.fund_call.call import (
    DRAFT,
    FundCall,
    Reconciliation,
)
from dagster_project.reports.fund_call.totals import count_totals
from dagster_project.reports.fund_call.workbook.annexes import show_cells, write_journeys, write_legend
from dagster_project.reports.fund_call.workbook.columns import COLUMNS
from dagster_project.reports.fund_call.workbook.cover import write_cover
from dagster_project.reports.fund_call.workbook.page import (
    COVER,
    FIRST_ROW,
    JOURNEYS,
    LEGEND,
    RECAP,
    RECONCILIATION,
    Page,
)
from dagster_project.reports.fund_call.workbook.recap import write_recap
from dagster_project.reports.fund_call.workbook.reconciliation import write_reconciliation
from dagster_project.reports.shared.workbook import TEXT_LIMIT, open_workbook

MAX_JOURNEYS = 1_048_576 - FIRST_ROW + 1  # Excel's rows less the headers
COMPUTED_HERE = ("nature", "status")
AMOUNTS = ("seats", "tariff_cents", "capped_cents", "incentive_cents", "fee_ex_vat_cents", "vat_cents")


def write_fund_call(
    path: Path, call: FundCall, journeys: pl.DataFrame, reconciliation: Reconciliation | None = None
) -> None:
    """Write the workbook of one call; the same call and journeys give the same bytes.

    Grain of `journeys`: one row per passenger journey, or per adjustment of a closed period when the
    optional boolean `is_adjustment` says so. Cents and metres are integers. Rows keep their order. A file
    already at `path` is replaced whole. Raises ValueError, before writing, on a missing column, a null or
    an unusable amount, too many rows, or a text too long for a cell.
    """
    if "is_adjustment" not in journeys.columns:
        journeys = journeys.with_columns(is_adjustment=pl.lit(False))
    _check(journeys)
    totals, cells = count_totals(journeys, call.bands), show_cells(journeys)
    properties = {
        "title": f"{call.title} : {call.operator_name}, {call.period_label}",
        "subject": f"{call.campaign_name} ({call.convention_reference})",
        "company": call.authority_name,
    }
    with open_workbook(path, call.issued_on, properties) as (book, styles):
        names = (
            cover := DRAFT if call.is_draft else COVER,
            RECAP,
            JOURNEYS,
            *((RECONCILIATION,) if reconciliation else ()),
            LEGEND,
        )
        pages = {name: Page(book.add_worksheet(name), styles, call, totals) for name in names}
        write_cover(pages[cover])
        write_recap(pages[RECAP])
        write_journeys(pages[JOURNEYS], cells)
        if reconciliation:
            write_reconciliation(pages[RECONCILIATION], reconciliation)
        write_legend(pages[LEGEND])


def _check(journeys: pl.DataFrame) -> None:
    """Messages name columns and counts, never a value."""
    needed = {column.name for column in COLUMNS if column.name not in COMPUTED_HERE} | {"reason"}
    if missing := sorted(needed - set(journeys.columns)):
        raise DocumentError(f"the journeys lack {', '.join(missing)}")
    if journeys.height > MAX_JOURNEYS:
        raise DocumentError(f"{journeys.height} journeys do not fit an Excel sheet ({MAX_JOURNEYS} at most)")
    for name in AMOUNTS:
        if journeys.height and not journeys.schema[name].is_integer():
            raise DocumentError(f"{name} is {journeys.schema[name]}, expected whole numbers")
        if nulls := journeys.get_column(name).null_count():
            raise DocumentError(f"{name} is empty in {nulls} journeys")
    texts = [name for name, kind in journeys.schema.items() if kind == pl.String]
    for name in texts:
        if journeys.filter(pl.col(name).str.len_chars() > TEXT_LIMIT).height:
            raise DocumentError(f"{name} holds a text above Excel's {TEXT_LIMIT} characters")
