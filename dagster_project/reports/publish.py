"""What goes out each night: per campaign a folder of fund calls, invoices, advances, reviews and reports."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.documents import CAMPAIGN
from dagster_project.contracts.payments import ISSUED_DOCUMENTS
from dagster_project.lake.store import Lake
from dagster_project.reports.advance.pot_review import pot_review_documents, pot_state_documents
from dagster_project.reports.advance.source import advance_documents
from dagster_project.reports.fund_call.documents import Keys, fund_call_documents
from dagster_project.reports.half_yearly.source import HalfYearlyReport, knows_who_is_new, reports
from dagster_project.reports.half_yearly.workbook import file_name, write_half_yearly
from dagster_project.reports.invoice.source import invoice_documents
from dagster_project.reports.shared.call_checks import held_calls
from dagster_project.reports.shared.call_proof import Prover
from dagster_project.reports.shared.folder import Document, Publication, publish_folder, read_me_document
from dagster_project.reports.shared.letter import Logo, logos
from dagster_project.reports.shared.registry_folder import write_registry_folders
from dagster_project.reports.shared.side_by_side import side_by_side
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.reports.shared.source import Parties
from dagster_project.reports.situation.source import situation_documents


def publish(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    parties: Parties,
    *,
    draws_drafts: bool = False,
) -> Publication:
    """Write the documents of every campaign, drafts once a month or as asked; each has its folder."""
    signatory = Signatory(lake)
    keys = Keys(
        lake.secret("pseudonyms"),
        lake.secret("attestation"),
    )
    publication, prover = Publication(), Prover(signatory)
    issued = list[tuple[str, str, date]]()
    known = lake.read(ISSUED_DOCUMENTS)
    names = {operator.id: operator.name for operator in parties.operators.values()}
    campaigns = connection.execute("select authority_id, campaign_id from catalogue.campaigns order by all")

    def published(campaign: tuple[str, str], own: duckdb.DuckDBPyConnection) -> Publication:
        authority_id, campaign_id = campaign
        held = held_calls(own, campaign_id)
        documents = chain(
            fund_call_documents(own, campaign_id, parties, keys, prover, held, business_date),
            invoice_documents(own, campaign_id, parties, held, business_date),
            advance_documents(own, campaign_id, parties, held),
            pot_review_documents(own, campaign_id, parties),
            pot_state_documents(own, campaign_id, parties, business_date),
            _half_yearly_documents(own, campaign_id, business_date, partial(_logos, parties, authority_id)),
            situation_documents(own, campaign_id, names, business_date),
            [read_me_document(f"Campagne {campaign_id}", "../index.html, la page de l’autorité", CAMPAIGN)],
        )
        folder = lake.exports / authority_id / campaign_id
        days = dict(known.filter(campaign_id=campaign_id).select("document_id", "issued_on").rows())
        return publish_folder(
            folder, campaign_id, documents, business_date, signatory,
            draws_drafts=draws_drafts, went_out_on=days,
        )  # fmt: skip

    for (_, campaign_id), campaign_publication in side_by_side(published, campaigns.fetchall(), connection):
        publication.add(campaign_publication)
        issued += [
            (campaign_id, export.document, date.fromisoformat(export.issued_on))
            for export in campaign_publication.exports
            if export.is_final
        ]
    write_registry_folders(lake, signatory)
    _remember(lake, issued, known, business_date)
    publication.issued = [document for _, document, day in sorted(set(issued)) if day == business_date]
    return publication


def _remember(
    lake: Lake, documents: list[tuple[str, str, date]], known: pl.DataFrame, business_date: date
) -> None:
    """Write down the day of each document that went out for good: a term of payment runs from it."""
    names = list(ISSUED_DOCUMENTS.columns)
    issued = pl.DataFrame(documents, schema=ISSUED_DOCUMENTS.empty.schema, orient="row").unique().sort(names)
    new = issued.join(known, on=names[:2], how="anti")
    if new.height:
        digest = hashlib.sha256(repr(new.rows()).encode()).hexdigest()[:8]
        lake.write(ISSUED_DOCUMENTS, new, f"issued-{business_date}-{digest}")


def _logos(parties: Parties, authority_id: str, operator_id: str, day: date) -> tuple[Logo, ...]:
    """Of the operator, where the report is of one, and of the authority."""
    shown = [parties.operators[operator_id]] if operator_id in parties.operators else []
    return logos(*shown, parties.authorities[authority_id], on=day)


def _half_yearly_documents(
    connection: duckdb.DuckDBPyConnection,
    campaign_id: str,
    business_date: date,
    logos_of: Callable[[str, date], tuple[Logo, ...]],
) -> Iterator[Document]:
    """A report is a draft until its half-year closes, then issued once; drawn later, it would say less."""
    for report in reports(connection, campaign_id, business_date):

        def draw(folder: Path, issued_on: date, report: HalfYearlyReport = report) -> dict[str, int]:
            logos_shown = logos_of(report.operator_id, issued_on)
            write_half_yearly(folder / file_name(report), report, issued_on, logos_shown)
            return {file_name(report): len(report.months)}

        def digest(report: HalfYearlyReport = report) -> str:
            return hashlib.sha256(repr(report).encode()).hexdigest()

        name = f"bilan/{report.operator_id}/{report.half_start_on}"
        yield Document(
            name,
            draw,
            is_final=report.is_final,
            content=digest,
            stays=report.is_final,
            is_redrawn=knows_who_is_new(report.half_start_on, business_date),
        )
