"""The catalogue → rule rows: the frames that dbt reads as its source `catalogue`."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from dagster_project.campaigns.catalogue import Authority, Operator
from dagster_project.campaigns.model import Campaign
from dagster_project.contracts.tables import INSTANT

_PARIS = ZoneInfo("Europe/Paris")
_NO_END = datetime(9999, 12, 31, tzinfo=UTC)
_S, _I, _B = pl.String, pl.Int64, pl.Boolean

_SCHEMAS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "operators": {"operator_id": _S, "operator_name": _S, "siret": _S, "address": _S},
    "operator_classes": {"operator_id": _S, "from_at": INSTANT, "granted_class": _S},
    "authorities": {
        "authority_id": _S,
        "authority_name": _S,
        "authority_name_genitive": _S,
        "siren": _S,
        "address": _S,
    },
    "authority_epcis": {"authority_id": _S, "epci_code": _S},
    "campaigns": {
        "campaign_id": _S,
        "campaign_name": _S,
        "authority_id": _S,
        "convention_reference": _S,
        "time_zone": _S,
        "payee": _S,
        "start_at": INSTANT,
        "end_at": INSTANT,
        "perimeter_id": _S,
        "is_tariff_per_seat": _B,
        "billed_step_m": _I,
        "is_fee_per_seat": _B,
        "fee_ex_vat_cents": _I,
        "vat_percent": _I,
        "budget_cents": _I,
        "is_fee_in_budget": _B,
        "call_months": _I,
        "payment_days": _I,
        "tariff_article": _S,
        "fee_article": _S,
        "budget_article": _S,
        "call_article": _S,
    },
    "campaign_operators": {"campaign_id": _S, "from_at": INSTANT, "until_at": INSTANT, "operator_id": _S},
    "campaign_tests": {
        "campaign_id": _S,
        "test_id": _S,
        "test_order": _I,
        "kind": _S,
        "selector_id": _S,
        "min_m": _I,
        "max_m": _I,
        "classes": pl.List(_S),
        "is_for_fee": _B,
        "article": _S,
    },
    "campaign_selectors": {"campaign_id": _S, "selector_id": _S, "level": _S, "code": _S},
    "campaign_bands": {
        "campaign_id": _S,
        "band": _I,
        "from_m": _I,
        "to_m": _I,
        "flat_cents": _I,
        "tenth_cents_per_km": _I,
    },
}


def frames(
    operators: list[Operator], authorities: list[Authority], campaigns: list[Campaign]
) -> dict[str, pl.DataFrame]:
    """One typed frame per table of the source `catalogue`, also where it has no row."""
    rows: dict[str, list[dict[str, object]]] = {
        "operators": [
            {"operator_id": o.id, "operator_name": o.name, "siret": o.siret, "address": o.address}
            for o in operators
        ],
        "operator_classes": [
            {"operator_id": o.id, "from_at": _first(g.since, _PARIS), "granted_class": g.proof_class}
            for o in operators
            for g in o.proof_classes
        ],
        "authorities": [
            {
                "authority_id": a.id,
                "authority_name": a.name,
                "authority_name_genitive": a.name_genitive,
                "siren": a.siren,
                "address": a.address,
            }
            for a in authorities
        ],
        "authority_epcis": [
            {"authority_id": a.id, "epci_code": code} for a in authorities for code in a.epci
        ],
        "campaigns": [_campaign(c) for c in campaigns],
        "campaign_operators": [row for c in campaigns for row in _operators(c)],
        "campaign_tests": [row for c in campaigns for row in _tests(c)],
        "campaign_selectors": [
            {"campaign_id": c.id, "selector_id": name, "level": level, "code": code}
            for c in campaigns
            for name, selector in c.territoires.items()
            for level, codes in selector
            for code in codes
        ],
        "campaign_bands": [
            {
                "campaign_id": c.id,
                "band": number,
                "from_m": band.de_m,
                "to_m": band.a_m,
                "flat_cents": band.centimes,
                "tenth_cents_per_km": None
                if band.centimes_par_km is None
                else int(band.centimes_par_km * 10),
            }
            for c in campaigns
            for number, band in enumerate(c.tarif.tranches, 1)
        ],
    }
    return {name: pl.DataFrame(rows[name], schema=schema) for name, schema in _SCHEMAS.items()}


def _first(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _last(day: date, zone: ZoneInfo) -> datetime:
    return _first(day + timedelta(days=1), zone) - timedelta(microseconds=1)


def _campaign(campaign: Campaign) -> dict[str, object]:
    period, fee, budget = campaign.periode, campaign.commission, campaign.budget
    return {
        "campaign_id": campaign.id,
        "campaign_name": campaign.nom,
        "authority_id": campaign.autorite,
        "convention_reference": campaign.convention,
        "time_zone": campaign.fuseau,
        "payee": campaign.beneficiaire,
        "start_at": _first(period.du, campaign.zone),
        # Until the pot is empty: the budget ends the campaign, no date does.
        "end_at": _NO_END if period.jusqu_a_epuisement else _last(period.au, campaign.zone),
        "perimeter_id": campaign.perimetre.territoire if campaign.perimetre else None,
        "is_tariff_per_seat": campaign.tarif.par == "siege",
        "billed_step_m": campaign.tarif.distance_facturee.arrondi_m,
        "is_fee_per_seat": fee is not None and fee.par == "siege",
        "fee_ex_vat_cents": fee.centimes_ht if fee else 0,
        "vat_percent": fee.tva_pourcent if fee else 0,
        "budget_cents": budget.euros * 100,
        "is_fee_in_budget": "commission_ttc" in budget.couvre,
        "call_months": {"mensuel": 1, "trimestriel": 3}[campaign.appels_de_fonds.rythme],
        "payment_days": campaign.appels_de_fonds.paiement_jours,
        "tariff_article": campaign.tarif.article,
        "fee_article": fee.article if fee else None,
        "budget_article": budget.article,
        "call_article": campaign.appels_de_fonds.article,
    }


def _operators(campaign: Campaign) -> list[dict[str, object]]:
    lists = sorted(campaign.operateurs, key=lambda entry: entry.du)
    ends = [*(_first(entry.du, campaign.zone) for entry in lists[1:]), _NO_END]
    return [
        {
            "campaign_id": campaign.id,
            "from_at": _first(entry.du, campaign.zone),
            "until_at": end,
            "operator_id": name,
        }
        for entry, end in zip(lists, ends, strict=True)
        for name in entry.liste
    ]


def _tests(campaign: Campaign) -> list[dict[str, object]]:
    without = set(campaign.commission.sans_test) if campaign.commission else set()
    rows: list[dict[str, object]] = []
    for position, test in enumerate(campaign.eligibilite, 1):
        (kind,) = test.kinds
        value = getattr(test, kind)
        rows.append(
            {
                "campaign_id": campaign.id,
                "test_id": test.nom,
                "test_order": position,
                "kind": kind,
                "selector_id": value if isinstance(value, str) else None,
                "min_m": test.distance.min_m if test.distance else None,
                "max_m": test.distance.max_m if test.distance else None,
                "classes": test.classes,
                "is_for_fee": test.nom not in without,
                "article": test.article,
            }
        )
    return rows
