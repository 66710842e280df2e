"""Why a campaign pays what it pays for one journey: what the models found, step by step.

Nothing is evaluated here: outcomes, counters and amounts are read; only words and bounds come from the file.
Not here: the page (explain_page).
"""

from decimal import Decimal
from typing import Any

import duckdb
import polars as pl

from dagster_project.campaigns.compile.parts import UNITS_PER_CENT
from dagster_project.campaigns.language.model import Campaign
from dagster_project.campaigns.language.words import (
    adjustment_words,
    cap_words,
    share_words,
    test_words,
    value_words,
)
from dagster_project.catalogue import catalogue
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.settings import settings
from dagster_project.simulation.evaluate import evaluating, in_order
from dagster_project.simulation.simulate import active_journeys
from dagster_project.warehouse.cache import reading


class ExplainError(Exception):
    """There is nothing to explain; the message says why and what to do."""


_SQL = statements(__file__)


def of_night(lake: Lake, campaign: Campaign, operator_id: str, journey_id: str) -> dict[str, Any]:
    """What the last night found. Raises ExplainError, BuildError, and FileNotFoundError before any night."""
    with reading(lake) as connection:
        states = connection.execute(
            "select outcome, refusal_codes from active.journeys "
            "where operator_id = ? and operator_journey_id = ?",
            [operator_id, journey_id],
        ).fetchall()
        if not states:
            raise ExplainError(
                f"l'opérateur {operator_id} n'a pas de trajet {journey_id} dans la base active ; vérifier "
                "les deux identifiants (un trajet rejeté n'y est pas : voir `entrepot feedback`)"
            )
        outcome, codes = states[0]
        if outcome != "valid":
            if outcome == "cancelled":
                outcome_words = "annulé par l'opérateur"
            else:
                outcome_words = (
                    "refusé (" + " ; ".join(f"{code} : {RULES[code].sentence}" for code in codes) + ")"
                )
            raise ExplainError(f"le trajet {journey_id} est {outcome_words} : aucune campagne ne le paie")
        explanation = of_build(connection, campaign, operator_id, journey_id)
        if explanation:
            calls = _all(connection, _SQL["call"], _named(campaign, operator_id, journey_id))
            return explanation | {"fund_call": _call(campaign, calls[0] if calls else None)}
    # The night leaves out what is not the campaign's matter: that goes alone through the same models.
    alone = active_journeys(lake).filter(
        pl.col("operator_id") == operator_id, pl.col("operator_journey_id") == journey_id
    )
    explanation = of_journeys(alone, campaign, operator_id, journey_id)
    return explanation | {"fund_call": _call(campaign, None)}


def of_journeys(
    journeys: pl.DataFrame,
    campaign: Campaign,
    operator_id: str,
    journey_id: str,
    opening: pl.DataFrame | None = None,
) -> dict[str, Any]:
    """What a campaign, a draft perhaps, makes of one journey of many. Raises ExplainError, BuildError."""
    root = settings().catalogue
    operators, authorities = catalogue.operators(root), catalogue.authorities(root)
    with evaluating(
        [campaign], in_order(journeys), opening, operators=operators, authorities=authorities
    ) as connection:
        explanation = of_build(connection, campaign, operator_id, journey_id)
    if not explanation:
        raise ExplainError(
            f"l'opérateur {operator_id} n'a pas de trajet {journey_id} parmi ceux-ci ; vérifier les deux"
        )
    return explanation | {"fund_call": _call(campaign, None, is_simulated=True)}


