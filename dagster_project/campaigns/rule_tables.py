"""The rule tables that dbt reads, column by column. Not here: how a campaign fills them (rules)."""

from typing import Any

import polars as pl

from dagster_project.contracts.tables import INSTANT

_S, _I, _B, _F = pl.String, pl.Int64, pl.Boolean, pl.Float64
_LEAF = pl.Struct({"is_per_seat": _B, "flat_units": _I, "units_per_m": _I, "offset_m": _I, "ceiling_m": _I})
_KEY = {"campaign_id": _S, "campaign_number": _I}

RULE_SCHEMAS: dict[str, dict[str, Any]] = {
    "campaigns": {
        **_KEY,
        "campaign_name": _S,
        "authority_id": _S,
        "convention_reference": _S,
        "time_zone": _S,
        "start_at": INSTANT,
        "end_at": INSTANT,
        "matter_mask": _I,
        "eligible_mask": _I,
        "fee_mask": _I,
        "is_tariff_per_seat": _B,
        "billed_step_m": _I,
        "is_fee_per_seat": _B,
        "fee_ex_vat_cents": _I,
        "vat_percent": _I,
        "budget_cents": _I,
        "is_fee_in_budget": _B,
        "review_on": pl.Date,
        "call_months": _I,
        "fee_months": _I,
        "closing_days": _I,
        "closes_until_on": pl.Date,
        "payment_days": _I,
        "tariff_article": _S,
        "fee_article": _S,
        "budget_article": _S,
        "call_article": _S,
        "advance_article": _S,
        "is_advance_revised": _B,
    },
    "campaign_operators": {"operator_id": _S, "operator_number": _I},
    "campaign_clauses": {
        **_KEY,
        "clause_mask": _I,
        "attribute": _I,
        "bit": _I,
        "low": _I,
        "high": _I,
    },
    "campaign_tests": {
        **_KEY,
        "test_id": _S,
        "test_order": _I,
        "clause_mask": _I,
        "is_for_fee": _B,
        "article": _S,
    },
    "campaign_payees": {**_KEY, "position": _I, "payee": _S, "clause_mask": _I, "article": _S},
    "campaign_selectors": {**_KEY, "selector_id": _S, "selector_mask": _I, "level": _S, "code": _S},
    "campaign_edges": {
        **_KEY,
        "selector_mask": _I,
        "from_lon": _F,
        "from_lat": _F,
        "to_lon": _F,
        "to_lat": _F,
    },
    "campaign_circles": {**_KEY, "selector_mask": _I, "lon": _F, "lat": _F, "radius_m": _I},
    "campaign_tables": {
        **_KEY,
        "table_number": _I,
        "table_id": _S,
        "table_words": _S,
        "clause_mask": _I,
        "article": _S,
    },
    "campaign_bands": {
        **_KEY,
        "table_number": _I,
        "band": _I,
        "from_m": _I,
        "to_m": _I,
        "is_cumulative": _B,
        "alternatives": pl.List(pl.List(_LEAF)),
        "flat_cents": _I,
        "tenth_cents_per_km": _I,
        "price_words": _S,
    },
    "campaign_adjustments": {
        **_KEY,
        "position": _I,
        "kind": _S,
        "clause_mask": _I,
        "units": _I,
        "is_per_seat": _B,
        "factor_hundredths": _I,
        "is_cumulative": _B,
        "article": _S,
    },
    "campaign_forecasts": {**_KEY, "operator_id": _S, "from_on": pl.Date, "forecast_cents": _I},
    "campaign_caps": {
        **_KEY,
        "position": _I,
        "cap_id": _S,
        "clause_mask": _I,
        "counts": _S,
        "whose": _S,
        "cap_window": _S,
        "maximum": _I,
        "time_zone": _S,
        "article": _S,
    },
}
# What the models of ledger/ say, in a simulation: opening balances from a file, nothing settled.
SETTLED: dict[str, dict[str, Any]] = {
    "int_settled_pairs": {
        "campaign_number": _I,
        "journey_number": _I,
        "incentive_closing": _I,
        "fee_closing": _I,
        "capped_cents": _I,
        "incentive_cents": _I,
        "fee_ex_vat_cents": _I,
        "vat_cents": _I,
        "left_before_cents": _I,
        "is_cut_by_budget": _B,
    },
    "int_settled_cap_steps": {
        "campaign_number": _I,
        "journey_number": _I,
        "position": _I,
        "cents_before": _I,
        "counter_before": _I,
        "cents_after": _I,
        "counted": _I,
    },
}
OPENING: dict[str, Any] = {
    "campaign_id": _S,
    "cap_id": _S,
    "whose_key": _S,
    "window_on": pl.Date,
    "value": _I,
}
