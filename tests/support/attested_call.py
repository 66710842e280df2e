"""A fund call as it goes out: its PDF, and the attestation that it bears."""

import hashlib
from dataclasses import asdict
from datetime import date

import polars as pl

from dagster_project.catalogue import catalogue
from dagster_project.reports.fund_call.call import FundCall
from dagster_project.reports.fund_call.letter import fund_call_pdf
from dagster_project.reports.fund_call.totals import count_totals
from dagster_project.reports.shared.attestation import Attestation
from dagster_project.settings import PROJECT
from tests.support.fund_calls import make_call, make_journeys

KEY = bytes(range(32))
JOURNEYS = b"made up"
REGISTRY = catalogue.registry(PROJECT / "data").on(date(2021, 4, 15))


def make_attestation(call: FundCall) -> Attestation:
    return Attestation(
        campaign_id=call.campaign_id, convention_reference=call.convention_reference,
        operator_name=call.operator_name, operator_siret=call.operator_siret, operator_id=call.operator_id,
        call_number=call.number,
        period_start=call.period_start, period_end=call.period_end, issued_on=call.issued_on,
        **asdict(call.counts),
        incentive_cents=call.incentive_cents, fee_ex_vat_cents=call.fee_ex_vat_cents,
        vat_cents=call.vat_cents, total_cents=call.total_cents, journeys_file="trajets.parquet",
        journeys_sha256=hashlib.sha256(JOURNEYS).hexdigest(), closing_number=7, closing_hash="ab12" * 16,
        checkpoint_hash="cd34" * 16, issuer=REGISTRY.name, issuer_address=REGISTRY.address.line,
        issuer_email=REGISTRY.email,
    )  # fmt: skip


ROWS = make_journeys(60, pot_cents=9_000).with_columns(is_adjustment=pl.lit(False))
CALL = make_call(ROWS)
ATTESTED = make_attestation(CALL)


def make_pdf(call: FundCall = CALL, attested: Attestation = ATTESTED) -> bytes:
    return fund_call_pdf(call, count_totals(ROWS, call.bands), attested, REGISTRY.signatory, {}, KEY)
