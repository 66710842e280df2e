"""The control of an invoice as an Excel sheet; the invoice itself is the PDF.

Its lines with live formulas, the VAT of the ledger beside the rate's.
"""

from datetime import date
from itertools import zip_longest
from pathlib import Path

from dagster_project.reports.invoice.invoice import Invoice, InvoiceLine
from dagster_project.reports.shared.letter import logos
from dagster_project.reports.shared.vat import Vat
from dagster_project.reports.shared.workbook import TOTAL, Cells, euros, open_workbook

WIDTHS = (58, 11, 17, 15, 21)
_EURO_WORDS = ("money", "hairline")


def write_invoice(path: Path, invoice: Invoice) -> None:
    """Write the workbook of one invoice or credit note; the same invoice gives the same bytes."""
    named = "de l’avoir" if invoice.is_credit_note else "de la facture"
    title = f"Contrôle {named} n° {invoice.reference}"
    properties = {
        "title": title,
        "subject": f"{invoice.campaign_name} ({invoice.convention_reference})",
        "company": invoice.operator.name,
    }
    with open_workbook(path, invoice.issued_on, properties) as (book, styles):
        sheet = Cells(book.add_worksheet("Contrôle"), styles)
        header = f"{invoice.campaign_name} · {invoice.period_label}"
        footer = f"{invoice.operator.name} · {title.lower()}"
        sheet.set_page(header, footer, WIDTHS)
        sheet.sheet.fit_to_pages(1, 0)
        sheet.title(title, f"{header} · {invoice.title.lower()} : le PDF de même nom", 4)
        sheet.logos(2, (0, 1), logos(invoice.operator, invoice.authority, on=invoice.issued_on))
        _lines(sheet, _head(sheet, invoice, 3), invoice)


def _head(sheet: Cells, invoice: Invoice, row: int) -> int:
    """Both parties side by side, then the references. Returns the next free row."""
    seller, payer = ("Émetteur", *invoice.seller), ("Facturé à", *invoice.payer)
    for index, (left, right) in enumerate(zip_longest(seller, payer, fillvalue="")):
        words = {0: ("small", "muted"), 1: ("bold",)}.get(index, ())
        sheet.text(row, 0, left, *words)
        sheet.band(row, 1, 4, right, *words)
        row += 1
    for name, value in (*invoice.references, *invoice.account_fields):
        row += 1
        sheet.text(row, 0, name, "muted", "hairline")
        if isinstance(value, date):
            sheet.day(row, 1, 4, value, "hairline")
        else:
            sheet.band(row, 1, 4, value, "hairline")
    return row + 2


def _lines(sheet: Cells, row: int, invoice: Invoice) -> None:
    """Lines, totals, and the gap between the ledger's VAT and the rate on the total."""
    sheet.sheet.set_row(row, 20)
    names = ("Désignation", "Quantité", "Prix unitaire HT", "Montant HT", "TVA du grand livre")
    for index, name in enumerate(names):
        sheet.text(row, index, name, "inverse", "indent", *(("right",) if index else ()))
    first = row + 2
    for line in invoice.lines:
        row += 1
        _line(sheet, row, invoice, line)
    last, sign = row + 1, invoice.sign
    rates = " et ".join(vat.words for vat in invoice.vats)
    sums = (
        ("Total HT", f"ROUND(SUM(D{first}:D{last}),2)", invoice.ex_vat_cents),
        (
            f"TVA ({rates})",
            f"ROUND(SUM(E{first}:E{last}),2)",
            invoice.vat_cents,
        ),
        ("Total TTC", f"ROUND(D{last + 1}+D{last + 2},2)", invoice.total_cents),
    )
    row += 1
    for name, formula, cents in sums:
        words = TOTAL if name == "Total TTC" else ("hairline",)
        sheet.sheet.set_row(row, 20)
        sheet.band(row, 0, 2, name, "indent", *words)
        sheet.formula(row, 3, formula, euros(cents * sign), "money", *words)
        row += 1
    label = f"Écart entre la TVA du grand livre et celle du total HT ({rates})"
    exact = "".join(f"-ROUND(({cells})*{vat.percent}/100,2)" for vat, cells in _bases(invoice, first).items())
    gap = f"ROUND(D{last + 2}{exact},2)"
    sheet.band(row, 0, 2, label, "small", "muted", "indent")
    sheet.formula(row, 3, gap, euros(invoice.vat_gap_cents * sign), "money", "small", "muted")


def _bases(invoice: Invoice, first: int) -> dict[Vat, str]:
    """The cells whose sum each rate applies to, from the row of the first line on."""
    cells_of: dict[Vat, list[str]] = {}
    for row, line in enumerate(invoice.lines, first):
        cells_of.setdefault(invoice.vat_of(line), []).append(f"D{row}")
    return {vat: "+".join(cells) for vat, cells in cells_of.items()}


def _line(sheet: Cells, row: int, invoice: Invoice, line: InvoiceLine) -> None:
    sheet.sheet.set_row(row, 30)
    sheet.text(row, 0, f"{line.label}\n{line.detail}", "wrap", "indent", "hairline")
    sheet.sheet.write_number(row, 1, line.quantity * invoice.sign, sheet.styles("count", "hairline"))
    sheet.sheet.write_number(row, 2, euros(line.unit_cents), sheet.styles(*_EURO_WORDS))
    amount = euros(line.cents * invoice.sign)
    sheet.formula(row, 3, f"ROUND(B{row + 1}*C{row + 1},2)", amount, *_EURO_WORDS)
    sheet.sheet.write_number(row, 4, euros(line.vat_cents * invoice.sign), sheet.styles(*_EURO_WORDS))
