"""The statement of account as PDF and as a workbook whose totals are formulas."""

from pathlib import Path

from dagster_project.reports.account.account import Account
from dagster_project.reports.shared.french import french_day, french_euros
from dagster_project.reports.shared.letter import (
    Block,
    Column,
    Facts,
    Grid,
    Letter,
    Notes,
    Outcome,
    address_lines,
    set_letter,
)
from dagster_project.reports.shared.workbook import TOTAL, Cells, euros, open_workbook, text_height

_WIDTHS = (34, 36, 12, 14, 13, 14, 14, 13, 13, 13, 26)
_HEADS = (
    *("Demande", "Référence", "Échéance", "Demandé", "Repris", "Payé", "Reste", "Trop-perçu"),
    *("Intérêts", "Indemnité", "État"),
)
_AMOUNTS = range(3, 10)


def account_pdf(account: Account) -> bytes:
    """The PDF of one account."""
    sums = account.sums
    demands = tuple(
        (
            f"{demand.title}\n{demand.reference}" + _carried(demand.carried_cents),
            demand.due,
            french_euros(demand.asked_cents),
            french_euros(demand.paid_cents),
            french_euros(demand.rest_cents - demand.surplus_cents),
            demand.state,
        )
        for demand in account.demands
    )
    total = (
        *("Total des demandes envoyées" + _carried(sums["carried"]), ""),
        *(french_euros(cents) for cents in (sums["asked"], sums["paid"], sums["rest"] - sums["surplus"])),
        "",
    )
    columns = (
        Column("Demande", is_number=False, is_wide=True),
        Column("Échéance", is_number=False),
        *(Column(name) for name in ("Demandé", "Payé", "Reste")),
        Column("État", is_number=False),
    )
    late = tuple(
        (
            demand.reference,
            f"{demand.days_late}",
            "taux à inscrire" if demand.interest_cents is None else french_euros(demand.interest_cents),
            french_euros(demand.indemnity_cents),
        )
        for demand in account.demands
        if demand.interest_cents is None or demand.interest_cents or demand.indemnity_cents
    )
    payments = tuple(
        (french_day(line.booked_on), line.named, french_euros(line.amount_cents), line.title)
        for line in account.payments
    )
    blocks: list[Block] = [
        Outcome(*account.outcome),
        Facts("Références", account.references),
        Grid("Demandes", columns, demands, (total,)),
    ]
    if late:
        heads = (Column("Facture", is_number=False, is_wide=True), Column("Jours"), Column("Intérêts"))
        ends = ("Total", "", french_euros(sums["interest"]), french_euros(sums["indemnity"]))
        blocks.append(
            Grid("Retards de paiement de la commission", (*heads, Column("Indemnité")), late, (ends,))
        )
    if payments:
        of_lines = (
            Column("Jour", is_number=False),
            Column("Référence", is_number=False, is_wide=True),
            Column("Montant"),
            Column("Rapprochement", is_number=False),
        )
        blocks.append(Grid("Paiements enregistrés", of_lines, payments))
    return set_letter(
        Letter(
            title="Relevé de compte",
            number="",
            subtitle=f"{account.operator.name} avec {account.authority.name}",
            period=f"au {french_day(account.as_of)}",
            sender_label="Bénéficiaire",
            sender=address_lines(account.operator),
            recipient_label="Autorité",
            recipient=address_lines(account.authority, account.authority.service.name),
            footer=f"{account.operator.name} · relevé de compte au {french_day(account.as_of)}",
            issued_on=account.as_of,
            blocks=(*blocks, Notes(account.notes)),
        )
    )


def _carried(cents: int) -> str:
    return f"\nrepris : {french_euros(cents)}" if cents else ""


def write_account(path: Path, account: Account) -> None:
    """Write the workbook of one account; the same account gives the same bytes."""
    title = f"Relevé de compte au {french_day(account.as_of)}"
    names = f"{account.operator.name} · {account.authority.name}"
    with open_workbook(path, account.as_of, {"title": title, "subject": names}) as (book, styles):
        sheet = Cells(book.add_worksheet("Demandes"), styles)
        sheet.set_page(names, title, _WIDTHS, landscape=True)
        sheet.sheet.fit_to_pages(1, 0)
        sheet.title(title, names, len(_WIDTHS) - 1)
        row = 3
        for name, value in account.references:
            sheet.text(row, 0, name, "muted", "hairline")
            sheet.band(row, 1, len(_WIDTHS) - 1, value, "hairline")
            row += 1
        row = _demands(sheet, row + 1, account)
        for note in account.notes:
            sheet.sheet.set_row(row, text_height(note, 200, 4))
            sheet.band(row, 0, len(_WIDTHS) - 1, note, "small", "muted", "wrap")
            row += 1
        sheet = Cells(book.add_worksheet("Paiements"), styles)
        _payments(sheet, account, title, names)


def _demands(sheet: Cells, row: int, account: Account) -> int:
    """The demands and their sums. Returns the next free row."""
    _heads(sheet, row, _HEADS, numbers=_AMOUNTS)
    first = row + 2
    for demand in account.demands:
        row += 1
        sheet.text(row, 0, demand.title, "hairline")
        sheet.text(row, 1, demand.reference, "hairline")
        if demand.due_on:
            sheet.day(row, 2, 2, demand.due_on, "small", "hairline")
        amounts = (
            *(demand.asked_cents, demand.carried_cents, demand.paid_cents, demand.rest_cents),
            *(demand.surplus_cents, demand.interest_cents or 0, demand.indemnity_cents),
        )
        for column, cents in zip(_AMOUNTS, amounts, strict=True):
            sheet.sheet.write_number(row, column, euros(cents), sheet.styles("money", "hairline"))
        sheet.text(row, 10, demand.state, "small", "hairline")
    row += 1
    sheet.sheet.set_row(row, 20)
    sheet.band(row, 0, 2, "Total", "indent", *TOTAL)
    for column, name in zip(
        _AMOUNTS, ("asked", "carried", "paid", "rest", "surplus", "interest", "indemnity"), strict=True
    ):
        letter = "ABCDEFGHIJK"[column]
        # What was held back has not gone out, and is no part of the sums.
        formula = f'ROUND(SUMIF(K{first}:K{row},"<>Retenue",{letter}{first}:{letter}{row}),2)'
        sheet.formula(row, column, formula, euros(account.sums[name]), "money", *TOTAL)
    return row + 2


def _payments(sheet: Cells, account: Account, title: str, names: str) -> None:
    sheet.set_page(names, title, (16, 60, 18, 18, 30), landscape=True)
    sheet.title("Paiements enregistrés", names, 4)
    row = 3
    _heads(sheet, row, ("Jour", "Référence", "Montant", "Non rapproché", "Rapprochement"), numbers=(2, 3))
    for line in account.payments:
        row += 1
        sheet.day(row, 0, 0, line.booked_on, "hairline")
        sheet.text(row, 1, line.named, "hairline")
        sheet.sheet.write_number(row, 2, euros(line.amount_cents), sheet.styles("money", "hairline"))
        sheet.sheet.write_number(row, 3, euros(line.unmatched_cents), sheet.styles("money", "hairline"))
        sheet.text(row, 4, line.title, "hairline")
    if not account.payments:
        sheet.text(row + 1, 0, "Aucun relevé n’a été déposé.", "muted")


def _heads(sheet: Cells, row: int, heads: tuple[str, ...], numbers: object) -> None:
    sheet.sheet.set_row(row, 20)
    for column, head in enumerate(heads):
        right = ("right",) if column in numbers else ()  # type: ignore[operator]
        sheet.text(row, column, head, "inverse", "indent", *right)
