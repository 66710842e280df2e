"""The invoice on paper, with its structured form inside: one PDF/A-3, a Factur-X."""

from dagster_project.reports.facturx import embed
from dagster_project.reports.french import (
    french_day,
    french_euros,
    french_number,
    french_percent,
    group_siret,
)
from dagster_project.reports.invoice import LEGAL_NOTES, Invoice
from dagster_project.reports.letter import Block, Column, Facts, Grid, Letter, Notes, Outcome, set_letter


def invoice_pdf(invoice: Invoice) -> bytes:
    """The Factur-X of one invoice or credit note."""
    operator, authority = invoice.operator, invoice.authority
    blocks: tuple[Block, ...] = (_references(invoice), _lines(invoice), _sums(invoice), _payment(invoice))
    letter = Letter(
        title=invoice.title,
        number=invoice.reference,
        subtitle=f"Commission Plateforme, {invoice.campaign_name}",
        period=invoice.period_label,
        sender_label="Émetteur",
        sender=(
            operator.name,
            operator.legal_form,
            *operator.address.text.split("\n"),
            f"SIRET {group_siret(operator.siret)}",
            f"TVA {operator.vat_number}",
        ),
        recipient_label="Facturé à",
        recipient=(
            authority.name,
            authority.service.name,
            *authority.address.text.split("\n"),
            f"SIRET {group_siret(authority.siret)}",
        ),
        footer=f"{operator.name} · {invoice.title.lower()} n° {invoice.reference}",
        issued_on=invoice.issued_on,
        blocks=(*blocks, Notes(_notes(invoice))),
    )
    return embed(set_letter(letter), invoice)


def _references(invoice: Invoice) -> Facts:
    """Article 8.3: the name of the Region, the convention's number, the period."""
    authority = invoice.authority
    rows = [
        ("Autorité et Région", f"{authority.name}, {authority.region}"),
        ("Convention", invoice.convention_reference),
        ("Période", f"du {french_day(invoice.period_start)} au {french_day(invoice.period_end)}"),
        ("Nature", f"Prestation de services : Commission Plateforme ({invoice.fee_article})"),
        ("Date d’émission", french_day(invoice.issued_on)),
    ]
    if authority.service.code:
        rows.append(("Code service", authority.service.code))
    if invoice.preceding:
        told = ", ".join(f"{one.number} du {french_day(one.issued_on)}" for one in invoice.preceding)
        rows.append(("Factures régularisées", told))
    return Facts("Références", tuple(rows))


def _lines(invoice: Invoice) -> Grid:
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
                french_percent(invoice.vat_rate_percent),
                french_euros(line.cents * invoice.sign),
            )
            for line in invoice.lines
        ),
    )


def _sums(invoice: Invoice) -> Grid:
    sums = (
        ("Total HT", invoice.ex_vat_cents),
        (f"TVA à {french_percent(invoice.vat_rate_percent)}", invoice.vat_cents),
    )
    return Grid(
        "",
        (Column("Récapitulatif", is_number=False, is_wide=True), Column("Montant")),
        tuple((name, french_euros(cents * invoice.sign)) for name, cents in sums),
        (("Total TTC", french_euros(invoice.total_cents * invoice.sign)),),
    )


def _payment(invoice: Invoice) -> Outcome:
    amount = french_euros(invoice.total_cents * invoice.sign)
    if invoice.is_credit_note:
        return Outcome("Avoir en faveur de l’autorité", amount)
    return Outcome(f"Net à payer au plus tard le {french_day(invoice.due_on)}", amount)


def _notes(invoice: Invoice) -> tuple[str, ...]:
    bank, notes = invoice.operator.bank, list[str]()
    if not invoice.is_credit_note:
        term = f"{invoice.payment_term_days} jours suivant la réception ({invoice.payment_article})"
        iban = "\u00a0".join(bank.iban[start : start + 4] for start in range(0, len(bank.iban), 4))
        account = f"{bank.holder}, {bank.name}, IBAN\u00a0{iban}, BIC\u00a0{bank.bic}"
        notes.append(f"Paiement par virement, dans les {term} : {account}.")
    notes += LEGAL_NOTES.values()
    if invoice.vat_gap_cents:
        notes.append(
            "La TVA est la somme de celle de chaque trajet, arrondie au centime ; elle diffère de "
            f"{french_euros(invoice.vat_gap_cents)} du taux appliqué au total HT."
        )
    return tuple(notes)
