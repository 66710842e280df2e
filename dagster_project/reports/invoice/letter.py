"""The invoice on paper, with its structured form inside: one PDF/A-3, a Factur-X."""

from datetime import date

from dagster_project.reports.invoice.facturx import embed
from dagster_project.reports.invoice.invoice import LEGAL_NOTES, Invoice
from dagster_project.reports.shared.french import french_day, french_euros, french_number
from dagster_project.reports.shared.letter import (
    Column,
    Facts,
    Grid,
    Letter,
    Notes,
    Outcome,
    logos,
    set_letter,
)
from dagster_project.reports.shared.payment import ACCOUNT


def invoice_pdf(invoice: Invoice) -> bytes:
    """The Factur-X of one invoice or credit note."""
    head = Facts("Références", tuple((name, _shown(value)) for name, value in invoice.references))
    letter = Letter(
        title=invoice.title,
        number=invoice.reference,
        subtitle=f"Commission Plateforme, {invoice.campaign_name}",
        period=invoice.period_label,
        sender_label="Émetteur",
        sender=invoice.seller,
        recipient_label="Facturé à",
        recipient=invoice.payer,
        footer=f"{invoice.operator.name} · {invoice.title.lower()} n° {invoice.reference}",
        issued_on=invoice.issued_on,
        blocks=(
            head,
            _lines(invoice),
            _payment(invoice),
            *((Facts(ACCOUNT, invoice.account_fields, is_paired=True),) if invoice.account_fields else ()),
            Notes(_notes(invoice)),
        ),
        logos=logos(invoice.operator, invoice.authority, on=invoice.issued_on),
    )
    return embed(set_letter(letter), invoice)


def _shown(value: str | date) -> str:
    return french_day(value) if isinstance(value, date) else value


def _lines(invoice: Invoice) -> Grid:
    sums = (
        ("Total HT", invoice.ex_vat_cents),
        *(
            (f"TVA à {vat.words}", sum(line.vat_cents for line in lines))
            for vat, lines in invoice.vats.items()
            if not vat.mention
        ),
        ("Total TTC", invoice.total_cents),
    )
    return Grid(
        "Détail",
        (
            Column("Désignation", is_number=False, is_wide=True),
            Column("Quantité"),
            Column("Prix unitaire HT"),
            Column("TVA"),
            Column("Montant HT"),
        ),
        tuple(
            (
                f"{line.label}\n{line.detail}",
                french_number(line.quantity * invoice.sign),
                french_euros(line.unit_cents),
                invoice.vat_of(line).words,
                french_euros(line.cents * invoice.sign),
            )
            for line in invoice.lines
        ),
        tuple((name, "", "", "", french_euros(cents * invoice.sign)) for name, cents in sums),
    )


def _payment(invoice: Invoice) -> Outcome:
    amount = french_euros(invoice.total_cents * invoice.sign)
    if invoice.is_credit_note:
        return Outcome("Avoir en faveur de l’autorité", amount)
    return Outcome(f"Net à payer au plus tard le {french_day(invoice.due_on)}", amount)


def _notes(invoice: Invoice) -> tuple[str, ...]:
    notes = list[str]()
    if not invoice.is_credit_note:
        term = f"{invoice.payment_term_days} jours suivant la réception ({invoice.payment_article})"
        notes.append(f"Paiement par virement sur ce compte, dans les {term}.")
    notes += LEGAL_NOTES.values()
    if invoice.vat_gap_cents:
        notes.append(
            "La TVA est la somme de celle de chaque trajet, arrondie au centime ; elle diffère de "
            f"{french_euros(invoice.vat_gap_cents)} du taux appliqué au total HT."
        )
    return tuple(notes)
