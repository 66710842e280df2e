"""Why a campaign pays what it pays for one journey: the tables that the night built, put in French.

Nothing is evaluated here: outcomes, counters and amounts are read; only words and bounds come from the file.
"""

from decimal import Decimal
from typing import Any

import duckdb

from dagster_project.campaigns.model import Campaign
from dagster_project.campaigns.parts import UNITS_PER_CENT
from dagster_project.campaigns.words import (
    adjustment_words,
    cap_words,
    cents,
    share_words,
    test_words,
    value_words,
)
from dagster_project.lake import Lake
from dagster_project.warehouse import reading


class ExplainError(Exception):
    """There is nothing to explain; the message says why."""


_ROW = """
select incentives.*, campaigns.campaign_number, tables.table_id, tables.article as table_article,
    tariffs.* exclude (campaign_number, journey_number, clauses, seats, billed_m, band, tariff_cents),
    calls.period_start_on, calls.period_end_on, calls.call_number, calls.is_closed
from campaigns.campaign_incentives as incentives
join catalogue.campaigns as campaigns using (campaign_id)
join campaigns.int_campaign_clauses as pairs
    on campaigns.campaign_number = pairs.campaign_number and incentives.journey_number = pairs.journey_number
join campaigns.int_campaign_verdicts as verdicts
    on pairs.campaign_number = verdicts.campaign_number and pairs.clauses = verdicts.clauses
left join catalogue.campaign_tables as tables
    on campaigns.campaign_number = tables.campaign_number and verdicts.table_number = tables.table_number
left join campaigns.int_campaign_tariffs as tariffs
    on campaigns.campaign_number = tariffs.campaign_number
    and incentives.journey_number = tariffs.journey_number
left join (
    select campaign_id, operator_id, operator_journey_id, max(call_start_on) as period_start_on
    from finance.ledger_lines
    where kind = 'incentive' and movement = 'entry'
    group by all
) as claimed
    on incentives.campaign_id = claimed.campaign_id and incentives.operator_id = claimed.operator_id
    and incentives.operator_journey_id = claimed.operator_journey_id
left join finance.fund_calls as calls
    on claimed.campaign_id = calls.campaign_id and claimed.operator_id = calls.operator_id
    and claimed.period_start_on = calls.period_start_on
where incentives.campaign_id = ? and incentives.operator_id = ? and incentives.operator_journey_id = ?
"""

_FACTS = """
select journeys.start_at, journeys.operator_class, journeys.distance_m, journeys.seats,
    journeys.passenger_over_18, journeys.passenger_contribution_cents, journeys.driver_revenue_cents,
    start_area.commune as start_commune, end_area.commune as end_commune
from active.int_evaluated_journeys as journeys
left join active.int_evaluated_areas as start_area on journeys.start_area_id = start_area.area_id
left join active.int_evaluated_areas as end_area on journeys.end_area_id = end_area.area_id
where journeys.operator_id = ? and journeys.operator_journey_id = ?
"""


def explanation(lake: Lake, campaign: Campaign, operator_id: str, journey_id: str) -> dict[str, Any]:
    """Every step from the tests to the fund call. Raises ExplainError, FileNotFoundError before any night."""
    with reading(lake) as connection:
        facts = _one(connection, _FACTS, [operator_id, journey_id])
        if facts is None:
            raise ExplainError(f"{operator_id} has no valid journey {journey_id}; check both ids")
        row = _one(connection, _ROW, [campaign.id, operator_id, journey_id])
        if row is None:
            raise ExplainError(
                f"journey {journey_id} is outside the period or the perimeter of {campaign.id}: "
                "the campaign pays nothing for it"
            )
        tests = connection.execute(
            "select test_id, article from catalogue.campaign_tests where campaign_id = ? order by test_order",
            [campaign.id],
        ).fetchall()
        caps = _all(
            connection,
            "select * from campaigns.campaign_cap_steps where campaign_number = ? and journey_number = ? "
            "order by position",
            [row["campaign_number"], row["journey_number"]],
        )
    return {
        "campaign": campaign.id,
        "operator": operator_id,
        "journey": journey_id,
        "facts": facts,
        "tests": [_test(campaign, facts, name, article, row["failed_tests"]) for name, article in tests],
        "is_eligible": row["is_eligible"],
        "tariff": _tariff(campaign, row),
        "caps": [_cap(campaign, one) for one in caps],
        "budget": {
            "before_cents": row["left_before_cents"],
            "incentive_cents": row["incentive_cents"],
            "fee_ex_vat_cents": row["fee_ex_vat_cents"],
            "vat_cents": row["vat_cents"],
            "is_cut": row["is_cut_by_budget"],
            "article": campaign.budget.article,
        },
        "fund_call": {
            "from": row["period_start_on"],
            "to": row["period_end_on"],
            "number": row["call_number"],
            "is_closed": row["is_closed"],
            "article": campaign.appels_de_fonds.article,
        },
    }


