"""The warehouse's advances as documents: request, statements, alerts (CONVENTION 8.1); all are final."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.reports.advance.advance import Advance, AdvanceQuarter, file_stem
from dagster_project.reports.advance.documents import advance_pdf, write_advance
from dagster_project.reports.advance.letters import draw_alert, draw_request
from dagster_project.reports.shared.call_checks import Held, resting_on
from dagster_project.reports.shared.folder import Document
from dagster_project.reports.shared.french import french_day, french_euros
from dagster_project.reports.shared.payment import step_payment
from dagster_project.reports.shared.source import Parties, article_words, of_campaign

_STEPS = """
    from finance.advance_steps where campaign_id = $campaign_id order by operator_id, statement_number
"""
_ALERTS = """
    from (from staging.stg_advance_alerts union by name from finance.advance_alerts_due)
    where campaign_id = $campaign_id order by operator_id, period_start_on
"""


def advance_documents(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, parties: Parties, held: Held
) -> Iterator[Document]:
    """One document per step of an advance and per alert; a statement rests on every call before it."""
    statements: dict[str, list[dict[str, Any]]] = {}
    for row in of_campaign(connection, _STEPS, campaign_id):
        operator_id, number = row["operator_id"], row["statement_number"]
        draw = partial(draw_request, row, parties)
        if number:
            statements.setdefault(operator_id, []).append(row)
            draw = partial(_draw, tuple(statements[operator_id]), parties)
        after = row["period_start_on"] + timedelta(days=1) if number else date.min
        yield Document(
            id=f"acompte/{operator_id}/{number:02d}",
            draw=draw,
            is_final=True,
            issued_on=row["issued_on"],
            stays=True,
            held=resting_on(held, operator_id, since=date.min, before=after),
        )
    for row in of_campaign(connection, _ALERTS, campaign_id):
        yield Document(
            id=f"alerte/{row['operator_id']}/{row['period_start_on']}",
            draw=partial(draw_alert, row, parties),
            is_final=True,
            issued_on=row["issued_on"],
            stays=True,
        )


def _draw(
    rows: tuple[dict[str, Any], ...], parties: Parties, folder: Path, issued_on: date
) -> dict[str, int]:
    last = rows[-1]
    # What each step would open with, had all been paid as asked.
    closings = (row["opening_cents"] - row["consumed_cents"] + row["revision_cents"] for row in rows)
    openings = (rows[0]["opening_cents"], *closings)[: len(rows)]
    advance = Advance(
        number=last["statement_number"],
        issued_on=issued_on,
        operator=parties.operator(last["operator_id"], issued_on),
        authority=parties.authority(last["authority_id"], issued_on),
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
                kind=row["kind"],
                paid_gap_cents=row["opening_cents"] - before,
            )
            for row, before in zip(rows, openings, strict=True)
        ),
        payment=step_payment(last, parties, issued_on),
        notes=(*_twin(last), *_notes(last)),
    )
    stem = file_stem(advance)
    (folder / f"{stem}.pdf").write_bytes(advance_pdf(advance))
    write_advance(folder / f"{stem}.xlsx", advance)
    return {f"{stem}.pdf": len(rows), f"{stem}.xlsx": len(rows)}


def _twin(row: dict[str, Any]) -> tuple[str, ...]:
    """That the call says the same sum, so that nobody pays it twice (D-238)."""
    if row["kind"] != "call" or not row["revision_cents"]:
        return ()
    done = "paie" if row["revision_cents"] > 0 else "rend"
    return (f"L’appel de fonds de la période dit la même somme : elle se {done} une fois, sur cet état.",)


def _notes(row: dict[str, Any]) -> tuple[str, ...]:
    """Why the advance is not what the quarter is expected to cost."""
    held = row["opening_cents"] - row["consumed_cents"] + row["revision_cents"]
    if row["is_final"]:
        return ("Le compte de l’acompte est soldé : ce qui est dû ensuite est payé sur appel de fonds.",)
    if held >= row["expected_cents"] or row["pot_left_cents"] is None:
        return ()
    how = "à parts égales" if row["is_advance_shared_equally"] else "en proportion des prévisions"
    return (
        f"Prévision de la suite : {french_euros(row['expected_cents'])}. L’enveloppe commune ne "
        f"contient plus "
        f"que {french_euros(row['pot_left_cents'])} au {french_day(row['issued_on'])}, partagés {how} "
        f"entre les "
        "bénéficiaires : l’acompte ne peut les dépasser.",
    )
