"""Two letters about an advance: the request of the first payment, and the word when it no longer suffices.

Both are CONVENTION 8.1's: « au plus tard à la date de démarrage de l'Opération », and « se rencontrer dans
les meilleurs délais ».
"""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.contracts.payments import advance_reference
from dagster_project.reports.shared.french import french_day, french_euros, french_period, period_code, slug
from dagster_project.reports.shared.letter import (
    Block,
    Facts,
    Letter,
    Notes,
    Outcome,
    address_lines,
    logos,
    set_letter,
)
from dagster_project.reports.shared.payment import ACCOUNT, Payment
from dagster_project.reports.shared.source import Parties, article_words


def draw_request(row: dict[str, Any], parties: Parties, folder: Path, issued_on: date) -> dict[str, int]:
    """The request of the first payment; `row` is step 0 of finance.advance_steps with its campaign."""
    operator = parties.operator(row["operator_id"], issued_on)
    begins_on = row["start_at"].astimezone(ZoneInfo(row["time_zone"])).date()
    starts_on = max(begins_on, row["agreed_on"])
    article = article_words(row["advance_article"])
    is_late, days = issued_on >= starts_on, row["payment_days"]
    payment = Payment(
        cents=row["revision_cents"],
        account=operator.account(issued_on),
        purpose="acompte initial, trajets prévus sur les trois premiers mois",
        sent_on=max(issued_on, starts_on),
        days=days if is_late else 0,
        term=f"l’Opération a démarré : {days} jours après réception"
        if is_late
        else f"au démarrage de l’Opération, {article}",
        why_nothing="l’enveloppe ne contient plus rien",
        reference=advance_reference(row["campaign_id"], row["operator_id"], 0),
    )
    notes = [
        "L’acompte est imputé sur les appels de fonds et revu chaque trimestre d’après les trajets "
        "réellement "
        "réalisés ; le trop-perçu est remboursé à première demande à la fin de la convention ou en cas de "
        f"résiliation ({article})."
    ]
    if row["revision_cents"] < row["forecast_cents"]:
        notes.append(
            f"Prévision convenue : {french_euros(row['forecast_cents'])}. L’enveloppe commune ne "
            f"contient plus que "
            f"{french_euros(row['pot_left_cents'])} : l’acompte ne peut dépasser ce qui n’est pas déjà "
            f"avancé."
        )
    blocks = (
        Outcome(payment.sentence, payment.amount),
        Facts(
            "Références",
            (
                *_references(row),
                ("Démarrage", french_day(starts_on)),
                ("Prévision convenue", french_euros(row["forecast_cents"])),
                ("Établie le", french_day(issued_on)),
            ),
        ),
        *((Facts(ACCOUNT, account, is_paired=True),) if (account := payment.account_fields) else ()),
        Notes(tuple(notes)),
    )
    name = f"DEMANDE-ACOMPTE_{starts_on}_{_names(row)}_{row['revision_cents']}.pdf"
    title = "Demande de versement de l’acompte"
    (folder / name).write_bytes(
        _letter(row, parties, title, f"démarrage le {french_day(starts_on)}", issued_on, blocks)
    )
    return {name: 1}


def draw_alert(row: dict[str, Any], parties: Parties, folder: Path, issued_on: date) -> dict[str, int]:
    """The word to both parties; `row` is one of advance_alerts with its campaign."""
    article = article_words(row["advance_article"])
    missing = row["consumed_cents"] - row["held_cents"]
    blocks = (
        Outcome("Les trajets réalisés dépassent l’acompte de", french_euros(missing)),
        Facts(
            "Consommation du trimestre",
            (
                *_references(row),
                ("Prévision du trimestre", french_euros(row["forecast_cents"])),
                ("Acompte détenu", french_euros(row["held_cents"])),
                (
                    "Indemnités à reverser",
                    f"{french_euros(row['consumed_cents'])} au {french_day(row['issued_on'])}",
                ),
            ),
        ),
        Notes(
            (
                "L’acompte ne permet plus de supporter le montant des incitatifs à reverser : "
                "l’autorité et le "
                f"bénéficiaire s’engagent à se rencontrer dans les meilleurs délais ({article}). La "
                f"solution peut "
                "passer par un complément d’acompte : une prévision datée, inscrite dans la fiche de la "
                "campagne, "
                "donne lieu à un état d’acompte qui le demande.",
                "Montant provisoire, avant la clôture du trimestre. Ce document n’est pas une demande "
                "de paiement.",
            )
        ),
    )
    period = period_code(row["period_start_on"], row["period_end_on"])
    name = f"DEPASSEMENT-ACOMPTE_{period}_{_names(row)}.pdf"
    label = french_period(row["period_start_on"], row["period_end_on"])
    (folder / name).write_bytes(_letter(row, parties, "Dépassement de l’acompte", label, issued_on, blocks))
    return {name: 1}


def _names(row: dict[str, Any]) -> str:
    return f"{slug(row['campaign_id'])}_{slug(row['operator_id'])}"


def _references(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        ("Convention", f"{row['convention_reference']} ({article_words(row['advance_article'])})"),
        ("Campagne", f"{row['campaign_name']} ({row['campaign_id']})"),
    )


def _letter(
    row: dict[str, Any],
    parties: Parties,
    title: str,
    period: str,
    issued_on: date,
    blocks: tuple[Block, ...],
) -> bytes:
    operator = parties.operator(row["operator_id"], issued_on)
    authority = parties.authority(row["authority_id"], issued_on)
    return set_letter(
        Letter(
            title=title,
            number="",
            subtitle=row["campaign_name"],
            period=period,
            sender_label="Bénéficiaire",
            sender=address_lines(operator),
            recipient_label="Autorité",
            recipient=address_lines(authority),
            footer=f"{operator.name} · {title.lower()} · {row['convention_reference']}",
            issued_on=issued_on,
            blocks=blocks,
            logos=logos(operator, authority, on=issued_on),
        )
    )
