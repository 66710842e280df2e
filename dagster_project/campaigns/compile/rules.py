"""Campaigns → rule rows: conditions as clause masks, tariffs and caps as numbers.

A rule is in force for a journey where all bits of its `clause_mask` are among the journey's clauses.
Not here: the catalogue's other tables (rows).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import reduce
from operator import or_
from typing import Any

from dagster_project.campaigns.compile.clauses import Compiler
from dagster_project.campaigns.compile.logic import Clauses
from dagster_project.campaigns.compile.parts import UNITS_PER_CENT, alternatives, simple_price
from dagster_project.campaigns.compile.rule_tables import RULE_SCHEMAS
from dagster_project.campaigns.language.acceptance import graces
from dagster_project.campaigns.language.conditions import Condition, Dated
from dagster_project.campaigns.language.located import operator_names
from dagster_project.campaigns.language.model import Campaign
from dagster_project.campaigns.language.tariff import Adjustment
from dagster_project.campaigns.language.territories import selector_rows
from dagster_project.campaigns.language.words import price_words, table_words
from dagster_project.contracts.moments import first_instant, last_instant

_NO_START, _NO_END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def rule_rows(campaigns: list[Campaign], operators: Iterable[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """The rows of every rule table. Raises ValueError where a campaign is too large.

    `operators` are those that the catalogue knows: a campaign may mean any of them.
    """
    known = sorted(operators)
    named = {name for campaign in campaigns for name in operator_names(campaign)}
    numbers = {name: number for number, name in enumerate(sorted(named), 1)}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in RULE_SCHEMAS}
    rows["campaign_operators"] = [
        {"operator_id": name, "operator_number": number} for name, number in numbers.items()
    ]
    for campaign_number, campaign in enumerate(campaigns, 1):
        key = {"campaign_id": campaign.id, "campaign_number": campaign_number}
        for table, table_rows in _campaign(campaign, Compiler(campaign, numbers), known).items():
            rows[table] += [key | row for row in table_rows]
    return rows


def _campaign(
    campaign: Campaign, compiler: Compiler, operators: list[str]
) -> dict[str, list[dict[str, Any]]]:
    tests = _tests(campaign, compiler)
    rows = {
        "campaign_tests": tests,
        "campaigns": [_one_row(campaign, compiler, tests)],
        **_tariff(campaign, compiler),
        "campaign_payees": [
            {
                "position": position,
                "payee": payee.qui,
                "passenger_percent": payee.passenger_percent,
                "clause_mask": compiler.mask(compiler.rule(payee)),
                "article": payee.article,
            }
            for position, payee in enumerate(campaign.beneficiaire, 1)
        ],
        "campaign_caps": [
            {
                "position": position,
                "cap_id": cap.nom,
                "clause_mask": compiler.mask(compiler.rule(cap.quand, cap)),
                "counts": cap.compte,
                "whose": cap.par,
                "cap_window": cap.fenetre,
                "maximum": cap.maximum,
                "time_zone": campaign.cap_zone(cap),
                "article": cap.article,
            }
            for position, cap in enumerate(campaign.plafonds, 1)
        ],
    }
    rows["campaign_forecasts"] = [
        {"operator_id": operator_id, "from_on": forecast.du, "forecast_cents": euros * 100}
        for forecast in (campaign.acompte.previsions if campaign.acompte else [])
        for operator_id, euros in forecast.euros.items()
    ]
    rows["campaign_graces"] = graces(campaign, operators)
    rows["campaign_pots"] = [
        {
            "pot": pot,
            "from_on": day or date.min,
            "from_at": first_instant(day, campaign.zone) if day else _NO_START,
            "pot_cents": cents,
        }
        for pot, (day, cents) in enumerate(campaign.budget.pots, 1)
    ]
    for name, selector in compiler.selectors.items():
        mask, year = 1 << compiler.bits[name], compiler.years[name]
        for table, table_rows in selector_rows(name, selector, mask, year).items():
            rows.setdefault(table, []).extend(table_rows)
    rows["campaign_clauses"] = [
        {"clause_mask": 1 << number} | literal._asdict()
        for clause, number in compiler.numbers.items()
        for literal in sorted(clause)
    ]
    return rows


def _tests(campaign: Campaign, compiler: Compiler) -> list[dict[str, Any]]:
    without = set(campaign.commission.sans_test) if campaign.commission else set()
    period, perimeter = campaign.periode, campaign.perimetre
    open_end = period.jusqu_a_epuisement
    within = Dated(du=period.du, au=None if open_end else period.au)
    given: list[tuple[str, Clauses, str | None]] = [
        ("periode", compiler.period(within), period.article),
        ("operateur", compiler.operators(), None),
        *((test.nom, compiler.test(test), test.article) for test in campaign.eligibilite),
    ]
    if perimeter:
        guard = compiler.condition(Condition(origine_ou_destination=perimeter.territoire))
        given.insert(1, ("perimetre", guard, perimeter.article))
    return [
        {
            "test_id": name,
            "test_order": order,
            "clause_mask": compiler.mask(clauses),
            "is_for_fee": name not in without,
            "article": article,
        }
        for order, (name, clauses, article) in enumerate(given)
    ]


def _one_row(campaign: Campaign, compiler: Compiler, tests: list[dict[str, Any]]) -> dict[str, Any]:
    period, fee, budget = campaign.periode, campaign.commission, campaign.budget
    advance = campaign.acompte
    return {
        "campaign_name": campaign.nom,
        "authority_id": campaign.autorite,
        "convention_reference": campaign.convention,
        "time_zone": campaign.fuseau,
        "start_at": first_instant(period.du, campaign.zone),
        # Until the pot is empty: the budget ends the campaign, no date does.
        "end_at": _NO_END if period.jusqu_a_epuisement else last_instant(period.au, campaign.zone),
        "matter_mask": _union(t["clause_mask"] for t in tests if t["test_id"] in ("periode", "perimetre")),
        "eligible_mask": _union(test["clause_mask"] for test in tests),
        "fee_mask": _union(test["clause_mask"] for test in tests if test["is_for_fee"]),
        "is_tariff_per_seat": campaign.tarif.par == "siege",
        "billed_step_m": campaign.tarif.distance_facturee.arrondi_m,
        "is_fee_per_seat": fee is not None and fee.par == "siege",
        "fee_ex_vat_cents": fee.centimes_ht if fee else 0,
        "vat_basis_points": fee.vat_basis_points if fee else 0,
        "vat_category": (fee.tva if fee else None) or "taux",
        "vat_reason": fee.tva_motif if fee else None,
        "budget_cents": budget.cents,
        "is_fee_in_budget": "commission_ttc" in budget.couvre,
        "review_on": budget.bilan_intermediaire,
        "call_months": campaign.appels_de_fonds.months,
        "fee_months": fee.months if fee else campaign.appels_de_fonds.months,
        "closing_days": campaign.appels_de_fonds.cloture_jours,
        "closes_until_on": last_instant(period.au, campaign.zone).astimezone(campaign.zone).date(),
        "is_until_empty": period.jusqu_a_epuisement,
        "payment_days": campaign.appels_de_fonds.paiement_jours,
        "tariff_article": campaign.tarif.article,
        "fee_article": fee.article if fee else None,
        "budget_article": budget.article,
        "call_article": campaign.appels_de_fonds.article,
        "advance_article": advance.article if advance else None,
        "is_advance_revised": advance is not None and advance.revision == "trimestrielle",
        "is_advance_shared_equally": advance is not None and advance.partage == "parts_egales",
    }


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _tariff(campaign: Campaign, compiler: Compiler) -> dict[str, list[dict[str, Any]]]:
    tariff = campaign.tarif
    tables = [
        {
            "table_number": number,
            "table_id": table.nom,
            "table_words": table_words(table) if tariff.tables else "",
            "clause_mask": compiler.mask(compiler.rule(table)),
            "article": table.article or tariff.article,
        }
        for number, table in enumerate(tariff.all_tables, 1)
    ]
    bands: list[dict[str, Any]] = []
    for number, table in enumerate(tariff.all_tables, 1):
        below: list[str] = []  # what the bands already reached have paid, in a cumulative table
        for band in table.tranches or []:
            flat, tenths = simple_price(band, tariff)
            words = price_words(band, band.par or tariff.par)
            price = " + ".join([*below, words])
            below = [price] if table.mode == "cumul" else []
            bands.append(
                {
                    "table_number": number,
                    "band": len(bands) + 1,
                    "from_m": band.de_m,
                    "to_m": band.a_m,
                    "is_cumulative": table.mode == "cumul",
                    "alternatives": alternatives(band, table, tariff),
                    "flat_cents": flat,
                    "tenth_cents_per_km": tenths,
                    "price_words": price,
                }
            )
    return {
        "campaign_tables": tables,
        "campaign_bands": bands,
        "campaign_adjustments": [
            _adjustment(position, step, campaign, compiler)
            for position, step in enumerate(tariff.ajustements, 1)
        ],
    }


def _adjustment(
    position: int, adjustment: Adjustment, campaign: Campaign, compiler: Compiler
) -> dict[str, Any]:
    (kind,) = adjustment.kinds
    value = getattr(adjustment, kind)
    return {
        "position": position,
        "kind": kind,
        "clause_mask": compiler.mask(compiler.rule(adjustment.quand)),
        "units": value * UNITS_PER_CENT if isinstance(value, int) else None,
        "is_per_seat": (adjustment.par or campaign.tarif.par) == "siege",
        "factor_hundredths": int(value * 100) if kind == "multiplier" else None,
        "is_cumulative": adjustment.cumulable,
        "article": adjustment.article,
    }
