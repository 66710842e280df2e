"""The journeys behind a fund call as the authority receives them: its own pseudonyms, reasons in French."""

from typing import Any

import duckdb
import polars as pl

from dagster_project.identity.keys import pseudonyms
from dagster_project.reports.source import article_words, reason_words

_JOURNEYS = """
    select * exclude (campaign_id, authority_id, period_start_on, operator_id)
    from authorities.authority_journeys
    where campaign_id = $campaign_id and operator_id = $operator_id and period_start_on = $period_start_on
    order by start_slot_at, journey_id, is_adjustment, movement
"""
_OWN_TESTS = {
    "operateur": "opérateur hors liste",
    "periode": "hors de la période",
    "perimetre": "hors du périmètre",
}


def read_journeys(
    connection: duckdb.DuckDBPyConnection,
    row: dict[str, Any],
    tests: dict[str, str],
    pseudonym_key: bytes,
) -> pl.DataFrame:
    """The lines of one call; `tests` names why a journey is not eligible, by test."""
    key = {name: row[name] for name in ("campaign_id", "operator_id", "period_start_on")}
    journeys = connection.execute(_JOURNEYS, key).pl()
    journeys = journeys.with_columns(
        pseudonyms(journeys[f"{role}_identity_key"], row["authority_id"], pseudonym_key).alias(f"{role}_id")
        for role in ("driver", "passenger")
    ).drop("driver_identity_key", "passenger_identity_key")
    return _with_reasons(journeys, tests, article_words(row["budget_article"]))


def tests_in_words(articles: dict[str, str | None]) -> dict[str, str]:
    """Each test of a campaign in words, with its article."""
    return _OWN_TESTS | {
        test: " ".join([test.replace("_", " "), *([f"({article_words(article)})"] if article else [])])
        for test, article in articles.items()
        if test not in _OWN_TESTS
    }


def _with_reasons(journeys: pl.DataFrame, tests: dict[str, str], budget: str) -> pl.DataFrame:
    """Why a journey is not paid, or not wholly: failed tests with their articles, a cap, or the pot."""
    failed = pl.col("failed_tests").fill_null("").str.split("|").list.eval(pl.element().replace(tests))
    moved = {one: reason_words(one) for one in journeys["movement_reason"].unique().drop_nulls()}
    reason = (
        pl.when(pl.col("driver_id").is_null())
        .then(pl.lit("trajet effacé ou limité à la demande d’une personne, ou à son terme"))
        .when("is_fee_only")
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
    # Band 0 where an adjustment alone gave the amount; no band where there is none.
    band = pl.when(pl.col("tariff_cents") != 0).then(pl.col("band").fill_null(0)).otherwise("band")
    return journeys.with_columns(
        reason.alias("reason"), band.alias("band"), pl.col("is_adjustment") | pl.col("is_fee_only")
    ).drop("is_fee_only", "failed_tests", "is_cut_by_budget", "movement", "movement_reason")
