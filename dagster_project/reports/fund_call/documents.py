"""The fund calls to publish: a workbook and its journeys; once closed, the PDF with its attestation.

A closed call is final. One that a check or the law holds back goes nowhere until the cause is gone.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dagster_project.catalogue.registry import RegistryOperator
from dagster_project.contracts.exports import CALL_JOURNEYS
from dagster_project.errors import DocumentError
from dagster_project.reports.fund_call.call import FundCall, Reconciliation, file_name
from dagster_project.reports.fund_call.journeys import gather_lines, read_journeys, tests_of
from dagster_project.reports.fund_call.letter import fund_call_pdf
from dagster_project.reports.fund_call.source import CallSource, read_call, read_calls
from dagster_project.reports.fund_call.totals import count_totals
from dagster_project.reports.fund_call.workbook.book import write_fund_call
from dagster_project.reports.fund_call.workbook.columns import technical_names
from dagster_project.reports.shared.attestation import Attestation
from dagster_project.reports.shared.call_checks import Held, resting_on
from dagster_project.reports.shared.call_proof import LINES_SUFFIX, CallProof, Prover
from dagster_project.reports.shared.folder import Document
from dagster_project.reports.shared.parquet import write_parquet
from dagster_project.reports.shared.source import Parties

_CALL = ("campaign_id", "operator_id", "period_start_on")
_CLOSINGS = """
    select distinct closing_number from finance.ledger_lines
    where campaign_id = $campaign_id and operator_id = $operator_id and call_start_on = $period_start_on
"""
_AMOUNTS = ("incentive_cents", "fee_ex_vat_cents", "vat_cents")


@dataclass(frozen=True, repr=False)
class Keys:
    """The secrets of what goes out: an authority's pseudonyms, the registry's attestations."""

    pseudonyms: bytes
    attestation: bytes


def fund_call_documents(
    connection: duckdb.DuckDBPyConnection,
    campaign_id: str,
    parties: Parties,
    keys: Keys,
    prover: Prover,
    held: Held,
    business_date: date,
) -> Iterator[Document]:
    """One document per fund call of the campaign; one drawn from an advance rests on the calls before it.

    A closed one stays readable until it has to be paid.
    """
    tests = tests_of(connection, campaign_id)
    lines = cache(partial(gather_lines, connection, campaign_id))
    for row in read_calls(connection, campaign_id):
        operator_id, start_on = row["operator_id"], row["period_start_on"]
        why = held.get((operator_id, start_on), "")
        if row["statement_number"] is not None:
            why = why or resting_on(held, operator_id, since=date.min, before=start_on)
        # Read where it is drawn, once for content and drawing, and forgotten with the document.
        source = cache(partial(read_call, connection, row, tests, parties))
        delay = timedelta(row["payment_days"])
        due_on = max(row["closed_on"], business_date) + delay if row["is_closed"] else None
        journeys = cache(partial(read_journeys, lines, row, tests, keys.pseudonyms, due_on))
        yield Document(
            id=f"appel/{operator_id}/{start_on}",
            draw=partial(_draw, source, journeys, keys.attestation, partial(_proof, connection, row, prover)),
            is_final=row["is_closed"],
            issued_on=row["closed_on"] if row["is_closed"] else None,
            content=partial(_digest, source, journeys),
            stays=row["is_closed"],
            held=why,
        )


def _draw(
    read_source: Callable[[], CallSource],
    read: Callable[[], pl.DataFrame],
    attestation_key: bytes,
    prove: Callable[[], CallProof],
    folder: Path,
    issued_on: date,
) -> dict[str, int]:
    source, journeys = read_source(), read()
    call = source.call(issued_on)
    workbook = folder / file_name(call)
    parquet, pdf = workbook.with_suffix(".parquet"), workbook.with_suffix(".pdf")
    write_parquet(parquet, journeys.rename(technical_names()), CALL_JOURNEYS)
    exported = pl.read_parquet(parquet, columns=list(_AMOUNTS))
    incentive, fee, vat = (int(exported[name].sum()) for name in _AMOUNTS)
    reconciliation = Reconciliation(
        source.steps, source.ledger_cents, (incentive, fee, vat), source.redistribution
    )
    write_fund_call(workbook, call, journeys, reconciliation)
    drawn = {workbook.name: journeys.height, parquet.name: journeys.height}
    if source.row["is_closed"]:
        proof = prove()
        if proof.amounts() != (call.incentive_cents, call.fee_ex_vat_cents, call.vat_cents):
            raise DocumentError(f"the ledger's lines sum to {proof.amounts()}, the call says otherwise")
        registry = source.parties.registry.on(call.issued_on)
        attested = _attested(source, call, registry, parquet, proof)
        totals = count_totals(journeys, call.bands)
        signed = fund_call_pdf(call, totals, attested, registry.signatory, proof.content, attestation_key)
        pdf.write_bytes(signed)
        lines = workbook.with_suffix(LINES_SUFFIX)
        lines.write_text(proof.table, "utf-8")
        drawn |= {pdf.name: journeys.height, lines.name: len(proof.lines)}
    return drawn


def _proof(connection: duckdb.DuckDBPyConnection, row: dict[str, Any], prover: Prover) -> CallProof:
    closings = connection.execute(_CLOSINGS, {name: row[name] for name in _CALL}).fetchall()
    return prover.prove(row["operator_id"], [number for (number,) in closings], row["closing_number"])


def _attested(
    source: CallSource, call: FundCall, registry: RegistryOperator, parquet: Path, proof: CallProof
) -> Attestation:
    return Attestation(
        campaign_id=call.campaign_id,
        convention_reference=call.convention_reference,
        operator_name=call.operator_name,
        operator_siret=call.operator_siret,
        operator_id=call.operator_id,
        call_number=source.row["call_number"],
        period_start=call.period_start,
        period_end=call.period_end,
        issued_on=call.issued_on,
        **asdict(call.counts),
        incentive_cents=call.incentive_cents,
        fee_ex_vat_cents=call.fee_ex_vat_cents,
        vat_cents=call.vat_cents,
        total_cents=call.total_cents,
        journeys_file=parquet.name,
        journeys_sha256=hashlib.sha256(parquet.read_bytes()).hexdigest(),
        closing_number=source.row["closing_number"],
        closing_hash=source.row["closing_sha256"],
        checkpoint_hash=proof.own.sha256,
        issuer=registry.name,
        issuer_address=registry.address.line,
        issuer_email=registry.email,
    )


def _digest(read_source: Callable[[], CallSource], read: Callable[[], pl.DataFrame]) -> str:
    """Of all that a provisional call says: while it is the same, so is its day of issue."""
    source = read_source()
    call_parts = (source.call(date.max), source.steps, source.ledger_cents, source.redistribution)
    digest = hashlib.sha256(repr(call_parts).encode())
    digest.update(read().write_ndjson().encode())
    return digest.hexdigest()
