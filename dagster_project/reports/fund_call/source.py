"""The warehouse's fund calls as the documents want them: header, bands, adjustments, counts, in French."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from dagster_project.files.statements import statements
from dagster_project.reports.fund_call.call import (
    Adjustment,
    Articles,
    Band,
    FundCall,
    Loss,
    Redistribution,
    Step,
)
from dagster_project.reports.invoice.invoice import InvoiceReference
from dagster_project.reports.invoice.source import invoice_references
from dagster_project.reports.shared.counts import STEPS, Counts
from dagster_project.reports.shared.french import french_number, french_period
from dagster_project.reports.shared.letter import address_lines, logos
from dagster_project.reports.shared.payment import Pot, call_payment, drawn_payment
from dagster_project.reports.shared.source import (
    Parties,
    article_words,
    loss_words,
    of_campaign,
    reason_words,
)
from dagster_project.reports.shared.vat import FRANCHISE, Vat

_SQL = statements(__file__)
_KEY = "campaign_id, operator_id, period_start_on"
_OF_CALL = "campaign_id = $campaign_id and operator_id = $operator_id and period_start_on = $period_start_on"
_BANDS = f"select * from finance.fund_call_bands where {_OF_CALL} order by band = 0, band"
_STEPS = f"select step, loss, seats from finance.fund_call_steps where {_OF_CALL}"
_REDISTRIBUTION = f"select columns(* exclude ({_KEY})) from compliance.call_redistributions where {_OF_CALL}"


@dataclass(frozen=True)
class CallSource:
    """One fund call of the warehouse and what belongs to it, without its journeys."""

    row: dict[str, Any]
    bands: tuple[Band, ...]
    adjustments: tuple[Adjustment, ...]
    invoices: tuple[InvoiceReference, ...]
    steps: tuple[Step, ...]
    ledger_cents: tuple[int, int, int]
    redistribution: Redistribution | None
    parties: Parties

    def call(self, issued_on: date) -> FundCall:
        """The header of the document, issued on that day."""
        row = self.row
        operator = self.parties.operator(row["operator_id"], issued_on)
        authority = self.parties.authority(row["authority_id"], issued_on)
        vat = Vat(row["vat_basis_points"], row["vat_category"], row["vat_reason"] or "")
        payment = None
        if row["is_closed"]:
            payment_of = call_payment if row["statement_number"] is None else drawn_payment
            payment = payment_of(row, self.parties, issued_on)
        return FundCall(
            campaign_id=row["campaign_id"],
            campaign_name=row["campaign_name"],
            convention_reference=row["convention_reference"],
            authority_name=authority.name,
            authority_head=address_lines(authority),
            authority_genitive=authority.name_genitive,
            operator_id=operator.id,
            operator_name=operator.name,
            operator_siret=operator.siret,
            operator_head=address_lines(operator),
            period_label=french_period(row["period_start_on"], row["period_end_on"]),
            period_start=row["period_start_on"],
            period_end=row["period_end_on"],
            number=row["call_number"] if row["is_closed"] else None,
            issued_on=issued_on,
            payment_term_days=row["payment_days"],
            bands=self.bands,
            articles=Articles(
                tariff=article_words(row["tariff_article"]),
                fee=article_words(row["fee_article"]),
                budget=article_words(row["budget_article"]),
                payment=article_words(row["call_article"]),
                layout="annexe 2",
                data="annexe 3",
            ),
            vat=vat if vat.mention or operator.bears_vat(row["period_end_on"]) else FRANCHISE,
            counts=Counts(*(step.seats for step in self.steps)),
            gross_cents=row["tariff_cents"],
            cap_cut_cents=row["cap_cut_cents"],
            cut_cents=row["budget_cut_cents"],
            adjustments=self.adjustments,
            invoices=self.invoices if row["is_closed"] else (),
            payment=payment,
            pot=_pot(row),
            incentive_cents=row["incentive_cents"],
            fee_ex_vat_cents=row["fee_ex_vat_cents"],
            vat_cents=row["vat_cents"],
            total_cents=row["total_cents"],
            readings=_readings(row),
            # A draft bears no logo: it must not be taken for a call (D-098).
            logos=logos(operator, authority, on=issued_on) if row["is_closed"] else (),
        )


def read_calls(connection: duckdb.DuckDBPyConnection, campaign_id: str) -> list[dict[str, Any]]:
    """Every fund call of the campaign, its row alone."""
    return of_campaign(connection, _SQL["calls"], campaign_id)


def read_call(
    connection: duckdb.DuckDBPyConnection, row: dict[str, Any], tests: dict[str, str], parties: Parties
) -> CallSource:
    """What belongs to one of read_calls; `tests` names why journeys are not eligible."""
    key = {name: row[name] for name in ("campaign_id", "operator_id", "period_start_on")}
    bands = connection.execute(_BANDS, key).pl().to_dicts()
    incentive, fee, vat = connection.execute(_SQL["ledger_sums"], key).fetchall()[0]
    passed_on = connection.execute(_REDISTRIBUTION, key).fetchone()
    return CallSource(
        row=row,
        bands=tuple(_band(band, is_first=band is bands[0]) for band in bands),
        adjustments=tuple(map(_adjustment, connection.execute(_SQL["adjusted"], key).pl().to_dicts())),
        invoices=invoice_references(connection, *key.values()),
        steps=_steps(connection.execute(_STEPS, key).fetchall(), tests),
        ledger_cents=(incentive, fee, vat),
        redistribution=Redistribution(*passed_on) if passed_on else None,
        parties=parties,
    )


def _steps(counts: list[tuple[str, str | None, int]], tests: dict[str, str]) -> tuple[Step, ...]:
    """Counts by step and loss as the reconciliation shows them."""
    reached = {step: seats for step, loss, seats in counts if loss is None}
    lost = sorted((step, loss, seats) for step, loss, seats in counts if loss is not None)
    return tuple(
        Step(
            name,
            reached.get(step, 0),
            tuple(Loss(loss_words(loss, tests), seats) for at, loss, seats in lost if at == step),
        )
        for step, name in STEPS.items()
    )


def _pot(row: dict[str, Any]) -> Pot | None:
    """The pot as the call's closing left it; none before it, or where the convention has no pot."""
    if not row["is_closed"] or row["budget_cents"] is None:
        return None
    return Pot(
        budget_cents=row["budget_cents"],
        called_cents=row["called_cents"],
        invoiced_cents=row["invoiced_cents"],
        is_fee_inside=row["is_fee_in_budget"],
        as_of=row["closed_on"],
        articles=article_words(row["budget_article"]),
    )


