"""The fund call on paper: annex 2's tables, who pays what to whom, and the registry's attestation."""

from dataclasses import asdict
from decimal import Decimal

from dagster_project.reports.attestation import Attestation, attestation_blocks
from dagster_project.reports.french import (
    french_day,
    french_euros,
    french_number,
    french_percent,
    group_siret,
)
from dagster_project.reports.fund_call_data import BandTotal, FundCall, Totals
from dagster_project.reports.letter import (
    Block,
    Column,
    Facts,
    Grid,
    Letter,
    NewPage,
    Notes,
    Signature,
    set_letter,
)


def fund_call_pdf(call: FundCall, totals: Totals, attestation: Attestation, key: bytes) -> bytes:
    """The PDF of one call: call, recap, attestation. `totals` are counted from the same journeys.

    Raises ValueError where header, journeys and attestation do not say the same amounts.
    """
    _check(call, totals, attestation)
    attested, file = attestation_blocks(attestation, key)
    recap = NewPage("Récapitulatif de l’Opération", f"{call.operator_name}, {call.period_label}")
    return set_letter(
        Letter(
            title="Appel de fonds",
            number=str(call.number),
            subtitle=call.campaign_name,
            period=call.period_label,
            sender_label="Bénéficiaire",
            sender=(
                call.operator_name,
                *call.operator_address.split("\n"),
                f"SIRET {group_siret(call.operator_siret)}",
            ),
            recipient_label="Autorité",
            recipient=(call.authority_name, *call.authority_address.split("\n")),
            footer=f"{call.operator_name} · appel de fonds n° {call.number} · {call.convention_reference}",
            issued_on=call.issued_on,
            blocks=(
                _references(call),
                _amounts(call),
                *_payment(call),
                *((Notes(call.notes),) if call.notes else ()),
                Signature("Certifié exact par le Bénéficiaire"),
                recap,
                *_recap(call, totals),
                *attested,
            ),
            files=(file,),
        )
    )


def _check(call: FundCall, totals: Totals, attestation: Attestation) -> None:
    for name in ("incentive_cents", "fee_ex_vat_cents", "vat_cents", "total_cents"):
        figures = [asdict(call)[name], getattr(totals, name), getattr(attestation, name)]
        if len(set(figures)) > 1:
            raise ValueError(f"{name}: call, journeys and attestation say {figures}")


def _references(call: FundCall) -> Facts:
    return Facts(
        "Références",
        (
            ("Convention", call.convention_reference),
            ("Campagne", f"{call.campaign_name} ({call.campaign_id})"),
            ("Période", f"du {french_day(call.period_start)} au {french_day(call.period_end)}"),
            ("Émis le", french_day(call.issued_on)),
            ("Paiement", call.payment_terms),
            (
                "Compte à créditer",
                f"{call.account} (en entier dans la convention)",
            ),
        ),
    )


def _amounts(call: FundCall) -> Grid:
    """Annex 2's first table."""
    rows = (
        ("Indemnité de l’Opération", call.articles.tariff, french_euros(call.incentive_cents)),
        ("Commission Plateforme HT", call.articles.fee, french_euros(call.fee_ex_vat_cents)),
        ("TVA Commission Plateforme", french_percent(call.vat_rate_percent), french_euros(call.vat_cents)),
    )
    return Grid(
        "Montants demandés",
        (
            Column("", is_number=False, is_wide=True),
            Column("", is_number=False),
            Column(f"Participation financière\n{call.authority_genitive}"),
        ),
        rows,
        (("Totaux", "", french_euros(call.total_cents)),),
    )


def _payment(call: FundCall) -> tuple[Block, ...]:
    """What is paid on this call and what on invoices, so that the fee is not paid twice."""
    if not call.invoices:
        return ()
    rows = [("Indemnité, sur le présent appel de fonds", french_euros(call.incentive_cents))]
    rows += [
        (
            f"Commission Plateforme, {one.period_label}, sur la facture n° {one.number}",
            french_euros(one.total_cents),
        )
        for one in call.invoices
    ]
    columns = (Column("À régler", is_number=False, is_wide=True), Column("Montant"))
    return (Grid("Règlement", columns, tuple(rows), (("Ensemble", french_euros(call.total_cents)),)),)


def _recap(call: FundCall, totals: Totals) -> tuple[Block, ...]:
    """Annex 2's second table with its letters; then the cut and each adjustment on a line of its own."""
    letters, rows, terms = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), list[tuple[str, ...]](), []
    for band, total in zip(call.bands, totals.bands, strict=True):
        letter = next(letters)
        rows.append((band.label, "Nombre de trajets passagers", letter, french_number(total.seats)))
        if band.unit == "km":
            letter = next(letters)
            rows.append(("", "Nombre de kms passagers", letter, _km(total)))
        price = Decimal(band.unit_price_tenth_cents).scaleb(-3)
        term = f"{letter} × {french_number(price, 2 if price == round(price, 2) else 3)} €"
        terms.append(f"[{term}]")
        rows.append(("", f"Indemnité {call.authority_genitive}", f"= {term}", french_euros(total.cents)))
    columns = (
        Column("Tranche de distance", is_number=False, is_wide=True),
        Column("Élément", is_number=False, is_wide=True),
        Column("Calcul", is_number=False),
        Column("Valeur"),
    )
    gross = (f"Indemnité {call.authority_genitive}", "", "\n+ ".join(terms), french_euros(totals.gross_cents))
    lines = [
        ("Indemnité des trajets de la période", french_euros(totals.gross_cents)),
        (f"Écrêtement du budget ({call.articles.budget})", french_euros(totals.cut_cents)),
    ]
    for one in call.adjustments:
        told = f"Régularisation, {one.of} : {one.reason} ({_journeys(one.journeys)})"
        lines.append((told, french_euros(one.incentive_cents)))
    asked = ("Indemnité de l’Opération", french_euros(totals.recap_cents))
    after = (Column("Du calcul au montant demandé", is_number=False, is_wide=True), Column("Montant"))
    return (
        Grid("", columns, tuple(rows), (gross,)),
        Grid("Écrêtement et régularisations", after, tuple(lines), (asked,)),
        *((Notes(call.readings),) if call.readings else ()),
    )


def _km(total: BandTotal) -> str:
    return f"{french_number(Decimal(total.metres).scaleb(-3), 1)}\u00a0km"


def _journeys(count: int) -> str:
    return f"{french_number(count)} trajet{'s' if count > 1 else ''}"
