"""The journeys behind a fund call as the authority receives them: its own pseudonyms, reasons in French.

A journey whose term ends before the call has to be paid is called with its line already reduced: the ledger's
digest and the amounts, nothing of its persons, times and places. So what is paid upon stays as it was
attested for the whole delay (CONVENTION 8.4), and no journey is shown past its term (JURIDIQUE étape 4.1).
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import polars as pl

from dagster_project.contracts.couple import ROLES
from dagster_project.contracts.terms import TERMS
from dagster_project.errors import DocumentError
from dagster_project.identity.keys import pseudonyms
from dagster_project.reports.shared.source import article_words, reason_words

_JOURNEYS = """
    select * exclude (campaign_id, authority_id, period_start_on, operator_id)
    from call_lines
    where operator_id = $operator_id and period_start_on = $period_start_on
    order by start_slot_at, journey_id, is_adjustment, movement
"""
_LINE = "(operator_id, period_start_on, journey_id, movement, is_adjustment)"
# What a line keeps when its journey may be shown no more: what it is paid for, and how much.
_KEPT = (
    *("campaign_id", "operator_name", "journey_id", "seats", "billed_m", "band", "payee", "movement"),
    *("movement_reason", "is_adjustment", "is_fee_only", "failed_tests", "is_cut_by_budget"),
    *("tariff_cents", "capped_cents", "incentive_cents", "fee_ex_vat_cents", "vat_cents"),
)
_WITHHELD = "détail retiré : trajet effacé, limité, ou au terme de sa conservation"
_OWN_TESTS = {
    "operateur": "opérateur hors liste",
    "periode": "hors de la période",
    "perimetre": "hors du périmètre",
}


def gather_lines(connection: duckdb.DuckDBPyConnection, campaign_id: str) -> duckdb.DuckDBPyConnection:
    """The connection, with the lines of all calls of one campaign, joined once for read_journeys.

    Raises DocumentError where a line stands twice.
    """
    connection.execute(
        "create or replace temp table call_lines as "
        "from authorities.authority_journeys where campaign_id = ?",
        [campaign_id],
    )
    doubled = f"select count(*) - count(distinct {_LINE}) from call_lines"
    (twice,) = connection.execute(doubled).fetchall()[0]
    if twice:
        raise DocumentError(f"{twice} line(s) of the calls of {campaign_id} stand more than once")
    return connection


def read_journeys(
    lines: Callable[[], duckdb.DuckDBPyConnection],
    row: dict[str, Any],
    tests: dict[str, str],
    pseudonym_key: bytes,
    shown_until: date | None = None,
) -> pl.DataFrame:
    """The lines of one call of the campaign gathered; `tests` names why a journey is not eligible, by test.

    `shown_until` is the day until which a closed call has to stay readable: what ends by then is reduced.
    """
    key = {name: row[name] for name in ("operator_id", "period_start_on")}
    journeys = lines().execute(_JOURNEYS, key).pl()
    journeys = journeys.with_columns(
        pseudonyms(journeys[f"{role}_identity_key"], row["authority_id"], pseudonym_key).alias(f"{role}_id")
        for role in ROLES
    ).drop("driver_identity_key", "passenger_identity_key")
    if shown_until:
        journeys = reduced(journeys, shown_until)
    journeys = journeys.drop("journey_digest")
    return _with_reasons(journeys, tests, article_words(row["budget_article"]))


def reduced(journeys: pl.DataFrame, until: date) -> pl.DataFrame:
    """The same lines; those of journeys whose term ends by that day (exports, Paris) only have _KEPT left."""
    is_due = pl.col("end_slot_at") < TERMS["exports"].kept_from(until)
    return journeys.with_columns(
        pl.when(is_due).then("journey_digest").otherwise("journey_id").alias("journey_id"),
        *(
            pl.when(~is_due.fill_null(False)).then(name).alias(name)
            for name in journeys.columns
            if name not in _KEPT
        ),
    )


def tests_of(connection: duckdb.DuckDBPyConnection, campaign_id: str) -> dict[str, str]:
    """Each test of a campaign in words, with its article."""
    articles = connection.execute(
        "select test_id, article from catalogue.campaign_tests where campaign_id = ?", [campaign_id]
    )
    return _OWN_TESTS | {
        test: " ".join([test.replace("_", " "), *([f"({article_words(article)})"] if article else [])])
        for test, article in articles.fetchall()
        if test not in _OWN_TESTS
    }


def _with_reasons(journeys: pl.DataFrame, tests: dict[str, str], budget: str) -> pl.DataFrame:
    """Why a journey is not paid, or not wholly: failed tests, a cap, the pot; why it shows amounts alone."""
    failed = pl.col("failed_tests").fill_null("").str.split("|").list.eval(pl.element().replace(tests))
    moved = {code: reason_words(code) for code in journeys["movement_reason"].unique().drop_nulls()}
    reason = (
        pl.when("is_fee_only")
        .then(pl.lit("commission facturée avant l’annulation ou la correction du trajet"))
        .when(pl.col("movement_reason") != "journey")
        .then(pl.col("movement_reason").replace_strict(moved, default=""))
        .when(failed.list.join("") != "")
        .then(pl.concat_str(pl.lit("non éligible : "), failed.list.join(" ; ")))
        .when("is_cut_by_budget")
        .then(pl.lit(f"budget épuisé ({budget})" if budget else "budget épuisé"))
        .when(pl.col("capped_cents") < pl.col("tariff_cents"))
        .then(pl.lit("plafond atteint"))
        .otherwise(pl.lit(""))
    )
    withheld = pl.when(pl.col("driver_id").is_null()).then(pl.lit(_WITHHELD)).otherwise(pl.lit(""))
    both = pl.concat_list(reason, withheld).list
    reasons = both.eval(pl.element().filter(pl.element() != "")).list.join(" ; ")
    # Band 0 where an adjustment alone gave the amount; no band where there is none.
    band = pl.when(pl.col("tariff_cents") != 0).then(pl.col("band").fill_null(0)).otherwise("band")
    return journeys.with_columns(
        reasons.alias("reason"), band.alias("band"), pl.col("is_adjustment") | pl.col("is_fee_only")
    ).drop("is_fee_only", "failed_tests", "is_cut_by_budget", "movement", "movement_reason")
