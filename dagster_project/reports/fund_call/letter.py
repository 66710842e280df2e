"""The fund call on paper: annex 2's tables, who pays what to whom, and the registry's attestation."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from dagster_project.errors import DocumentError
from dagster_project.reports.fund_call.call import CALL, FundCall
from dagster_project.reports.fund_call.totals import BandTotal, Totals, letters, sum_words
from dagster_project.reports.shared.attestation import Attestation, attestation_blocks
from dagster_project.reports.shared.counts import UNIT
from dagster_project.reports.shared.french import french_day, french_euros, french_number
from dagster_project.reports.shared.letter import (
    Block,
    Column,
    Facts,
    Grid,
    Letter,
    NewPage,
    Notes,
    Outcome,
    Signature,
    set_letter,
)
from dagster_project.reports.shared.payment import ACCOUNT


def fund_call_pdf(
    call: FundCall,
    totals: Totals,
    attestation: Attestation,
    signatory: str,
    proof: dict[str, Any],
    key: bytes,
) -> bytes:
    """The PDF of one closed call: call, recap, attestation. `totals` are counted from the same journeys.

    `signatory` signs the attestation for the registry, by office. `proof` is that of the call's lines
    (call_proof), which the attestation carries.

    Raises ValueError where header, journeys and attestation do not say the same counts and amounts.
    """
    _check(call, totals, attestation)
    attested, file = attestation_blocks(attestation, signatory, proof, key)
    recap = NewPage("Récapitulatif de l’Opération", f"{call.operator_name}, {call.period_label}")
    return set_letter(
        Letter(
            title=CALL,
            number=str(call.number),
            subtitle=call.campaign_name,
            period=call.period_label,
            sender_label="Bénéficiaire",
            sender=call.operator_head,
            recipient_label="Autorité",
            recipient=call.authority_head,
            footer=call.footer,
            issued_on=call.issued_on,
            blocks=(
                *((Outcome(call.payment.sentence, call.payment.amount),) if call.payment else ()),
                _references(call),
                _amounts(call),
                *_apart(call),
                *_account(call),
                *((Notes(call.notes),) if call.notes else ()),
                Signature("Certifié exact par le Bénéficiaire"),
                recap,
                Facts(UNIT, tuple((label, french_number(count)) for _, label, count in call.counts.lines)),
                *_recap(call, totals),
                *_pot(call),
                *attested,
            ),
            files=(file,),
            logos=call.logos,
        )
    )


def _check(call: FundCall, totals: Totals, attestation: Attestation) -> None:
    for name in ("incentive_cents", "fee_ex_vat_cents", "vat_cents", "total_cents"):
        figures = [asdict(call)[name], getattr(totals, name), getattr(attestation, name)]
        if len(set(figures)) > 1:
            raise DocumentError(f"{name}: call, journeys and attestation say {figures}")
    for step, seats in (("concerned", totals.seats), ("paid", totals.paid_seats)):
        counts = [getattr(call.counts, step), seats, getattr(attestation, step)]
        if len(set(counts)) > 1:
            raise DocumentError(f"{step}: call, journeys and attestation say {counts}")


def _references(call: FundCall) -> Facts:
    return Facts(
        "Références",
        (
            ("Convention", call.convention_reference),
            ("Campagne", f"{call.campaign_name} ({call.campaign_id})"),
            ("Période", f"du {french_day(call.period_start)} au {french_day(call.period_end)}"),
            ("Émis le", french_day(call.issued_on)),
            *((("Indemnité", call.settled_words),) if call.settled_words else ()),
        ),
    )


def _amounts(call: FundCall) -> Grid:
    """Annex 2's first table."""
    rows = (
        ("Indemnité de l’Opération", call.articles.tariff, french_euros(call.incentive_cents)),
        ("Commission Plateforme HT", call.articles.fee, french_euros(call.fee_ex_vat_cents)),
        ("TVA Commission Plateforme", call.vat.mention or call.vat.words, french_euros(call.vat_cents)),
    )
    return Grid(
        f"Participation de la période ({call.articles.layout})",
        (
            Column("", is_number=False, is_wide=True),
            Column("", is_number=False),
            Column(f"Participation financière\n{call.authority_genitive}"),
        ),
        rows,
        (("Totaux", "", french_euros(call.total_cents)),),
    )


