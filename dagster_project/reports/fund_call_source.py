"""The warehouse's fund calls as the documents want them: header, bands, journeys, in French words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl

from dagster_project.campaigns.parties import Bank
from dagster_project.reports.french import french_period
from dagster_project.reports.fund_call import Adjustment, Articles, Band, FundCall

_CALLS = """
    select
        calls.*,
        campaigns.campaign_name, campaigns.convention_reference,
        campaigns.payment_days, campaigns.vat_percent,
        campaigns.billed_step_m, campaigns.is_tariff_per_seat,
        campaigns.tariff_article, campaigns.fee_article, campaigns.budget_article, campaigns.call_article,
        authorities.authority_id, authorities.authority_name, authorities.authority_name_genitive,
        authorities.address as authority_address,
        operators.operator_name, operators.siret, operators.address as operator_address
    from finance.fund_calls as calls
    join catalogue.campaigns as campaigns using (campaign_id)
    join catalogue.authorities as authorities using (authority_id)
    join catalogue.operators as operators using (operator_id)
    order by authority_id, campaign_id, operator_id, period_start_on
"""
_BANDS = """
    select * from finance.fund_call_bands
    where campaign_id = $campaign_id and operator_id = $operator_id and period_start_on = $period_start_on
    order by band
"""
_JOURNEYS = """
    select * exclude (campaign_id, authority_id, period_start_on, operator_id, band)
        rename (tariff_cents as before_budget_cents)
    from authorities.authority_journeys
    where campaign_id = $campaign_id and operator_id = $operator_id and period_start_on = $period_start_on
    order by start_slot_at, journey_id, is_adjustment, movement
"""
_ADJUSTED = """
    select
        reason, journey_month_on,
        count(distinct journey_key) as journeys, cast(sum(incentive_cents) as bigint) as incentive_cents
    from finance.ledger_lines
    where kind = 'incentive' and is_adjustment
        and campaign_id = $campaign_id and operator_id = $operator_id and call_start_on = $period_start_on
    group by all
    order by journey_month_on, reason
