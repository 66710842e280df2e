"""The warehouse's closed fee periods as invoices (CONVENTION 8.3); every one of them is final."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.catalogue.conventions import lacking
from dagster_project.reports.invoice.invoice import (
    Invoice,
    InvoiceLine,
    InvoiceReference,
    file_stem,
    reference,
)
from dagster_project.reports.invoice.letter import invoice_pdf
from dagster_project.reports.invoice.platform import check_file
from dagster_project.reports.invoice.workbook import write_invoice
from dagster_project.reports.shared.call_checks import Held, resting_on
from dagster_project.reports.shared.folder import Document
from dagster_project.reports.shared.french import french_period
from dagster_project.reports.shared.source import Parties, article_words, of_campaign, reason_words
from dagster_project.reports.shared.vat import Vat

_INVOICES = """
    from finance.fee_invoices where campaign_id = $campaign_id order by operator_id, invoice_number
"""
_LINES = """
    from finance.fee_invoice_lines
    where operator_id = $operator_id and invoice_number = $invoice_number
    order by line_number
"""
_NUMBERED = """
    select operator_id, invoice_number, issued_on, period_start_on, period_end_on, total_cents
    from finance.fee_invoices where operator_id = ? and invoice_number = ?
"""
_OF_A_CALL = """
    select operator_id, invoice_number, issued_on, period_start_on, period_end_on, total_cents
    from finance.fee_invoices
    where campaign_id = ? and operator_id = ? and call_start_on = ? and kind = 'closing'
    order by invoice_number
"""


def invoice_documents(
    connection: duckdb.DuckDBPyConnection,
    campaign_id: str,
    parties: Parties,
    held: Held,
    business_date: date,
) -> Iterator[Document]:
    """One document per invoice of the campaign: the Factur-X and a workbook.

    One whose call is held back is held with it, and keeps its number and its date. So is one without what its
    authority demands: its term of payment counts from the night that could send it.
    """
    for row in of_campaign(connection, _INVOICES, campaign_id):
        call_on, operator_id = row["call_start_on"], row["operator_id"]
        authority, period_end = parties.authorities[row["authority_id"]], row["period_end_on"]
        convention = authority.convention_with(operator_id, period_end)
        yield Document(
            id=f"facture/{row['operator_id']}/{row['invoice_number']:05d}",
            draw=partial(_draw, connection, row, parties),
            is_final=True,
            issued_on=row["issued_on"],
            stays=True,
            held=resting_on(held, operator_id, since=call_on, before=call_on + timedelta(days=1))
            or lacking(authority.service, convention, business_date, period_end),
        )


def invoice_references(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, operator_id: str, call_start_on: date
) -> tuple[InvoiceReference, ...]:
    """The invoices whose fees a fund call sums, as their closings numbered them (D-263)."""
    rows = connection.execute(_OF_A_CALL, [campaign_id, operator_id, call_start_on]).fetchall()
    return tuple(_reference(*row) for row in rows)


def _draw(
    connection: duckdb.DuckDBPyConnection,
    row: dict[str, Any],
    parties: Parties,
    folder: Path,
    sent_on: date,
) -> dict[str, int]:
    invoice = replace(_read(connection, row, parties), sent_on=sent_on)
    stem = file_stem(invoice)
    (folder / f"{stem}.pdf").write_bytes(invoice_pdf(invoice))
    write_invoice(folder / f"{stem}.xlsx", invoice)
    for ending in ("pdf", "xlsx"):
        check_file(f"{stem}.{ending}", (folder / f"{stem}.{ending}").read_bytes())
    return dict.fromkeys((f"{stem}.pdf", f"{stem}.xlsx"), len(invoice.lines))


def invoices_of(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, parties: Parties
) -> Iterator[Invoice]:
    """The campaign's invoices, one by one, as they are drawn."""
    for row in of_campaign(connection, _INVOICES, campaign_id):
        yield _read(connection, row, parties)


def _read(connection: duckdb.DuckDBPyConnection, row: dict[str, Any], parties: Parties) -> Invoice:
    key = {name: row[name] for name in ("operator_id", "invoice_number")}
    lines = connection.execute(_LINES, key).pl().to_dicts()
    invoice = make_invoice(row, lines, parties, row["issued_on"])
    if row["kind"] != "replacement":
        return invoice
    (replaced,) = connection.execute(_NUMBERED, [row["operator_id"], row["replaced_number"]]).fetchall()
    return replace(invoice, replaces=_reference(*replaced))


def make_invoice(
    row: dict[str, Any], lines: list[dict[str, Any]], parties: Parties, issued_on: date
) -> Invoice:
    """One row of fee_invoices and its lines as an invoice."""
    unit = "Par trajet passager" if row["is_fee_per_seat"] else "Par trajet"
    return Invoice(
        number=row["invoice_number"],
        issued_on=issued_on,
        operator=parties.operator(row["operator_id"], issued_on),
        authority=parties.authority(row["authority_id"], issued_on),
        campaign_id=row["campaign_id"],
        campaign_name=row["campaign_name"],
        convention_reference=row["convention_reference"],
        period_start=row["period_start_on"],
        period_end=row["period_end_on"],
        payment_term_days=row["payment_days"],
        vat=Vat(row["vat_basis_points"], row["vat_category"], row["vat_reason"] or ""),
        fee_article=article_words(row["fee_article"]),
        payment_article=article_words(row["call_article"]),
        lines=tuple(_line(line, unit) for line in lines),
    )


def _line(line: dict[str, Any], unit: str) -> InvoiceLine:
    month, number = line["journey_month_on"], line["original_number"]
    reasons = [words] if (words := reason_words(line["reason"])) else []
    if line["is_cut_by_budget"]:
        reasons.append("solde de l’enveloppe")
    return InvoiceLine(
        quantity=line["quantity"],
        unit_cents=line["unit_cents"],
        vat_cents=line["vat_cents"],
        reason=", ".join(reasons),
        is_regularisation=month is not None,
        month=french_period(month, month) if month else "",
        unit=unit,
        is_without_vat=line["is_without_vat"],
        corrects=_reference(*(line[name] for name in _ORIGINAL)) if number else None,
    )


_ORIGINAL = (
    *("operator_id", "original_number", "original_issued_on", "original_period_start_on"),
    *("original_period_end_on", "original_total_cents"),
)


def _reference(
    operator_id: str, number: int, issued_on: date, start: date, end: date, total_cents: int
) -> InvoiceReference:
    return InvoiceReference(reference(operator_id, number), issued_on, french_period(start, end), total_cents)