def _apart(call: FundCall) -> tuple[Block, ...]:
    """What invoices ask for, so that nobody pays it twice."""
    if not call.invoices:
        return ()
    facts = tuple(
        (
            f"{'Avoir' if invoice.total_cents < 0 else 'Facture'} n° {invoice.number}",
            f"du {french_day(invoice.issued_on)}, {invoice.period_label} : "
            f"{french_euros(invoice.total_cents)}",
        )
        for invoice in call.invoices
    )
    return (Facts("Commission Plateforme facturée à part, à ne pas payer sur cet appel", facts),)


def _account(call: FundCall) -> tuple[Block, ...]:
    """Where to pay, if there is something to pay (CONVENTION article 8.4)."""
    fields = call.payment.account_fields if call.payment else ()
    return (Facts(ACCOUNT, fields, is_paired=True),) if fields else ()


def _pot(call: FundCall) -> tuple[Block, ...]:
    """What all operators have had of the pot, as articles 8.2 and 8.3 bound it."""
    if not call.pot:
        return ()
    return (Facts(call.pot.heading, tuple((name, french_euros(cents)) for name, cents in call.pot.rows)),)


def _recap(call: FundCall, totals: Totals) -> tuple[Block, ...]:
    """Annex 2's second table with its letters; then caps, budget and each adjustment on a line."""
    names, rows, terms = letters(), list[tuple[str, ...]](), []
    for band, total in zip(call.bands, totals.bands, strict=True):
        label = f"{band.label}\n{band.price}" if band.price else band.label
        label = f"Table « {band.table} »\n{label}" if band.table else label
        quantities = [("Nombre de trajets passagers", french_number(total.seats))]
        if band.unit != "trajet":
            quantities.append(("Nombre de kms passagers", _km(total)))
        letter = ""
        for index, (name, value) in enumerate(quantities):
            letter = next(names) if band.unit else ""
            rows.append(("" if index else label, name, letter, value))
        terms.append(f"{letter} × {band.price_words}" if band.unit else next(names))
        formula = f"= {terms[-1]}" if band.unit else terms[-1]
        rows.append(("", f"Indemnité {call.authority_genitive}", formula, french_euros(total.cents)))
    columns = (
        Column("Tranche de distance", is_number=False, is_wide=True),
        Column("Élément", is_number=False, is_wide=True),
        Column("Calcul", is_number=False),
        Column("Valeur"),
    )
    gross_formula = sum_words(terms).removeprefix("= ").replace(" + ", "\n+ ")
    gross = (f"Indemnité {call.authority_genitive}", "", gross_formula, french_euros(totals.gross_cents))
    budget = f" ({call.articles.budget})" if call.articles.budget else ""
    lines = [("Indemnité des trajets de la période", french_euros(totals.gross_cents))]
    if totals.cap_cut_cents:
        lines.append(("Plafonds du tarif", french_euros(totals.cap_cut_cents)))
    lines.append((f"Écrêtement du budget{budget}", french_euros(totals.cut_cents)))
    for adjustment in call.adjustments:
        adjustment_label = (
            f"Régularisation, {adjustment.of} : {adjustment.reason} ({_passenger_journeys(adjustment.seats)})"
        )
        lines.append((adjustment_label, french_euros(adjustment.incentive_cents)))
    asked = ("Total", french_euros(totals.recap_cents))
    after = (Column("Du calcul au montant demandé", is_number=False, is_wide=True), Column("Montant"))
    return (
        Grid("", columns, tuple(rows), (gross,)),
        Grid("Plafonds, budget et régularisations", after, tuple(lines), (asked,)),
        *((Notes(call.readings),) if call.readings else ()),
    )


def _km(total: BandTotal) -> str:
    return f"{french_number(Decimal(total.metres).scaleb(-3), 1)}\u00a0km"


def _passenger_journeys(count: int) -> str:
    many = "s" if count > 1 else ""
    return f"{french_number(count)} trajet{many} passager{many}"