def of_build(
    connection: duckdb.DuckDBPyConnection, campaign: Campaign, operator_id: str, journey_id: str
) -> dict[str, Any] | None:
    """Every step from the tests to the budget; None where the build has not both journey and campaign."""
    rows = _all(connection, _SQL["amount"], _named(campaign, operator_id, journey_id))
    if not rows:
        return None
    pair = {name: rows[0][name] for name in ("campaign_number", "journey_number")}
    row = _all(connection, _SQL["steps"], pair)[0] | rows[0]
    facts = _all(connection, _SQL["facts"], {"journey_number": row["journey_number"]})[0]
    tests = connection.execute(
        "select test_id, article from catalogue.campaign_tests where campaign_id = ? order by test_order",
        [campaign.id],
    ).fetchall()
    caps = _all(
        connection,
        "from campaigns.campaign_cap_steps where campaign_number = $campaign_number "
        "and journey_number = $journey_number order by position",
        pair,
    )
    return {
        "campaign": campaign.id,
        "campaign_name": campaign.nom,
        "convention": campaign.convention,
        "operator": operator_id,
        "journey": journey_id,
        "facts": facts,
        "tests": [_test(campaign, facts, name, article, row["failed_tests"]) for name, article in tests],
        "is_eligible": row["is_eligible"],
        "tariff": _tariff(campaign, row),
        "caps": [_cap(campaign, cap) for cap in caps],
        "budget": {
            "before_cents": row["left_before_cents"],
            "incentive_cents": row["incentive_cents"],
            "fee_ex_vat_cents": row["fee_ex_vat_cents"],
            "vat_cents": row["vat_cents"],
            "is_limited": campaign.budget.limit(facts["start_at"], campaign.zone) is not None,
            "is_fee_covered": "commission_ttc" in campaign.budget.couvre,
            "is_cut": row["is_cut_by_budget"],
            "article": campaign.budget.article,
            "fee_article": campaign.commission.article if campaign.commission else None,
        },
        "payee": {
            "who": row["payee"],
            "passenger_percent": row["passenger_percent"],
            "passenger_cents": row["incentive_cents"] * (row["passenger_percent"] or 0) // 100,
            "article": row["payee_article"],
        },
    }


def _call(campaign: Campaign, row: dict[str, Any] | None, is_simulated: bool = False) -> dict[str, Any]:
    call = row or {}
    return {
        "is_simulated": is_simulated,
        "rhythm": campaign.appels_de_fonds.rythme,
        "from": call.get("period_start_on"),
        "to": call.get("period_end_on"),
        "number": call.get("call_number"),
        "is_closed": call.get("is_closed"),
        "article": campaign.appels_de_fonds.article,
    }


def _named(campaign: Campaign, operator_id: str, journey_id: str) -> dict[str, Any]:
    return {"campaign_id": campaign.id, "operator_id": operator_id, "journey_id": journey_id}


def _all(connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    return list(connection.execute(query, values).pl().to_dicts())


def _test(
    campaign: Campaign, facts: dict[str, Any], name: str, article: str | None, failed: list[str]
) -> dict[str, Any]:
    bound, value = test_words(campaign, name, facts), value_words(campaign, name, facts)
    return {"test": name, "bound": bound, "value": value, "holds": name not in failed, "article": article}


def _tariff(campaign: Campaign, row: dict[str, Any]) -> dict[str, Any]:
    bands = [(table, band) for table in campaign.tarif.all_tables for band in table.tranches or []]
    parts = []
    for reached in row["band_units"] or []:
        table, band = bands[reached["band"] - 1]
        own = (band.de_m, band.a_m) if table.mode == "cumul" else (0, None)
        words = share_words(band, campaign.tarif.par, own, row["billed_m"], row["seats"])
        part = {"band": reached["band"], "from_m": band.de_m, "to_m": band.a_m, "rule": words}
        parts.append(part | {"cents": _exact(reached["units"])})
    steps = len(campaign.tarif.ajustements)
    after = [*(row[f"units_before_{place}"] for place in range(2, steps + 1)), row["units"]][:steps]
    return {
        "table": row["table_id"],
        "article": row["table_article"],
        "is_ambiguous": row["is_ambiguous"],
        "tables_in_force": row["tables_in_force"],
        "declared_m": row["distance_m"],
        "billed_m": row["billed_m"],
        "seats": row["seats"],
        "bands": parts,
        "adjustments": [
            {
                "rule": adjustment_words(step, campaign.tarif.par),
                "before_cents": _exact(row[f"units_before_{place}"]),
                "after_cents": _exact(end),
                "article": step.article,
            }
            for place, (step, end) in enumerate(zip(campaign.tarif.ajustements, after, strict=True), 1)
            if row[f"is_adjusted_{place}"]
        ],
        "exact_cents": _exact(row["units"]),
        "rounded_cents": row["tariff_cents"],
    }


def _cap(campaign: Campaign, step: dict[str, Any]) -> dict[str, Any]:
    before = (
        min(step["counter_before"], step["maximum"]) if step["counts"] != "sieges" else step["counter_before"]
    )
    return {
        "cap": step["cap_id"],
        "rule": cap_words(campaign, step["cap_id"]),
        "maximum": step["maximum"],
        "counter_before": before,
        "counter_after": before + step["counted"],
        "before_cents": step["cents_before"],
        "after_cents": step["cents_after"],
        "article": step["article"],
    }


def _exact(units: int | None) -> str | None:
    """Cents as an exact decimal."""
    return None if units is None else f"{(Decimal(units) / UNITS_PER_CENT).normalize():f}"
