"""One file read by itself, for the fallback (CONVENTION article 5): no lake, no register, nobody's folder.

What its rows say is told by the code of a night (opening). Not here: what is made of them (fallback.py).
"""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.contracts.lake_tables import CANCELLATIONS, DROPS, FINDINGS, JOURNEYS, Table
from dagster_project.drops.claim import instant
from dagster_project.drops.commit import register_row
from dagster_project.drops.known import Known
from dagster_project.drops.opening import judged, opened, pieces_of
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.taken import Drop, copied, possible
from dagster_project.drops.text import UnreadableDropError

_KEPT = {table.name: table for table in (JOURNEYS, CANCELLATIONS, FINDINGS)}


def read_alone(
    file: Path, operator_id: str, known: Known, business_date: date | None, scratch: Path
) -> tuple[Outcome, dict[str, pl.DataFrame]]:
    """What a night of that date would say of the file, and the rows that it would write, by table.

    Journeys have their column `month`, too. Without a date: the day on which the file was written, in Paris.
    Our copy lies in `scratch`, a folder that goes with what is in it. Raises OSError where the file
    cannot be read.
    """
    copy = scratch / "copy.drop"
    with file.open("rb") as content:
        status = os.fstat(content.fileno())
        sha256 = copied(content, copy, status.st_size, known.max_bytes)
    drop = Drop(operator_id, file, sha256, status.st_size, instant(status.st_mtime_ns))
    day = business_date or drop.delivered_on
    dropped_at, is_replaced = possible(drop.dropped_at, day)
    outcome = Outcome(replace(drop, dropped_at=dropped_at), day, is_time_replaced=is_replaced)
    frames_by_table: dict[str, list[pl.DataFrame]] = {name: [] for name in _KEPT}
    try:
        with opened(outcome, copy, known) as text:
            for piece in judged(pieces_of(text, outcome, known), outcome, known):
                for table, rows in piece.tables:
                    if table.name in _KEPT:
                        frames_by_table[table.name].append(_checked(table, rows.drop("part")))
    except UnreadableDropError as refusal:
        outcome.refuse(refusal)
        frames_by_table = {name: [] for name in _KEPT}
    written = {name: pl.concat([_empty(table), *frames_by_table[name]]) for name, table in _KEPT.items()}
    return outcome, written | {DROPS.name: register_row(outcome).drop("part")}


def _checked(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as the lake takes them. Raises pandera.errors.SchemaError."""
    if not table.monthly:
        return table.validated(rows)
    return table.validated(rows.drop("month")).with_columns(rows["month"])


def _empty(table: Table) -> pl.DataFrame:
    return table.empty.with_columns(month=pl.lit(None, pl.String)) if table.monthly else table.empty
