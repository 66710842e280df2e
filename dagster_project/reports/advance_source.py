"""The warehouse's advances as statements, one per closed period (CONVENTION 8.1); every one is final."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.reports.advance import Advance, AdvanceQuarter, file_stem
from dagster_project.reports.advance_documents import advance_pdf, write_advance
from dagster_project.reports.folder import Document
from dagster_project.reports.source import Parties, article_words

_ADVANCES = """
    select
        advances.*, campaigns.authority_id, campaigns.campaign_name, campaigns.convention_reference,
        campaigns.advance_article
    from finance.advances as advances
    join catalogue.campaigns as campaigns using (campaign_id)
    where campaign_id = $campaign_id
    order by operator_id, statement_number
"""


def advance_documents(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, parties: Parties
) -> Iterator[Document]:
    """One document per statement of the campaign: PDF and workbook."""
    told: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(_ADVANCES, {"campaign_id": campaign_id}).pl().to_dicts():
        told.setdefault(row["operator_id"], []).append(row)
        yield Document(
            id=f"acompte/{row['operator_id']}/{row['statement_number']:02d}",
            draw=partial(_draw, tuple(told[row["operator_id"]]), parties),
            is_final=True,
            issued_on=row["issued_on"],
            stays=True,
        )


def _draw(
    rows: tuple[dict[str, Any], ...], parties: Parties, folder: Path, issued_on: date
) -> dict[str, int]:
    last = rows[-1]
    advance = Advance(
        number=last["statement_number"],
        issued_on=issued_on,
        operator=parties.operators[last["operator_id"]],
        authority=parties.authorities[last["authority_id"]],
        campaign_id=last["campaign_id"],
        campaign_name=last["campaign_name"],
        convention_reference=last["convention_reference"],
        article=article_words(last["advance_article"]),
        is_final=last["is_final"],
        quarters=tuple(
            AdvanceQuarter(
                start=row["period_start_on"],
                end=row["period_end_on"],
                forecast_cents=row["forecast_cents"],
                opening_cents=row["opening_cents"],
                consumed_cents=row["consumed_cents"],
                revision_cents=row["revision_cents"],
                is_over=True,
            )
            for row in rows
        ),
    )
    stem = file_stem(advance)
    (folder / f"{stem}.pdf").write_bytes(advance_pdf(advance))
    write_advance(folder / f"{stem}.xlsx", advance)
    return {f"{stem}.pdf": len(rows), f"{stem}.xlsx": len(rows)}