def _one(connection: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> dict[str, Any] | None:
    rows = _all(connection, query, values)
    return rows[0] if rows else None


def _all(connection: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    return list(connection.execute(query, values).pl().to_dicts())


def _test(
    campaign: Campaign, facts: dict[str, Any], name: str, article: str | None, failed: list[str]
) -> dict[str, Any]:
    bound, value = test_words(campaign, name), value_words(campaign, name, facts)
    return {"test": name, "bound": bound, "value": value, "holds": name not in failed, "article": article}


def _tariff(campaign: Campaign, row: dict[str, Any]) -> dict[str, Any]:
    bands = [(table, band) for table in campaign.tarif.all_tables for band in table.tranches or []]
    parts = []
    for found in row["band_units"] or []:
        table, band = bands[found["band"] - 1]
        words = share_words(band, band.par or campaign.tarif.par)
        parts.append(
            {
                "band": found["band"],
                "from_m": band.de_m,
                "to_m": band.a_m,
                "rule": words,
                "mode": table.mode,
                "cents": _exact(found["units"]),
            }
        )
    steps = len(campaign.tarif.ajustements)
    after = [*(row[f"units_before_{place}"] for place in range(2, steps + 1)), row["units"]][:steps]
    return {
        "table": row["table_id"],
        "article": row["table_article"],
        "is_ambiguous": row["is_ambiguous"],
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


def sentences(found: dict[str, Any]) -> str:
    """The explanation as a page that can be checked by hand."""
    tariff, budget, call = found["tariff"], found["budget"], found["fund_call"]
    lines = [
        f"Campagne {found['campaign']}, opérateur {found['operator']}, trajet {found['journey']}",
        "",
        "Conditions",
    ]
    for one in found["tests"]:
        verdict = "oui" if one["holds"] else "NON"
        lines.append(f"  [{verdict}] {one['test']} : {one['bound']} — ici : {one['value']}{_article(one)}")
    lines += ["", "Tarif"]
    if not found["is_eligible"]:
        lines.append("  le trajet n'est pas éligible : 0 ct")
    elif tariff["is_ambiguous"]:
        lines.append("  plusieurs tables s'appliquent : rien n'est payé tant que le fichier ne tranche pas")
    elif tariff["table"] is None:
        lines.append("  aucune table ne s'applique : 0 ct")
    else:
        lines.append(
            f"  table {tariff['table']}{_article(tariff)}, distance déclarée {tariff['declared_m']} m, "
            f"facturée {tariff['billed_m']} m, {tariff['seats']} siège(s)"
        )
        for part in tariff["bands"]:
            end = f"à {part['to_m']} m" if part["to_m"] is not None else "et au-delà"
            lines.append(f"  tranche {part['from_m']} m {end} : {part['rule']} = {part['cents']} ct")
        for step in tariff["adjustments"]:
            told = f"{step['before_cents']} ct → {step['after_cents']} ct"
            lines.append(f"  {step['rule']} : {told}{_article(step)}")
        lines.append(f"  arrondi au centime : {tariff['exact_cents']} ct → {tariff['rounded_cents']} ct")
    lines += ["", "Plafonds"] if found["caps"] else []
    for one in found["caps"]:
        lines.append(
            f"  {one['cap']} : {one['rule']} ; compteur {one['counter_before']} → {one['counter_after']} "
            f"sur {one['maximum']} ; {one['before_cents']} ct → {one['after_cents']} ct{_article(one)}"
        )
    lines += ["", "Budget"]
    if budget["before_cents"] is None:
        lines.append("  le trajet ne demande rien au budget")
    else:
        after = budget["before_cents"] - budget["incentive_cents"]
        told = f"{cents(budget['before_cents'])}, après l'incitation : {cents(after)}"
        lines.append(f"  reste avant : {told}{_article(budget)}")
        if budget["is_cut"]:
            lines.append("  le budget ne suffit plus : le trajet reçoit ce qui reste")
    lines.append(f"  incitation versée : {cents(budget['incentive_cents'])}")
    lines.append(f"  commission : {cents(budget['fee_ex_vat_cents'])} HT, TVA {cents(budget['vat_cents'])}")
    if call["number"] is not None:
        state = "close" if call["is_closed"] else "en cours, provisoire"
        lines += [
            "",
            f"Appel de fonds n° {call['number']}, du {call['from']} au {call['to']} ({state})"
            + _article(call),
        ]
    return "\n".join(lines)


def _article(one: dict[str, Any]) -> str:
    return f" (article {one['article']})" if one["article"] else ""
