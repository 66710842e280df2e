"""What the base knows of the persons whom an operator asks for: valid journeys of a period, counted.

The full phone proves that a person is one across operators; a truncated one with an operator's id is that
operator's alone. An operator is told of persons whose valid journeys of the period it has itself sent. Why:
D-211.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from dagster_project.contracts.lake_tables import IDENTITIES
from dagster_project.contracts.rights import RESTRICTIONS
from dagster_project.files.statements import statements
from dagster_project.identity.keys import identity_keys, person, request_digests
from dagster_project.lake.store import Lake

_SQL = statements(__file__)
_PARTS = ("operator_id", "phone", "phone_trunc", "user_id")


@dataclass(frozen=True)
class Counted:
    """By line of the request; a person without a row in `totals` has nothing that may be attested.

    `detail`: operator_id, role, operator_class, days, journeys, hectometres, in order. `totals`: days,
    last_ended_on. `digests`: the keyed digest of whom a line asks for. `limited`: lines of persons known to
    the operator whose processing is limited.
    """

    detail: pl.DataFrame
    totals: pl.DataFrame
    digests: dict[int, str]
    limited: frozenset[int]


def count(
    lake: Lake, connection: duckdb.DuckDBPyConnection, operator_id: str, asked: pl.DataFrame
) -> Counted:
    """Count the journeys of the persons asked for (request.Request.asked). Raises KeyFileError.

    Hectometres: of each row the metres, rounded once. A total of days counts a day once.
    """
    secret = lake.secret("identity")
    own = _keyed(asked.with_columns(operator_id=pl.lit(operator_id)), secret)
    near = _near(lake, operator_id, asked, own)
    keys = pl.concat([own, *_linked(operator_id, asked, own, near, secret)]).unique(maintain_order=True)
    connection.register("asked", asked)
    connection.register("keys", keys)
    courses = connection.execute(_SQL["courses"], {"operator_id": operator_id}).pl()
    limited_keys = lake.read(RESTRICTIONS)["identity_key"]
    known = keys.filter(
        pl.col("identity_key").is_in(near.filter(operator_id=operator_id)["identity_key"].implode())
    )
    limited = keys.filter(pl.col("identity_key").is_in(limited_keys.implode()))["line"]
    is_own = pl.col("operator_id") == operator_id
    totals = courses.group_by("line").agg(
        pl.col("start_on").n_unique().alias("days"),
        pl.col("ended_on").max().alias("last_ended_on"),
        is_own.any().alias("is_own"),
    )
    totals = totals.filter("is_own", ~pl.col("line").is_in(limited.implode())).drop("is_own").sort("line")
    detail = (
        courses.group_by("line", "operator_id", "role", "operator_class")
        .agg(
            pl.col("start_on").n_unique().alias("days"),
            pl.len().cast(pl.Int64).alias("journeys"),
            ((pl.col("distance_m").sum() + 50) // 100).cast(pl.Int64).alias("hectometres"),
        )
        .join(totals, on="line", how="semi")
        .sort("line", "operator_id", "role", "operator_class")
    )
    digests = dict(zip(own["line"], request_digests(own["identity_key"], secret), strict=True))
    return Counted(detail, totals, digests, frozenset(limited) & frozenset(known["line"]))


def _near(lake: Lake, operator_id: str, asked: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    with lake.session() as session:
        session.register("asked", asked)
        session.register("keys", own)
        session.execute(f"create temp view identities as from {lake.source(IDENTITIES)}")
        return session.execute(_SQL["near"], {"operator_id": operator_id}).pl()


def _linked(
    operator_id: str, asked: pl.DataFrame, own: pl.DataFrame, near: pl.DataFrame, secret: bytes
) -> list[pl.DataFrame]:
    """The other keys of a person whom an operator has sent in both ways, under one id."""
    named = near.rename({"operator_user_id": "user_id"}).with_columns(cut=pl.col("phone").str.head(-2))
    accounts = own.join(named, on="identity_key").filter(pl.col("phone").is_not_null())
    accounts = accounts.select(
        "line",
        "operator_id",
        pl.lit(None, pl.String).alias("phone"),
        pl.col("cut").alias("phone_trunc"),
        "user_id",
    )
    by_account = asked.filter(pl.col("phone").is_null()).select("line", "phone_trunc", "user_id")
    lines = by_account.join(
        named.filter(operator_id=operator_id).select("user_id", pl.col("cut").alias("phone_trunc"), "phone"),
        on=["user_id", "phone_trunc"],
    ).with_columns(operator_id=pl.lit(operator_id))
    return [_keyed(accounts, secret), _keyed(lines, secret)]


def _keyed(persons: pl.DataFrame, secret: bytes) -> pl.DataFrame:
    """Line and identity key of each person that can be named."""
    texts = persons.select("line", text=person(*(pl.col(name) for name in _PARTS))).drop_nulls()
    return texts.select("line", identity_keys(texts["text"], secret).alias("identity_key"))
