"""One drop, whole: read, hold against the contract, place, identify, write to the lake, answer.

Writing the drop's row in the register commits it. Killed before that, the next night finds the
file still in incoming/ and writes the same files again.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from dagster_project.contracts.couple import ENDS, ROLES
from dagster_project.contracts.lake_tables import (
    CANCELLATIONS,
    DROPS,
    FINDINGS,
    IDENTITIES,
    JOURNEYS,
    REJECTED_ROWS,
)
from dagster_project.drops import check
from dagster_project.drops.answers import feedback
from dagster_project.drops.bounds import Bounds
from dagster_project.drops.claim import Offer, put_away, strange
from dagster_project.drops.duplicates import NO_CONTENT, TELLS_CONTENT, conflicts, content
from dagster_project.drops.load import write_accepted, write_cancelled, write_findings
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.read import Batch, batches, inspect, plain
from dagster_project.drops.taken import ChangedDropError, Drop, is_still_there, possible, taken
from dagster_project.drops.text import Text, UnreadableDropError
from dagster_project.drops.troubles import Troubles
from dagster_project.geography.locate import Places, locate
from dagster_project.identity.keys import person
from dagster_project.lake.store import Lake

_DROP_TABLES = (JOURNEYS, CANCELLATIONS, IDENTITIES, FINDINGS, REJECTED_ROWS)


@dataclass(frozen=True)
class Registry:
    """What the night knows before it opens a file."""

    operators: frozenset[str]
    closed: Callable[[str, date], str | None]  # why an operator has no access on a day, in French
    places: Places
    known_places: pl.Series  # codes that an operator may send in place of a position
    identity_key: bytes
    chunk_bytes: int
    max_bytes: int


def ingest(offer: Offer, lake: Lake, registry: Registry, business_date: date, troubles: Troubles) -> Outcome:
    """Take one drop into the lake, answer its operator and put the file away.

    Raises ChangedDropError, with nothing kept, where the file changed meanwhile or cannot be opened.
    """
    with taken(offer, lake.drops, lake.scratch, registry.max_bytes, troubles) as (found, copy):
        dropped_at, is_time_replaced = possible(found.dropped_at, business_date)
        outcome = Outcome(
            replace(found, dropped_at=dropped_at), business_date, is_time_replaced=is_time_replaced
        )
        _settle(outcome, offer, copy, lake, registry, troubles)
    put_away(lake.drops, offer.path, business_date, outcome.drop.sha256, troubles, offer.is_same)
    return outcome


def _settle(
    outcome: Outcome, offer: Offer, copy: Path, lake: Lake, registry: Registry, troubles: Troubles
) -> None:
    drop, business_date = outcome.drop, outcome.business_date
    # A folder that is no operator's may have any name, which no pattern of files should meet.
    registered = lake.read(DROPS, drop.drop_id) if drop.operator_id in registry.operators else DROPS.empty
    first = registered.row(0, named=True) if registered.height else None
    if first and first["refused_code"] is None:
        outcome.is_known = True
        feedback.write_known(drop, first, lake, business_date, troubles)
        return
    _forget(drop, lake)
    try:
        if drop.operator_id not in registry.operators:
            raise UnreadableDropError("operator_unknown")
        if why := registry.closed(drop.operator_id, business_date):
            raise UnreadableDropError("operator_not_in_production", why)
        with plain(copy, drop.size_bytes, registry.max_bytes) as path:
            text = inspect(path)
            outcome.layout = text.layout.name
            _take(text, outcome, lake, registry)
    except UnreadableDropError as refusal:
        _forget(drop, lake)
        outcome.refused, outcome.rows, outcome.accepted, outcome.rejected = refusal, 0, 0, 0
        outcome.reasons.clear()
    if not is_still_there(offer, lake.drops):
        _forget(drop, lake)
        raise ChangedDropError
    feedback.write(outcome, lake, troubles)
    lake.write(DROPS, _register_row(outcome), drop.drop_id)


def refuse_strange(lake: Lake, business_date: date, troubles: Troubles) -> int:
    """Answer what is no file (a link, a pipe), and put it away unopened; returns how many."""
    files = strange(lake.drops, troubles)
    for file in files:
        digest = hashlib.sha256(os.fsencode(file.name)).hexdigest()
        drop = Drop(file.parent.parent.name, file, digest, 0, datetime.min.replace(tzinfo=UTC))
        refused = Outcome(drop, business_date, refused=UnreadableDropError("file_not_regular"))
        feedback.write(refused, lake, troubles)
        put_away(lake.drops, file, business_date, digest, troubles)
    return len(files)


def _forget(drop: Drop, lake: Lake) -> None:
    for table in _DROP_TABLES:
        lake.remove(table, drop.drop_id)


def _take(text: Text, outcome: Outcome, lake: Lake, registry: Registry) -> None:
    """Batch after batch; one is written while the next one is judged."""
    drop = outcome.drop
    seen = NO_CONTENT
    bounds = Bounds(text.path.stat().st_size)
    with ThreadPoolExecutor(1) as writer:
        written: Future[Counter[tuple[str, str]]] | None = None
        for number, batch in enumerate(batches(text, registry.chunk_bytes)):
            bounds.check(outcome.reasons, batch.broken)
            _check_operator(batch.rows, drop.operator_id)
            parsed = _identify(_place(check.parse(batch.rows, text.layout), registry), drop.operator_id)
            told = parsed.select(
                "drop_row", "status", key=pl.col("operator_journey_id").hash(), content=content().hash()
            )
            judged = parsed.with_columns(conflicts(told, seen))
            seen = pl.concat([seen, told.filter(TELLS_CONTENT).select(seen.columns)])
            verdict = check.check(judged, text.layout, outcome.business_date, drop.delivered_on)
            outcome.rows += batch.height
            outcome.accepted += verdict.accepted.height + verdict.cancelled.height
            if written:
                outcome.reasons += written.result()
            part = f"{drop.drop_id}-{number:05d}"
            written = writer.submit(_write, lake, part, outcome, batch, verdict, registry.identity_key)
        if written:
            outcome.reasons += written.result()
    outcome.rejected = outcome.rows - outcome.accepted


def _write(
    lake: Lake, part: str, outcome: Outcome, batch: Batch, verdict: check.Verdict, identity_key: bytes
) -> Counter[tuple[str, str]]:
    drop, accepted, cancelled = outcome.drop, verdict.accepted, verdict.cancelled
    write_accepted(lake, part, drop, outcome.business_date, accepted, identity_key)
    write_cancelled(lake, part, drop, outcome.business_date, cancelled)
    taken = pl.concat([accepted["drop_row"], cancelled["drop_row"]])
    return write_findings(lake, part, drop, batch, taken, verdict.findings)


def _check_operator(rows: pl.DataFrame, operator_id: str) -> None:
    others = rows.filter(pl.col("operator").str.to_lowercase() != operator_id)
    if others.height:
        raise UnreadableDropError("operator_mismatch", f"{others['drop_line'][0]} ; attendu : {operator_id}")


def _place(parsed: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    for end in ENDS:
        points = parsed.select(lon=f"{end}_lon", lat=f"{end}_lat")
        sent = pl.col(f"{end}_insee")
        known = pl.when(sent.is_in(registry.known_places.implode())).then(sent)
        placed = locate(points, registry.places)
        lost = placed.is_null() & points["lon"].is_not_null() & points["lat"].is_not_null()
        turned = points.filter(lost).select(lon="lat", lat="lon")
        positioned = pl.col(f"{end}_lon").is_not_null() & pl.col(f"{end}_lat").is_not_null()
        parsed = parsed.with_columns(
            placed.alias(f"{end}_place_code"),
            pl.Series(f"{end}_is_swapped", lost.to_numpy().copy()).scatter(
                lost.arg_true(), locate(turned, registry.places).is_not_null()
            ),
        ).with_columns(
            pl.when(positioned).then(f"{end}_place_code").otherwise(known).alias(f"{end}_place_code")
        )
    return parsed


def _identify(parsed: pl.DataFrame, operator_id: str) -> pl.DataFrame:
    return parsed.with_columns(
        person(
            operator_id,
            pl.col(f"{role}_e164"),
            pl.col(f"{role}_e164_trunc"),
            pl.col(f"{role}_operator_user_id"),
        ).alias(f"{role}_person")
        for role in ROLES
    )


def _register_row(outcome: Outcome) -> pl.DataFrame:
    drop = outcome.drop
    return pl.DataFrame(
        {
            "drop_id": drop.drop_id,
            "operator_id": drop.operator_id,
            "file_name": drop.shown_name,
            "sha256": drop.sha256,
            "size_bytes": drop.size_bytes,
            "layout": outcome.layout,
            "business_date": outcome.business_date,
            "dropped_at": drop.dropped_at,
            "rows": outcome.rows,
            "accepted_rows": outcome.accepted,
            "rejected_rows": outcome.rejected,
            "refused_code": outcome.refused.code if outcome.refused else None,
        },
        schema=DROPS.empty.schema,
    )
