"""The advance statement as PDF and as an Excel sheet whose formulas replay the account."""

from pathlib import Path

from dagster_project.reports.advance.advance import COLUMNS, READINGS, Advance
from dagster_project.reports.shared.french import french_euros
from dagster_project.reports.shared.letter import (
    Column,
    Facts,
    Grid,
    Letter,
    Notes,
    Outcome,
    address_lines,
    logos,
    set_letter,
)
from dagster_project.reports.shared.payment import ACCOUNT
from dagster_project.reports.shared.workbook import TOTAL, Cells, euros, open_workbook

WIDTHS = (30, 14, 23, 14, 14, 14, 23)


def advance_pdf(advance: Advance) -> bytes:
    """The PDF of one statement."""
    columns = (
        Column("Trimestre", is_number=False, is_wide=True),
        *(Column(name.replace(" à ", "\nà ")) for name in COLUMNS),
    )
    rows = tuple((name, *map(french_euros, amounts)) for name, amounts in advance.rows)
    return set_letter(
        Letter(
            title=advance.title,
            number=str(advance.number),
            subtitle=advance.campaign_name,
            period=advance.last.label,
            sender_label="Bénéficiaire",
            sender=address_lines(advance.operator),
            recipient_label="Autorité",
            recipient=address_lines(advance.authority),
            footer=f"{advance.operator.name} · état d’acompte n° {advance.number}",
            issued_on=advance.issued_on,
            blocks=(
                Outcome(advance.payment.sentence, advance.payment.amount),
                Facts("Références", advance.references),
                Grid("Compte de l’acompte", columns, rows),
                *(
                    (Facts(ACCOUNT, account, is_paired=True),)
                    if (account := advance.payment.account_fields)
                    else ()
                ),
                Notes((*advance.gaps, *advance.notes, *READINGS)),
            ),
            logos=logos(advance.operator, advance.authority, on=advance.issued_on),
        )
    )


def write_advance(path: Path, advance: Advance) -> None:
    """Write the workbook of one statement; the same statement gives the same bytes."""
    title = f"{advance.title} n° {advance.number}"
    properties = {
        "title": f"{title} : {advance.operator.name}",
        "subject": f"{advance.campaign_name} ({advance.convention_reference})",
        "company": advance.authority.name,
    }
    with open_workbook(path, advance.issued_on, properties) as (book, styles):
        sheet = Cells(book.add_worksheet("Acompte"), styles)
        sheet.set_page(f"{advance.campaign_name} · {advance.last.label}", title, WIDTHS, landscape=True)
        sheet.sheet.fit_to_pages(1, 0)
        sheet.title(title, f"{advance.operator.name} · {advance.campaign_name}", len(COLUMNS))
        row = 3
        sheet.logos(2, (0, 3), logos(advance.operator, advance.authority, on=advance.issued_on))
        for name, value in (*advance.references, *advance.payment.account_fields):
            sheet.text(row, 0, name, "muted", "hairline")
            sheet.band(row, 1, len(COLUMNS), value, "hairline")
            row += 1
        row = _account(sheet, row + 1, advance)
        for reading in (*advance.gaps, *advance.notes, *READINGS):
            sheet.sheet.set_row(row, 24)
            sheet.band(row, 0, len(COLUMNS), reading, "small", "muted", "wrap")
            row += 1


def _account(sheet: Cells, row: int, advance: Advance) -> int:
    """The quarters, then what is to be paid. Returns the next free row."""
    sheet.sheet.set_row(row, 20)
    for index, name in enumerate(("Trimestre", *COLUMNS)):
        sheet.text(row, index, name, "inverse", "indent", *(("right",) if index else ()))
    first = row + 1
    for quarter, (name, amounts) in zip(advance.quarters, advance.rows, strict=True):
        row += 1
        sheet.sheet.set_row(row, 18)
        sheet.text(row, 0, name, "indent", "hairline")
        line = row + 1
        formulas = {3: f"ROUND(C{line}-D{line},2)", 5: f"ROUND(E{line}+F{line},2)"}
        if row > first:
            # A quarter opens with what the last one left, and what was really paid beside it.
            gap = f"{euros(quarter.paid_gap_cents):+.2f}" if quarter.paid_gap_cents else ""
            formulas[1] = f"ROUND(G{line - 1}{gap},2)" if gap else f"G{line - 1}"
        for index, cents in enumerate(amounts):
            if index in formulas:
                sheet.formula(row, index + 1, formulas[index], euros(cents), "money", "hairline")
            else:
                sheet.sheet.write_number(row, index + 1, euros(cents), sheet.styles("money", "hairline"))
    row += 1
    sheet.sheet.set_row(row, 32)
    sheet.band(row, 0, len(COLUMNS) - 1, advance.payment.sentence, *TOTAL, "indent", "wrap")
    moved = euros(abs(advance.last.revision_cents))
    sheet.formula(row, len(COLUMNS), f"ABS(F{row})", moved, "money", *TOTAL)
    return row + 2
