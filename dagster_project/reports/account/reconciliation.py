"""The reconciliation of a campaign as a workbook: declared by the operator, computed here, paid.

One sheet has the months with their sums, the other why declared and computed differ. Nothing is computed here
but sums; the reasons are those that dbt gave each journey.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.exports import RECONCILIATION
from dagster_project.files.statements import statements
from dagster_project.reports.shared.folder import Document
from dagster_project.reports.shared.french import french_day, french_period, slug
from dagster_project.reports.shared.parquet import write_parquet
from dagster_project.reports.shared.source import Parties, refusal_words
from dagster_project.reports.shared.workbook import TOTAL, Cells, euros, open_workbook, text_height

_SQL = statements(__file__)
_REASONS = {
    "equal": "déclaré et calculé sont égaux",
    "elsewhere": "hors du territoire ou de la période de la campagne",
    "budget": "enveloppe épuisée",
    "cap": "plafond atteint",
    "not_declared": "calculé, et non déclaré par l’opérateur",
    "other_siren": "déclaré sous un autre SIREN que celui de l’autorité",
    "amount": "montant déclaré différent du montant calculé",
}
_MONTHS = (
    "Mois",
    "Opérateur",
    "Déclaré",
    "Calculé",
    "Écart",
    "Non expliqué",
    "Clos",
    "Payé",
    "À payer",
    "En cours",
)
_AMOUNTS = (
    *("declared_cents", "computed_cents", "gap_cents", "unexplained_cents"),
    *("closed_cents", "paid_cents", "unpaid_cents", "open_cents"),
)
_WHY = ("Mois", "Opérateur", "Motif", "Trajets", "Déclaré", "Calculé", "Écart")
_RULES = (
    "Déclaré : ce que les opérateurs disent, dans leurs dépôts, que l’autorité verse pour leurs "
    "trajets. Calculé : ce "
    "que la convention donne, écritures de régularisation comprises. Écart = déclaré − calculé ; "
    "chaque trajet d’un "
    "seul côté a son motif, feuille « Motifs ». Ce qui est déclaré hors du territoire ou de la période n’est "
    "d’aucune campagne : « Motifs » le compte, les mois non.",
    "Non expliqué : calculé par le grand livre, sans trajet qui le porte, hors trajets effacés à leur "
    "terme. Il doit "
    "être nul.",
    "Payé : les paiements des acomptes et des appels que montrent les relevés bancaires, imputés sur "
    "les mois clos du "
    "plus ancien au plus récent. À payer = clos − payé. Les paiements eux-mêmes, partiels, doubles, "
    "en retard ou "
    "d’un autre payeur, sont au relevé de compte.",
)


def reconciliation_documents(
    connection: duckdb.DuckDBPyConnection, authority_id: str, parties: Parties
) -> Iterator[Document]:
    """One document for each campaign of the authority, drawn again where it says something else."""
    names = {operator.id: operator.name for operator in parties.operators.values()}
    for campaign_id, campaign in connection.execute(
        _SQL["campaigns"], {"authority_id": authority_id}
    ).fetchall():
        key = {"authority_id": authority_id, "campaign_id": campaign_id}
        months = _named(connection.execute(_SQL["months"], {"campaign_id": campaign_id}).pl(), names)
        reasons = _named(connection.execute(_SQL["reasons"], key).pl(), names)
        content = hashlib.sha256(repr((campaign, months.rows(), reasons.rows())).encode()).hexdigest()
        yield Document(
            id=f"rapprochement/{campaign_id}",
            draw=partial(_draw, campaign_id, campaign, months, reasons),
            content=partial(str, content),
            is_nightly=True,
        )


def _named(rows: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    return rows.with_columns(pl.col("operator_id").replace(names).alias("operator"))


def _draw(
    campaign_id: str,
    campaign: str,
    months: pl.DataFrame,
    reasons: pl.DataFrame,
    folder: Path,
    issued_on: date,
) -> dict[str, int]:
    stem = f"RAPPROCHEMENT_{slug(campaign_id)}"
    write_reconciliation(folder / f"{stem}.xlsx", campaign, months, reasons, issued_on)
    write_parquet(folder / f"{stem}.parquet", months, RECONCILIATION)
    return {f"{stem}.{form}": months.height for form in ("xlsx", "parquet")}


def write_reconciliation(
    path: Path, campaign: str, months: pl.DataFrame, reasons: pl.DataFrame, issued_on: date
) -> None:
    """Write the workbook; the same rows give the same bytes."""
    title = f"Rapprochement au {french_day(issued_on)}"
    with open_workbook(path, issued_on, {"title": title, "subject": campaign}) as (book, styles):
        sheet = Cells(book.add_worksheet("Rapprochement"), styles)
        sheet.set_page(campaign, title, (18, 22, *[15] * 8), landscape=True)
        sheet.sheet.fit_to_pages(1, 0)
        sheet.title(title, campaign, 9)
        row = _table(sheet, 3, _MONTHS, months, ("operator",), _AMOUNTS)
        for rule in _RULES:
            sheet.sheet.set_row(row, text_height(rule, 170, 4))
            sheet.band(row, 0, 9, rule, "small", "muted", "wrap")
            row += 1
        sheet = Cells(book.add_worksheet("Motifs"), styles)
        sheet.set_page(campaign, title, (18, 22, 62, 12, 15, 15, 15), landscape=True)
        sheet.sheet.fit_to_pages(1, 0)
        sheet.title("Pourquoi déclaré et calculé diffèrent", campaign, 6)
        worded = reasons.with_columns(
            pl.Series("reason", [reason_words(reason) for reason in reasons["reason"]], dtype=pl.String)
        )
        amounts = ("journeys", "declared_cents", "computed_cents", "gap_cents")
        _table(sheet, 3, _WHY, worded, ("operator", "reason"), amounts)


def _table(
    sheet: Cells,
    row: int,
    heads: tuple[str, ...],
    rows: pl.DataFrame,
    texts: tuple[str, ...],
    numbers: tuple[str, ...],
) -> int:
    """Months, texts and figures with their sums. Returns the next free row."""
    sheet.sheet.set_row(row, 20)
    first_number = 1 + len(texts)
    for column, head in enumerate(heads):
        sheet.text(row, column, head, "inverse", "indent", *(("right",) if column >= first_number else ()))
    first = row + 2
    for line in rows.iter_rows(named=True):
        row += 1
        sheet.text(row, 0, french_period(line["month_on"], line["month_on"]), "hairline")
        for column, name in enumerate(texts, 1):
            sheet.text(row, column, line[name], "hairline")
        for column, name in enumerate(numbers, first_number):
            is_count = name == "journeys"
            look = sheet.styles("count" if is_count else "money", "hairline")
            sheet.sheet.write_number(row, column, line[name] if is_count else euros(line[name]), look)
    row += 1
    sheet.sheet.set_row(row, 20)
    sheet.band(row, 0, first_number - 1, "Total", "indent", *TOTAL)
    for column, name in enumerate(numbers, first_number):
        letter, is_count = "ABCDEFGHIJ"[column], name == "journeys"
        total = int(rows[name].sum())
        formula = f"ROUND(SUM({letter}{first}:{letter}{row}),2)"
        look = "count" if is_count else "money"
        sheet.formula(row, column, formula, total if is_count else euros(total), look, *TOTAL)
    return row + 2


def reason_words(reason: str) -> str:
    """Why declared and computed differ (`reconciliation_reasons`), in French."""
    kind, _, code = reason.partition(":")
    if kind == "refused":
        return f"refusé par le registre : {refusal_words(code)}"
    return f"test « {code} » de la campagne" if kind == "test" else _REASONS[reason]
