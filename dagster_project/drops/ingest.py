"""One drop, whole: read, hold against the contract, place, identify, write to the lake, answer.

Writing the drop's row in the register commits it. Killed before that, the next night finds the
file still in incoming/ and writes the same files again.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from dagster_project.contracts.tables import DROPS, IDENTITIES, JOURNEYS, REJECTED_ROWS, REJECTIONS
from dagster_project.drops import contract, feedback
from dagster_project.drops.claim import Drop, put_away
from dagster_project.drops.read import Text, UnreadableDropError, batches, inspect, plain
from dagster_project.geography.locate import Places, locate
from dagster_project.identity.keys import identity_keys, person
from dagster_project.lake import Lake

_DROP_TABLES = (JOURNEYS, IDENTITIES, REJECTIONS, REJECTED_ROWS)
_ENDS = ("start", "end")
_ROLES = ("driver", "passenger")


@dataclass(frozen=True)
class Registry:
    """What the night knows before it opens a file."""

    operators: frozenset[str]
    places: Places
    known_places: pl.Series  # codes that an operator may send in place of a position
    identity_key: bytes
    batch_rows: int


@dataclass
class Outcome:
    """What became of one drop; `reasons` counts rejected rows' reasons by (column, rule code)."""

    drop: Drop
    business_date: date
    layout: str | None = None
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    refused: UnreadableDropError | None = None
    is_known: bool = False
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)


def ingest(drop: Drop, lake: Lake, registry: Registry, business_date: date) -> Outcome:
    """Take one drop into the lake, answer its operator and put the file away."""
    outcome = Outcome(drop, business_date)
    register = lake.folder(DROPS) / f"{drop.drop_id}.parquet"
    if register.exists() and pl.read_parquet(register)["refused_code"][0] is None:
        outcome.is_known = True
    else:
        for table in _DROP_TABLES:
            lake.remove(table, drop.drop_id)
        try:
            if drop.operator_id not in registry.operators:
                raise UnreadableDropError("operator_unknown")
            with plain(drop.path, lake.scratch) as path:
                text = inspect(path)
                outcome.layout = text.layout.name
                _take(text, outcome, lake, registry)
        except UnreadableDropError as refusal:
            for table in _DROP_TABLES:
                lake.remove(table, drop.drop_id)
            outcome.refused, outcome.rows, outcome.accepted, outcome.rejected = refusal, 0, 0, 0
        feedback.write(outcome, lake)
        lake.write(DROPS, _register_row(outcome), drop.drop_id)
    put_away(drop, business_date.isoformat())
    return outcome


def _take(text: Text, outcome: Outcome, lake: Lake, registry: Registry) -> None:
    drop = outcome.drop
    seen = pl.DataFrame(schema={"operator_journey_id": pl.String, "content": pl.UInt64})
    for number, batch in enumerate(batches(text, registry.batch_rows)):
        part = f"{drop.drop_id}-{number:05d}"
        content = batch.select("operator_journey_id", content=batch.drop("drop_row").hash_rows())
        rows = batch.with_columns(_conflicts(content, batch["status"], seen))
        seen = pl.concat([seen, content])
        parsed = _identify(_place(contract.parse(rows), registry), drop.operator_id)
        verdict = contract.check(parsed, text.layout, outcome.business_date)
        _write_accepted(verdict.accepted, part, outcome, lake, registry.identity_key)
        _write_rejected(rows, verdict.reasons, part, outcome, lake)
        outcome.rows += rows.height


def _conflicts(content: pl.DataFrame, status: pl.Series, seen: pl.DataFrame) -> pl.Series:
    """True where an earlier row of the file has the same key, another content, and no status explains it."""
    earlier = pl.concat([seen, content]).group_by("operator_journey_id", maintain_order=True).first()
    first = content.join(earlier, on="operator_journey_id", how="left", maintain_order="left")
    is_new = status.is_null() | (status == "new")
    return (is_new & (first["content"] != first["content_right"])).fill_null(False).alias("is_conflict")


