"""Judged rows → rows of the lake's tables: journeys, cancellations, identities, findings.

Each keeps its `part`, the name of its file. Not here: how a file is written (lake).
"""

import polars as pl

from dagster_project.contracts.couple import ROLES
from dagster_project.contracts.lake_tables import CANCELLATIONS, FINDINGS, IDENTITIES, JOURNEYS, Table
from dagster_project.identity.keys import identity_keys
from dagster_project.identity.phones import normalised


def accepted(rows: pl.DataFrame, identity_key: bytes) -> list[tuple[Table, pl.DataFrame]]:
    """Accepted rows as journeys, and the people in them as identities."""
    keyed = rows.with_columns(
        *(
            identity_keys(rows[f"{role}_person"], identity_key).alias(f"{role}_identity_key")
            for role in ROLES
        ),
        pl.col("seats").fill_null(1),
        pl.col("start_at").dt.strftime("%Y-%m").alias("month"),
    )
    return [
        (JOURNEYS, keyed.select(*JOURNEYS.columns, "month", "part")),
        (IDENTITIES, _identities(keyed)),
    ]


def cancelled(rows: pl.DataFrame) -> pl.DataFrame:
    """The ids of the journeys that rows cancel."""
    return rows.select(*CANCELLATIONS.columns, "part")


def findings(of_rows: pl.DataFrame, broken: pl.DataFrame) -> pl.DataFrame:
    """What is wrong with rows, and with lines that make none."""
    of_lines = broken.with_columns(severity=pl.lit("error"))
    every = pl.concat([of_rows.select(*FINDINGS.columns, "part"), of_lines.select(*FINDINGS.columns, "part")])
    shown = every.with_columns(_without_person(every["operator_journey_id"]).alias("operator_journey_id"))
    return shown.sort("part", "drop_row", "column", "rule_code")


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
                "part",
            )
        )
    first = pl.concat(people).unique(["part", "identity_key", "month"], keep="first", maintain_order=True)
    return first.select(*IDENTITIES.columns, "month", "part")


def _without_person(ids: pl.Series) -> pl.Series:
    """Ids as sent, cut to 64 characters; empty where a phone or an address stands in their place."""
    short = ids.str.slice(0, 64)
    is_person = normalised(ids).is_not_null() | ids.str.contains("@", literal=True)
    return short.zip_with(~is_person.fill_null(False), pl.Series([None], dtype=pl.String))