def _adjustment(row: dict[str, Any]) -> Adjustment:
    """What one reason changes for the journeys of one month."""
    month = row["journey_month_on"]
    return Adjustment(
        reason=reason_words(row["reason"]),
        of=french_period(month, month),
        seats=row["seats"],
        incentive_cents=row["incentive_cents"],
    )


def _readings(row: dict[str, Any]) -> tuple[str, ...]:
    """How the campaign file reads its convention, where the amounts show it."""
    step, article = row["billed_step_m"], article_words(row["tariff_article"])
    cited = f" ({article})" if article else ""
    billed = f"La distance facturée est la distance déclarée, arrondie à {step} m{cited}."
    seats = (
        "Un trajet passager est le trajet d’un passager : une ligne de deux places compte, "
        "paie et porte la commission deux fois."
    )
    return (*((billed,) if step > 1 else ()), *((seats,) if row["is_tariff_per_seat"] else ()))


def _band(band: dict[str, Any], *, is_first: bool) -> Band:
    if not band["band"]:
        return Band(0, "Hors tranche, par les ajustements du tarif")
    low, high = band["from_m"], band["to_m"]
    if is_first and high is not None:
        below = "jusqu’à" if high % 100 == 1 else "inférieurs à"
        label = f"Pour les trajets {below} {_km(high)} kms"
    elif high is None:
        label = f"Pour les trajets supérieurs à {_km(low)} kms"
    else:
        label = f"Pour les trajets compris entre {_km(low)} kms et {_km(high)} kms"
    flat, tenths = band["flat_cents"], band["tenth_cents_per_km"]
    if flat is None and tenths is None:
        return Band(band["band"], label, table=band["table_words"], price=band["price_words"])
    unit, price = ("km", tenths) if flat is None else ("trajet", flat * 10)
    return Band(band["band"], label, unit, price)


def _km(metres: int) -> str:
    """A bound as the convention says it: one metre above a hectometre is that hectometre, included."""
    km = Decimal(metres - 1 if metres % 100 == 1 else metres) / 1000
    return french_number(km, max(0, -int(km.normalize().as_tuple().exponent)))