def _place(parsed: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    for end in _ENDS:
        points = parsed.select(lon=f"{end}_lon", lat=f"{end}_lat")
        sent = pl.col(f"{end}_insee")
        known = pl.when(sent.is_in(registry.known_places.implode())).then(sent)
        positioned = pl.col(f"{end}_lon").is_not_null() & pl.col(f"{end}_lat").is_not_null()
        placed = locate(points, registry.places).alias(f"{end}_place_code")
        parsed = parsed.with_columns(placed).with_columns(
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
        for role in _ROLES
    )


def _write_accepted(rows: pl.DataFrame, part: str, outcome: Outcome, lake: Lake, key: bytes) -> None:
    outcome.accepted += rows.height
    if rows.is_empty():
        return
    drop = outcome.drop
    keyed = rows.with_columns(
        *(identity_keys(rows[f"{role}_person"], key).alias(f"{role}_identity_key") for role in _ROLES),
        pl.lit(drop.drop_id).alias("drop_id"),
        pl.lit(outcome.business_date).alias("business_date"),
        pl.lit(drop.dropped_at).cast(pl.Datetime("us", "UTC")).alias("dropped_at"),
        pl.lit(drop.operator_id).alias("operator_id"),
        pl.col("seats").fill_null(1),
        pl.col("start_at").dt.strftime("%Y-%m").alias("month"),
    )
    lake.write(JOURNEYS, keyed.select(*JOURNEYS.columns, "month"), part)
    lake.write(IDENTITIES, _identities(keyed), part)


def _identities(keyed: pl.DataFrame) -> pl.DataFrame:
    people = []
    for role in _ROLES:
        phones = {"phone": f"{role}_e164", "phone_trunc": f"{role}_e164_trunc"}
        others = {
            name: f"{role}_{name}"
            for name in IDENTITIES.columns
            if name not in ("drop_id", "operator_id", "identity_key", *phones)
        }
        people.append(
            keyed.select(
                "drop_id",
                "operator_id",
                pl.col(f"{role}_identity_key").alias("identity_key"),
                *(pl.col(source).alias(name) for name, source in (phones | others).items()),
                "month",
            )
        )
    return pl.concat(people).unique().sort(pl.all()).select(*IDENTITIES.columns, "month")


def _write_rejected(
    rows: pl.DataFrame, reasons: pl.DataFrame, part: str, outcome: Outcome, lake: Lake
) -> None:
    if reasons.is_empty():
        return
    drop_id = pl.lit(outcome.drop.drop_id).alias("drop_id")
    wrong = rows.join(reasons.select("drop_row").unique(), on="drop_row", how="semi", maintain_order="left")
    named = reasons.join(rows.select("drop_row", "operator_journey_id"), on="drop_row", how="left").sort(
        "drop_row", "column", "rule_code"
    )
    lake.write(
        REJECTIONS,
        named.with_columns(drop_id, pl.lit(outcome.drop.operator_id).alias("operator_id")).select(
            *REJECTIONS.columns
        ),
        part,
    )
    cells = wrong.drop("drop_row", "is_conflict")
    raw = [json.dumps(row, ensure_ascii=False) for row in cells.to_dicts()]
    lake.write(REJECTED_ROWS, wrong.select(drop_id, "drop_row", pl.Series("raw", raw, pl.String)), part)
    outcome.rejected += wrong.height
    for column, code, count in reasons.group_by("column", "rule_code").len().iter_rows():
        outcome.reasons[column, code] += count


def _register_row(outcome: Outcome) -> pl.DataFrame:
    drop = outcome.drop
    return pl.DataFrame(
        {
            "drop_id": drop.drop_id,
            "operator_id": drop.operator_id,
            "file_name": drop.path.name,
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


def summary(outcomes: list[Outcome]) -> dict[str, int]:
    """Counts of a night: drops, refused drops, drops seen before, rows read, accepted, rejected."""
    return {
        "drops": len(outcomes),
        "refused_drops": sum(outcome.refused is not None for outcome in outcomes),
        "known_drops": sum(outcome.is_known for outcome in outcomes),
        "rows": sum(outcome.rows for outcome in outcomes),
        "accepted_rows": sum(outcome.accepted for outcome in outcomes),
        "rejected_rows": sum(outcome.rejected for outcome in outcomes),
    }
