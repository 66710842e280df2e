"""The reconciliation of a campaign as a workbook: declared by the operator, computed here, paid.

One sheet has the months with their sums, one why declared and computed differ, the last leads from one total
to the other and to all that is declared of the authority. Nothing is computed here but sums; the reasons are
those that dbt gave each journey.
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
from dagster_project.reports.account.reconciled import Reconciled, reason_words
from dagster_project.reports.shared.folder import Document
from dagster_project.reports.shared.french import french_day, french_period, slug
from dagster_project.reports.shared.parquet import write_parquet
from dagster_project.reports.shared.source import Parties
from dagster_project.reports.shared.workbook import TOTAL, Cells, euros, open_workbook, text_height

_SQL = statements(__file__)
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
    "seul côté a son motif, feuille « Motifs ». Ce qui n’est d’aucune campagne y est à part ; "
    "« Passage » mène d’un total à l’autre.",
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

    def reasons(campaign_id: str | None) -> pl.DataFrame:
        key = {"authority_id": authority_id, "campaign_id": campaign_id}
        return _named(connection.execute(_SQL["reasons"], key).pl(), names)

    campaigns = connection.execute(_SQL["campaigns"], {"authority_id": authority_id}).fetchall()
    outside = reasons(None)
    for campaign_id, campaign, *_ in campaigns:
        reconciled = Reconciled(
            campaign=campaign,
            months=_named(connection.execute(_SQL["months"], {"campaign_id": campaign_id}).pl(), names),
            reasons=reasons(campaign_id),
            outside=outside,
            others=tuple((name, *cents) for other, name, *cents in campaigns if other != campaign_id),
        )
        frames = (reconciled.months.rows(), reconciled.reasons.rows(), outside.rows())
        content = hashlib.sha256(repr((campaign, reconciled.others, *frames)).encode()).hexdigest()
        yield Document(
            id=f"rapprochement/{campaign_id}",
            draw=partial(_draw, campaign_id, reconciled),
            content=partial(str, content),
            is_nightly=True,
        )


def _named(rows: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    return rows.with_columns(pl.col("operator_id").replace(names).alias("operator"))


def _draw(campaign_id: str, reconciled: Reconciled, folder: Path, issued_on: date) -> dict[str, int]:
    stem = f"RAPPROCHEMENT_{slug(campaign_id)}"
    write_reconciliation(folder / f"{stem}.xlsx", reconciled, issued_on)
    write_parquet(folder / f"{stem}.parquet", reconciled.months, RECONCILIATION)
    return {f"{stem}.{form}": reconciled.months.height for form in ("xlsx", "parquet")}


def write_reconciliation(path: Path, reconciled: Reconciled, issued_on: date) -> None:
    """Write the workbook; the same rows give the same bytes."""
    title = f"Rapprochement au {french_day(issued_on)}"
    with open_workbook(path, issued_on, {"title": title, "subject": reconciled.campaign}) as (book, styles):

        def sheet_of(name: str, heading: str, widths: tuple[float, ...]) -> Cells:
            sheet = Cells(book.add_worksheet(name), styles)
            sheet.set_page(reconciled.campaign, title, widths, landscape=True)
            sheet.sheet.fit_to_pages(1, 0)
            sheet.title(heading, reconciled.campaign, len(widths) - 1)
            return sheet

        sheet = sheet_of("Rapprochement", title, (18, 22, *[15] * 8))
        months_total = _table(sheet, 3, _MONTHS, reconciled.months, ("operator",), _AMOUNTS)
        for row, rule in enumerate(_RULES, months_total + 2):
            sheet.sheet.set_row(row, text_height(rule, 170, 4))
            sheet.band(row, 0, 9, rule, "small", "muted", "wrap")
        sheet = sheet_of("Motifs", "Pourquoi déclaré et calculé diffèrent", (18, 22, 62, 12, 15, 15, 15))
        reasons_total, outside_total = _reasons(sheet, 3, reconciled.reasons), None
        if reconciled.outside.height:
            sheet.heading(reasons_total + 2, "Déclaré hors de toute campagne")
            sheet.band(reasons_total + 3, 0, 6, reconciled.whose, "small", "muted")
            outside_total = _reasons(sheet, reasons_total + 4, reconciled.outside)
        sheet = sheet_of("Passage", "D’un total à l’autre", (66, 18, 18, 18))
        _passage(sheet, reconciled, reasons_total, outside_total)


def _reasons(sheet: Cells, row: int, reasons: pl.DataFrame) -> int:
    words = [reason_words(reason) for reason in reasons["reason"]]
    worded = reasons.with_columns(pl.Series("reason", words, dtype=pl.String))
    amounts = ("journeys", "declared_cents", "computed_cents", "gap_cents")
    return _table(sheet, row, _WHY, worded, ("operator", "reason"), amounts)


def _passage(sheet: Cells, reconciled: Reconciled, reasons_at: int, outside_at: int | None) -> None:
    """From the sum of reasons to that of months, then to the authority's; `…_at`: where « Motifs » sums."""
    sheet.sheet.set_row(3, 20)
    for column, head in enumerate(("", "Déclaré", "Calculé", "Écart")):
        sheet.text(3, column, head, "inverse", "indent", *(("right",) if column else ()))
    row, first, sums = 4, 4, [0, 0]
    for steps, words, at in (
        (reconciled.own, "Feuille « Rapprochement », cette campagne", reasons_at),
        (reconciled.beyond, "Toutes les campagnes de l’autorité, et hors campagne", outside_at),
    ):
        for number, (step, *cents) in enumerate(steps):
            formula = f"Motifs!{{0}}{at + 1}" if at and not number else ""
            _step(sheet, row, step, cents, formula, "hairline")
            sums = [sum(pair) for pair in zip(sums, cents, strict=True)]
            row += 1
        _step(sheet, row, words, sums, f"ROUND(SUM({{1}}{first + 1}:{{1}}{row}),2)", *TOTAL)
        first = row
        row += 1


def _step(sheet: Cells, row: int, words: str, cents: list[int], formula: str, *look: str) -> None:
    """A row; in the formula {0} stands for the column on the reasons' sheet, {1} for that on this one."""
    sheet.text(row, 0, words, "indent", *look)
    for column, amount in enumerate(cents, 1):
        if formula:
            shown = formula.format("DEF"[column], "ABC"[column])
            sheet.formula(row, column, shown, euros(amount), "money", *look)
        else:
            sheet.sheet.write_number(row, column, euros(amount), sheet.styles("money", *look))
    gap = f"ROUND(B{row + 1}-C{row + 1},2)"
    sheet.formula(row, 3, gap, euros(cents[0] - cents[1]), "money", *look)


def _table(
    sheet: Cells,
    row: int,
    heads: tuple[str, ...],
    rows: pl.DataFrame,
    texts: tuple[str, ...],
    numbers: tuple[str, ...],
) -> int:
    """Months, texts and figures with their sums. Returns the row of the sums."""
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
    return row
