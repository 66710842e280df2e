"""Rows of one file or of many → what the lake holds of each, and what is wrong with it.

Files of one layout are judged together: a rule costs as much for a hundred rows as for ten thousand. Each row
keeps its file, and what looks across rows looks across those of one file. Why: D-190.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

import polars as pl

from dagster_project.contracts.couple import ENDS, ROLES
from dagster_project.contracts.lake_tables import CANCELLATIONS, FINDINGS, INSTANT, REJECTED_ROWS, Table
from dagster_project.contracts.layouts import DECLARED, Layout
from dagster_project.contracts.moments import first_instant
from dagster_project.drops import check, load
from dagster_project.drops.batches import Batch, cell
from dagster_project.drops.duplicates import conflicts, contents
from dagster_project.drops.known import Known
from dagster_project.drops.taken import Drop
from dagster_project.geography.locate import locate
from dagster_project.identity.keys import person


@dataclass(frozen=True)
class Piece:
    """What was read at once of a drop; its number among the drop's pieces names what is written of it."""

    drop: Drop
    layout: Layout
    batch: Batch
    number: int = 0

    @property
    def part(self) -> str:
        """The name of its files in the lake."""
        return f"{self.drop.drop_id}-{self.number:05d}"


@dataclass(frozen=True)
class Judged:
    """What became of pieces: rows for the lake's tables, with their `part`; accepted rows of each piece."""

    tables: list[tuple[Table, pl.DataFrame]]
    accepted: list[int]

    @property
    def reasons(self) -> dict[str, Counter[tuple[str, str]]]:
        """How many findings each drop has by (column, rule code)."""
        counted: dict[str, Counter[tuple[str, str]]] = {}
        for table, rows in self.tables:
            if table is FINDINGS:
                counts = rows.group_by("drop_id", "column", "rule_code").len()
                for drop_id, column, code, count in counts.iter_rows():
                    counted.setdefault(drop_id, Counter())[column, code] = count
        return counted


def judge(
    pieces: Sequence[Piece], seen: pl.DataFrame, known: Known, business_date: date
) -> tuple[Judged, pl.DataFrame]:
    """Judge pieces of one layout; `seen`: what earlier pieces of their files say, given back with theirs.

    Nothing is written.
    """
    layout = pieces[0].layout
    as_sent = pl.concat([_with_origin(piece, business_date) for piece in pieces])
    rows = as_sent.with_columns(map(cell, DECLARED))
    parsed = _identify(_place(check.parse(rows.with_row_index("at"), layout), known))
    says = contents(parsed)
    is_conflict, seen = conflicts(says, seen)
    verdict = check.check(parsed.with_columns(is_conflict), layout, business_date)
    taken = pl.concat([verdict.accepted["at"], verdict.cancelled["at"]])
    is_taken = pl.repeat(False, rows.height, eager=True).scatter(taken, True)
    broken = pl.concat([_with_drop(piece.batch.broken, piece) for piece in pieces])
    tables = [
        *load.accepted(verdict.accepted, known.identity_key),
        (CANCELLATIONS, load.cancelled(verdict.cancelled)),
        (FINDINGS, load.findings(verdict.findings, broken)),
        (REJECTED_ROWS, pl.concat(_rejected(pieces, rows, is_taken))),
    ]
    heights = [piece.batch.rows.height for piece in pieces]
    starts = accumulate(heights, initial=0)
    accepted = [int(is_taken.slice(*of_piece).sum()) for of_piece in zip(starts, heights, strict=False)]
    return Judged([(table, rows) for table, rows in tables if rows.height], accepted), seen


def _with_origin(piece: Piece, business_date: date) -> pl.DataFrame:
    drop = piece.drop
    midnight = first_instant(drop.delivered_on + timedelta(days=1))
    return _with_drop(piece.batch.rows.select("drop_row", "drop_line", *DECLARED), piece).with_columns(
        pl.lit(business_date).alias("business_date"),
        pl.lit(drop.dropped_at).cast(INSTANT).alias("dropped_at"),
        pl.lit(midnight).cast(INSTANT).alias("delivered_until"),
    )


def _with_drop(rows: pl.DataFrame, piece: Piece) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(piece.part).alias("part"),
        pl.lit(piece.drop.drop_id).alias("drop_id"),
        pl.lit(piece.drop.operator_id).alias("operator_id"),
    )


def _rejected(pieces: Sequence[Piece], rows: pl.DataFrame, is_taken: pl.Series) -> Iterator[pl.DataFrame]:
    """Rows that were not taken, as sent: of each file the columns in their order there."""
    start = 0
    for piece in pieces:
        sent, broken = piece.batch.rows, piece.batch.broken
        not_taken = rows.slice(start, sent.height).filter(~is_taken.slice(start, sent.height))
        start += sent.height
        columns = [name for name in sent.columns if name in DECLARED]
        cells = pl.struct(columns).struct.json_encode().alias("raw")
        rejected = pl.concat([not_taken.select("drop_row", cells), broken.select("drop_row", "raw")])
        yield _with_drop(rejected.sort("drop_row"), piece).select(*REJECTED_ROWS.columns, "part")


def _place(parsed: pl.DataFrame, known: Known) -> pl.DataFrame:
    for end in ENDS:
        points = parsed.select(lon=f"{end}_lon", lat=f"{end}_lat")
        sent = pl.col(f"{end}_insee")
        given = pl.when(sent.is_in(known.known_places.implode())).then(sent)
        placed = locate(points, known.places)
        lost = placed.is_null() & points["lon"].is_not_null() & points["lat"].is_not_null()
        turned = points.filter(lost).select(lon="lat", lat="lon")
        positioned = pl.col(f"{end}_lon").is_not_null() & pl.col(f"{end}_lat").is_not_null()
        parsed = parsed.with_columns(
            placed.alias(f"{end}_place_code"),
            pl.Series(f"{end}_is_swapped", lost.to_numpy().copy()).scatter(
                lost.arg_true(), locate(turned, known.places).is_not_null()
            ),
        ).with_columns(
            pl.when(positioned).then(f"{end}_place_code").otherwise(given).alias(f"{end}_place_code")
        )
    return parsed


def _identify(parsed: pl.DataFrame) -> pl.DataFrame:
    return parsed.with_columns(
        person(
            pl.col("operator_id"),
            pl.col(f"{role}_e164"),
            pl.col(f"{role}_e164_trunc"),
            pl.col(f"{role}_operator_user_id"),
        ).alias(f"{role}_person")
        for role in ROLES
    )
