"""Campaigns, operators, authorities and territories: the files in data/ as rule rows."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from dagster_project.catalogue import catalogue, rows, rule_changes, rule_texts, standing
from dagster_project.defs.failures import tells_no_value
from dagster_project.defs.resources import NOT_PERSONAL, OWNERS, Night, nights
from dagster_project.settings import settings

_SENTENCES = {
    "operators": "Platforms that may send drops.",
    "operator_classes": "The proof class each operator was granted, by date.",
    "operator_admissions": "The days on which each operator's drops are taken in, by its dossier.",
    "acceptance_rules": "What a journey must satisfy to be valid, by date (data/rules/acceptance.yml).",
    "authorities": "Who pays.",
    "authority_epcis": "Whose each EPCI that an authority lists is, day by day; null: nobody's.",
    "operator_vat_exemptions": "Operators in franchise en base, without VAT, and through which day.",
    "authority_conventions": "The conventions that authorities and operators have signed.",
    "mileage_scale": "The fiscal scale per kilometre and the fleet that weighs it, by date.",
    "convention_thresholds": "What an authority may pay an operator in a year without a convention.",
    "refinancing_rates": "The central bank's rate on its main refinancing operations, by date.",
    "late_payment_rules": "What a late payment of a price costs, by date.",
    "half_yearly_notes": "What happened during a campaign and may have changed how people carpool.",
    "fraud_rules": "The labels of anomaly and fraud with their thresholds, by date; whether each excludes.",
    "campaigns": "One row per convention: period, pot, fee, rhythm.",
    "campaign_operators": "The number of each operator that a campaign names.",
    "campaign_graces": "The time to send journeys that campaigns grant their operators.",
    "campaign_clauses": "What conditions come down to: bounds on one attribute of a journey.",
    "campaign_tests": "The tests a journey must hold to, with their articles.",
    "campaign_pots": "What the whole pot holds, by the day of the journey; null: no limit.",
    "campaign_payees": "Who receives the incentive, in file order: the first whose condition holds.",
    "campaign_selectors": "The codes of each campaign's named territories.",
    "campaign_edges": "The borders of the polygons among them.",
    "campaign_circles": "The circles among them.",
    "campaign_tables": "The tables of each campaign's tariff and when each applies.",
    "campaign_bands": "The bands of these tables, with their parts.",
    "campaign_adjustments": "The steps after the table, in file order.",
    "campaign_members": "The days on which each operator is party to a campaign.",
    "campaign_forecasts": "What each operator's advance was agreed on, by date.",
    "campaign_caps": "The caps of each campaign, in file order.",
    "holidays": "School holidays by département; where that is null, public holidays.",
    "localities": "The nearest locality abroad, by cells of 0.01 degree near France.",
    "territories": "Commune, EPCI, département and region of every place, year by year.",
}

_SIGNED = dg.AssetCheckSpec(
    "every_operator_of_a_campaign_has_signed",
    asset=["catalogue", "campaigns"],
    description="Every operator had signed a convention with the authority on its first day in the campaign.",
)

_STATED = dg.AssetCheckSpec(
    "every_change_of_a_rule_has_its_statement",
    asset=["catalogue", "acceptance_rules"],
    description="Every rule that changes money has a day to change, and a statement of what that will do.",
)


@dg.multi_asset(
    partitions_def=nights,
    specs=[
        dg.AssetSpec(
            ["catalogue", name],
            description=sentence,
            group_name="catalogue",
            kinds={"parquet" if name in rows.REFERENCE else "yaml", "polars"},
            owners=OWNERS,
            tags=NOT_PERSONAL,
        )
        for name, sentence in _SENTENCES.items()
    ],
    check_specs=[_SIGNED, _STATED],
    name="catalogue",
)
@tells_no_value
def load_catalogue(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Check every file of the catalogue, write down what its parties have reached, and write its rows."""
    root = settings().catalogue
    parties = [*catalogue.operators(root), *catalogue.authorities(root)]
    night_on = night.business_date(context)
    standing.record(night.lake, parties, night_on)
    frames = rows.read(root, night.lake)
    files = sorted((root / "campaigns").glob("*.yml"))
    unsigned = catalogue.warnings(files, root)
    unstated, texts = rule_changes.catalogue_faults(root), rule_texts.known(night.lake.catalogue)
    unstated += [
        line for file in rule_changes.files(root) for line in rule_texts.edited(file, texts, night_on)
    ]
    night.lake.write_catalogue(frames | rule_texts.tonight(root, night_on, texts))
    for name in _SENTENCES:
        yield dg.MaterializeResult(
            asset_key=["catalogue", name],
            metadata={
                "dagster/row_count": frames[name].height,
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(column, str(dtype)) for column, dtype in frames[name].schema.items()]
                ),
            },
        )
    yield dg.AssetCheckResult(
        asset_key=["catalogue", "campaigns"],
        check_name=_SIGNED.name,
        passed=not unsigned,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"unsigned": unsigned},
    )
    yield dg.AssetCheckResult(
        asset_key=["catalogue", "acceptance_rules"],
        check_name=_STATED.name,
        passed=not unstated,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"unstated": unstated},
    )
