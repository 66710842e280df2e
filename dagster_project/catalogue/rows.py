"""The catalogue → rule rows: the frames that dbt reads as its source `catalogue`."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.campaigns.compile.rule_tables import RULE_SCHEMAS
from dagster_project.campaigns.compile.rules import rule_rows
from dagster_project.campaigns.language.acceptance import Acceptance, acceptance_rows
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.dossier import ADMITTED
from dagster_project.catalogue.fraud_rules import FRAUD_RULES, fraud_rows
from dagster_project.catalogue.law import Law, law_rows
from dagster_project.catalogue.members import MEMBER_PERIODS, member_periods
from dagster_project.catalogue.participation import MEMBERS, member_rows, under_conventions
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.catalogue.standing import remembered
from dagster_project.contracts.lake_tables import INSTANT
from dagster_project.contracts.moments import first_instant
from dagster_project.lake.store import Lake
from dagster_project.settings import settings

_S = pl.String

ACCEPTANCE_RULES: dict[str, pl.DataType | type[pl.DataType]] = {
    "rule_code": _S,
    "from_on": pl.Date,
    "to_on": pl.Date,
    "hours": pl.Int64,
    "is_from_start": pl.Boolean,
    "metres": pl.Int64,
    "minutes": pl.Int64,
    "maximum": pl.Int64,
    "source": _S,
}
_SCHEMAS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "operators": {"operator_id": _S, "operator_name": _S, "siret": _S, "address": _S},
    "operator_classes": {"operator_id": _S, "from_at": INSTANT, "granted_class": _S},
    "operator_admissions": {"operator_id": _S, "from_on": pl.Date, "to_on": pl.Date},
    "acceptance_rules": ACCEPTANCE_RULES,
    "authorities": {
        "authority_id": _S,
        "authority_name": _S,
        "authority_name_genitive": _S,
        "siren": _S,
        "address": _S,
    },
    "authority_epcis": MEMBER_PERIODS,
    "operator_vat_exemptions": {"operator_id": _S, "to_on": pl.Date},
    "authority_conventions": {
        "authority_id": _S,
        "operator_id": _S,
        "convention_reference": _S,
        "signed_on": pl.Date,
    },
    "mileage_scale": {
        "from_at": INSTANT,
        "power_class": _S,
        "vehicles": pl.Int64,
        "thousandths_per_km": pl.Int64,
    },
    "convention_thresholds": {"from_on": pl.Date, "threshold_cents": pl.Int64},
    "refinancing_rates": {"from_on": pl.Date, "to_on": pl.Date, "rate_basis_points": pl.Int64},
    "late_payment_rules": {"from_on": pl.Date, "added_basis_points": pl.Int64, "indemnity_cents": pl.Int64},
    "half_yearly_notes": {"campaign_id": _S, "operator_id": _S, "noted_on": pl.Date, "note": _S},
    "fraud_rules": FRAUD_RULES,
    "campaign_members": MEMBERS,
    "localities": {"country_code": _S, "lat_cell": pl.Int16, "lon_cell": pl.Int16, "locality_name": _S},
    "holidays": {"departement_code": _S, "from_on": pl.Date, "to_on": pl.Date},
    **RULE_SCHEMAS,
}

# The tables of `data/reference`, which are read as they are.
REFERENCE = ("holidays", "localities", "territories")


def read(
    root: Path,
    lake: Lake | None = None,
    operators: list[Operator] | None = None,
) -> dict[str, pl.DataFrame]:
    """Every table of the catalogue from the files under `root`.

    Operators are as the nights of a lake know them, or as given. Raises catalogue.CatalogueError.
    """
    operators, campaigns = operators or catalogue.operators(root), catalogue.campaigns(root)
    if lake:
        operators = remembered(lake, operators)
    notes = catalogue.notes(root, campaigns, operators)
    acceptance = catalogue.acceptance(root)
    tables = frames(operators, catalogue.authorities(root), campaigns, catalogue.law(root), notes, acceptance)
    tables["fraud_rules"] = pl.DataFrame(fraud_rows(catalogue.frauds(root)), schema=FRAUD_RULES)
    reference = {name: root / "reference" / f"{name}.parquet" for name in REFERENCE}
    return tables | {name: pl.read_parquet(file) for name, file in reference.items()}


def frames(
    operators: list[Operator],
    authorities: list[Authority],
    campaigns: list[Campaign],
    law: Law | None = None,
    notes: Iterable[dict[str, Any]] = (),
    acceptance: Acceptance | None = None,
) -> dict[str, pl.DataFrame]:
    """One typed frame per table of the source `catalogue`, also where it has no row."""
    everybody, by_id = [o.id for o in operators], {a.id: a for a in authorities}
    signed = [under_conventions(campaign, by_id.get(campaign.autorite), everybody) for campaign in campaigns]
    rows: dict[str, list[dict[str, Any]]] = {
        "operators": [
            {"operator_id": o.id, "operator_name": o.name, "siret": o.siret, "address": o.address.text}
            for o in operators
        ],
        "operator_classes": [
            {
                "operator_id": o.id,
                "from_at": first_instant(g.since),
                "granted_class": g.proof_class,
            }
            for o in operators
            for g in o.proof_classes
        ]
        # In staging, what an operator declares counts until its technical file is judged.
        + [
            {"operator_id": o.id, "from_at": datetime(1970, 1, 1, tzinfo=UTC), "granted_class": "C"}
            for o in operators
            if settings().environment == "staging"
        ],
        "operator_admissions": [
            {"operator_id": o.id, "from_on": first, "to_on": last}
            for o in operators
            for state, first, last in o.periods()
            if state in ADMITTED[settings().environment]
        ],
        "acceptance_rules": acceptance_rows(acceptance) if acceptance else [],
        "authorities": [
            {
                "authority_id": a.id,
                "authority_name": a.name,
                "authority_name_genitive": a.name_genitive,
                "siren": a.siren,
                "address": a.address.text,
            }
            for a in authorities
        ],
        "authority_epcis": member_periods(authorities),
        "operator_vat_exemptions": [
            {
                "operator_id": o.id,
                "to_on": o.vat_from - timedelta(days=1) if o.vat_from else date.max,
            }
            for o in operators
            if o.vat_number is None or o.vat_from
        ],
        "authority_conventions": [
            {
                "authority_id": a.id,
                "operator_id": c.operator,
                "convention_reference": c.reference,
                "signed_on": c.signed_on,
            }
            for a in authorities
            for c in a.conventions
        ],
        **(law_rows(law) if law else {}),
        "half_yearly_notes": list(notes),
        "campaign_members": member_rows(campaigns, operators, authorities),
        **rule_rows(signed, everybody),
    }
    return {name: pl.DataFrame(rows.get(name, []), schema=schema) for name, schema in _SCHEMAS.items()}
