"""Judged rows → the lake: journeys, cancellations, identities, findings, rejected rows, part by batch."""

from collections import Counter
from datetime import date

import polars as pl

from dagster_project.contracts.couple import ROLES
from dagster_project.contracts.lake_tables import (
    CANCELLATIONS,
    FINDINGS,
    IDENTITIES,
    INSTANT,
    JOURNEYS,
    REJECTED_ROWS,
)
from dagster_project.drops.read import Batch
from dagster_project.drops.taken import Drop
from dagster_project.identity.keys import identity_keys
from dagster_project.identity.phones import normalised
from dagster_project.lake.store import Lake


def write_accepted(
    lake: Lake, part: str, drop: Drop, business_date: date, rows: pl.DataFrame, identity_key: bytes
) -> None:
    """Write accepted rows as journeys, and the people in them as identities."""
    if rows.is_empty():
        return
    keyed = rows.with_columns(
        *(
            identity_keys(rows[f"{role}_person"], identity_key).alias(f"{role}_identity_key")
            for role in ROLES
        ),
        *_origin(drop, business_date),
        pl.col("seats").fill_null(1),
        pl.col("start_at").dt.strftime("%Y-%m").alias("month"),
    )
    lake.write(JOURNEYS, keyed.select(*JOURNEYS.columns, "month"), part)
    lake.write(IDENTITIES, _identities(keyed), part)


def write_cancelled(lake: Lake, part: str, drop: Drop, business_date: date, rows: pl.DataFrame) -> None:
    """Write the ids of the journeys that rows cancel."""
    if rows.height:
        of_drop = rows.with_columns(*_origin(drop, business_date))
        lake.write(CANCELLATIONS, of_drop.select(*CANCELLATIONS.columns), part)


def _origin(drop: Drop, business_date: date) -> list[pl.Expr]:
    return [
        pl.lit(drop.drop_id).alias("drop_id"),
        pl.lit(business_date).alias("business_date"),
        pl.lit(drop.dropped_at).cast(INSTANT).alias("dropped_at"),
        pl.lit(drop.operator_id).alias("operator_id"),
    ]


def _identities(keyed: pl.DataFrame) -> pl.DataFrame:
    people = []
    for role in ROLES:
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
    first = pl.concat(people).unique(["identity_key", "month"], keep="first", maintain_order=True)
    return first.select(*IDENTITIES.columns, "month")


def write_findings(
    lake: Lake, part: str, drop: Drop, batch: Batch, accepted: pl.Series, findings: pl.DataFrame
) -> Counter[tuple[str, str]]:
    """Write what is wrong with rows, and those not `accepted` (their `drop_row`) as sent.

    Returns how many findings there are by (column, code).
    """
    of_rows = findings.join(
        batch.rows.select("drop_row", "drop_line", "operator_journey_id"), on="drop_row", how="left"
    )
    of_lines = batch.broken.drop("raw").with_columns(severity=pl.lit("error"))
    every = pl.concat([of_rows, of_lines.select(of_rows.columns)])
    if every.is_empty():
        return Counter()
    drop_id = pl.lit(drop.drop_id).alias("drop_id")
    every = every.with_columns(
        drop_id,
        pl.lit(drop.operator_id).alias("operator_id"),
        _without_person(every["operator_journey_id"]).alias("operator_journey_id"),
    )
    lake.write(FINDINGS, every.select(*FINDINGS.columns).sort("drop_row", "column", "rule_code"), part)
    wrong = batch.rows.filter(~pl.col("drop_row").is_in(accepted.implode()))
    cells = pl.struct(pl.exclude("drop_row", "drop_line")).struct.json_encode().alias("raw")
    rejected = pl.concat([wrong.select("drop_row", cells), batch.broken.select("drop_row", "raw")])
    if rejected.height:
        lake.write(REJECTED_ROWS, rejected.select(drop_id, "drop_row", "raw").sort("drop_row"), part)
    counts = every.group_by("column", "rule_code").len()
    return Counter({(column, code): count for column, code, count in counts.iter_rows()})


def _without_person(ids: pl.Series) -> pl.Series:
    """Ids as sent, cut to 64 characters; empty where a phone or an address stands in their place."""
    short = ids.str.slice(0, 64)
    is_person = normalised(ids).is_not_null() | ids.str.contains("@", literal=True)
    return short.zip_with(~is_person.fill_null(False), pl.Series([None], dtype=pl.String))
