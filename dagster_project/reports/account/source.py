"""The accounts of the warehouse, and each authority's folder of them: exports/<authority>/comptes/."""

import hashlib
from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.documents import ACCOUNTS
from dagster_project.contracts.exports import DEMANDS
from dagster_project.contracts.payments import PAYMENT_VERDICTS
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.reports.account.account import Account, Demand, Line
from dagster_project.reports.account.documents import account_pdf, write_account
from dagster_project.reports.account.pieces import pieces_documents
from dagster_project.reports.account.reconciliation import reconciliation_documents
from dagster_project.reports.shared.folder import Document, Publication, publish_folder, read_me_document
from dagster_project.reports.shared.french import slug
from dagster_project.reports.shared.parquet import write_parquet
from dagster_project.reports.shared.side_by_side import side_by_side
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.reports.shared.source import Parties

FOLDER = "comptes"
_SQL = statements(__file__)


def publish_accounts(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, parties: Parties
) -> Publication:
    """Write each authority's statements of account; one that says what it said before is carried over."""
    publication, signatory = Publication(), Signatory(lake)

    def published(authority: tuple[str], own: duckdb.DuckDBPyConnection) -> Publication:
        (authority_id,) = authority
        documents = chain(
            _documents(own, authority_id, business_date, parties),
            reconciliation_documents(own, authority_id, parties),
            pieces_documents(lake, own, authority_id, signatory),
            [read_me_document("Comptes", "le relevé de compte d’un opérateur (COMPTE_… .pdf)", ACCOUNTS)],
        )
        folder = lake.exports / authority_id / FOLDER
        return publish_folder(folder, FOLDER, documents, business_date, signatory)

    authorities = connection.execute(_SQL["authorities"]).fetchall()
    for _, authority_publication in side_by_side(published, authorities, connection):
        publication.add(authority_publication)
    return publication


def _documents(
    connection: duckdb.DuckDBPyConnection, authority_id: str, business_date: date, parties: Parties
) -> Iterator[Document]:
    campaigns_of, demands_of, payments_of = (
        connection.execute(_SQL[query], {"authority_id": authority_id}).pl()
        for query in ("campaigns", "demands", "payments")
    )
    for operator_id in demands_of["operator_id"].unique(maintain_order=True):
        of_operator = pl.col("operator_id") == operator_id
        rows = demands_of.filter(of_operator).drop("operator_id")
        lines = payments_of.filter(of_operator).drop("operator_id")
        campaigns = tuple(campaigns_of.filter(of_operator)["campaign_name"])
        demands = tuple(Demand.of(row) for row in rows.iter_rows(named=True))
        payments = tuple(
            Line(**{**row, "title": PAYMENT_VERDICTS[row["title"]].title})
            for row in lines.iter_rows(named=True)
        )

        def draw(
            folder: Path,
            issued_on: date,
            *,
            operator_id: str = operator_id,
            campaigns: tuple[str, ...] = campaigns,
            demands: tuple[Demand, ...] = demands,
            payments: tuple[Line, ...] = payments,
            rows: pl.DataFrame = rows,
        ) -> dict[str, int]:
            operator, authority = parties.operators[operator_id], parties.authorities[authority_id]
            account = Account(
                operator, authority, campaigns, issued_on, rows["seen_on"][0], demands, payments
            )
            stem = f"COMPTE_{slug(authority_id)}_{slug(operator_id)}"
            (folder / f"{stem}.pdf").write_bytes(account_pdf(account))
            write_account(folder / f"{stem}.xlsx", account)
            write_parquet(folder / f"{stem}.parquet", rows, DEMANDS)
            return {f"{stem}.{form}": len(demands) for form in ("pdf", "xlsx", "parquet")}

        both = parties.operators[operator_id], parties.authorities[authority_id]
        account_text = repr((*both, campaigns, demands, payments, rows["seen_on"][0]))
        content = hashlib.sha256(account_text.encode()).hexdigest()
        yield Document(id=f"compte/{operator_id}", draw=draw, content=partial(str, content), is_nightly=True)