"""
_ADJUSTMENTS = {
    "late": "transmis après la clôture de sa période",
    "correction": "corrigé après la clôture de sa période",
    "cancellation": "annulé après la clôture de sa période",
    "refusal": "refusé après la clôture de sa période",
}
_TESTS = "select test_id, article from catalogue.campaign_tests where campaign_id = $campaign_id"


@dataclass(frozen=True)
class CallSource:
    """One fund call of the warehouse, its bands, and its journeys with identity keys still in them."""

    row: dict[str, Any]
    bands: tuple[Band, ...]
    adjustments: tuple[Adjustment, ...]
    journeys: pl.DataFrame
    account: str

    def call(self, issued_on: date) -> FundCall:
        """The header of the document, issued on that day."""
        row = self.row
        notes = (
            ()
            if row["is_closed"]
            else ("Situation provisoire : la période n'est pas close. Ce document n'est pas à payer.",)
        )
        return FundCall(
            campaign_id=row["campaign_id"],
            campaign_name=row["campaign_name"],
            convention_reference=row["convention_reference"],
            authority_name=row["authority_name"],
            authority_address=row["authority_address"],
            authority_genitive=row["authority_name_genitive"],
            operator_id=row["operator_id"],
            operator_name=row["operator_name"],
            operator_siret=row["siret"],
            operator_address=row["operator_address"],
            account=self.account,
            period_label=french_period(row["period_start_on"], row["period_end_on"]),
            period_start=row["period_start_on"],
            period_end=row["period_end_on"],
            number=row["call_number"],
            issued_on=issued_on,
            payment_term_days=row["payment_days"],
            bands=self.bands,
            articles=Articles(
                tariff=_article(row["tariff_article"]),
                fee=_article(row["fee_article"]),
                budget=_article(row["budget_article"]),
                payment=_article(row["call_article"]),
                layout="annexe 2",
                data="annexe 3",
            ),
            vat_rate_percent=Decimal(row["vat_percent"]),
            journey_count=row["journeys"],
            subsidised_count=row["subsidised_journeys"],
            gross_cents=row["tariff_cents"],
            cut_cents=row["budget_cut_cents"],
            adjustments=self.adjustments,
            incentive_cents=row["incentive_cents"],
            fee_ex_vat_cents=row["fee_ex_vat_cents"],
            vat_cents=row["vat_cents"],
            total_cents=row["total_cents"],
            notes=notes,
            readings=_readings(row),
        )


def calls(
    connection: duckdb.DuckDBPyConnection, banks: Mapping[str, Bank]
) -> dict[tuple[str, str], list[CallSource]]:
    """Every fund call of the warehouse, by authority and campaign; a campaign without one is there too.

    `banks` are the operators' accounts, by operator_id: the warehouse holds none.
    """
    campaigns = connection.execute("select authority_id, campaign_id from catalogue.campaigns order by all")
    found: dict[tuple[str, str], list[CallSource]] = {key: [] for key in campaigns.fetchall()}
    for row in connection.execute(_CALLS).pl().to_dicts():
        key = {name: row[name] for name in ("campaign_id", "operator_id", "period_start_on")}
        bands = connection.execute(_BANDS, key).pl().to_dicts()
        articles = dict(connection.execute(_TESTS, {"campaign_id": row["campaign_id"]}).fetchall())
        source = CallSource(
            row=row,
            account=banks[row["operator_id"]].masked,
            bands=tuple(_band(band) for band in bands),
            adjustments=tuple(map(_adjustment, connection.execute(_ADJUSTED, key).pl().to_dicts())),
            journeys=_with_reasons(
                connection.execute(_JOURNEYS, key).pl(), articles, _article(row["budget_article"])
            ),
        )
        found[row["authority_id"], row["campaign_id"]].append(source)
    return found


def _adjustment(row: dict[str, Any]) -> Adjustment:
    """What one reason changes for the journeys of one month."""
    month = row["journey_month_on"]
    return Adjustment(
        reason=_ADJUSTMENTS[row["reason"]],
        of=french_period(month, month),
        journeys=row["journeys"],
        incentive_cents=row["incentive_cents"],
    )


def _readings(row: dict[str, Any]) -> tuple[str, ...]:
    """How the campaign file reads its convention, where the amounts show it."""
    step, article = row["billed_step_m"], _article(row["tariff_article"])
    billed = f"La distance facturée est la distance déclarée, arrondie à {step} m ({article})."
    seats = (
        "Un trajet passager est le trajet d'un passager : une ligne de deux places compte, "
        "paie et porte la commission deux fois."
    )
    return (*((billed,) if step > 1 else ()), *((seats,) if row["is_tariff_per_seat"] else ()))


def _with_reasons(journeys: pl.DataFrame, articles: dict[str, str], budget: str) -> pl.DataFrame:
    """Why a journey is not paid, or not wholly: failed tests with their articles, or the pot."""
    named = {
        test: f"{test.replace('_', ' ')} ({_article(article)})" if article else test.replace("_", " ")
        for test, article in articles.items()
    }
    failed = (
        pl.col("failed_tests")
        .fill_null("")
        .str.split("|")
        .list.eval(pl.element().replace(named).replace({"operateur": "opérateur hors liste"}))
        .list.join(" ; ")
    )
    return journeys.with_columns(
        pl.when(pl.col("movement_reason") != "journey")
        .then(pl.col("movement_reason").replace_strict(_ADJUSTMENTS))
        .when(failed != "")
        .then(pl.concat_str(pl.lit("non éligible : "), failed))
        .when("is_cut_by_budget")
        .then(pl.lit(f"budget épuisé ({budget})"))
        .otherwise(pl.lit(""))
        .alias("reason")
    ).drop("failed_tests", "is_cut_by_budget", "movement", "movement_reason")


def _band(band: dict[str, Any]) -> Band:
    low, high = band["from_m"], band["to_m"]
    if band["band"] == 1 and high is not None:
        label = f"Pour les trajets inférieurs à {_km(high)} kms"
    elif high is None:
        label = f"Pour les trajets supérieurs à {_km(low)} kms"
    else:
        label = f"Pour les trajets compris entre {_km(low)} kms et {_km(high)} kms"
    flat = band["flat_cents"]
    return Band(
        label=label,
        unit="km" if flat is None else "trajet",
        from_m=low,
        to_m=high,
        unit_price_tenth_cents=band["tenth_cents_per_km"] if flat is None else flat * 10,
    )


def _km(metres: int) -> str:
    return f"{Decimal(metres) / 1000:f}".replace(".", ",")


def _article(article: str | None) -> str:
    if not article:
        return ""
    return f"{'articles' if ',' in article else 'article'} {article}"
