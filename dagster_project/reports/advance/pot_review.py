"""The state of the pot: what was consumed of it, and whether it will last (CONVENTION 6.1, 8.2, 8.3).

Two documents, drawn alike: the mid-term review, for all parties, whose numbers were written down on its
night; and each month a state for the authority, drawn once, on the month's first night. Why: D-221.
"""

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.reports.shared.folder import Document
from dagster_project.reports.shared.french import french_day, french_euros, slug
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
from dagster_project.reports.shared.pot_end import ASSUMES, end_words, is_forecast
from dagster_project.reports.shared.source import Parties, article_words, of_campaign

_REVIEWS = """
    from (from staging.stg_pot_reviews union by name from finance.pot_reviews_due)
    where campaign_id = $campaign_id order by review_on, operator_id
"""
_STATES = """
    select * rename (business_date as review_on) from finance.pot_states
    where campaign_id = $campaign_id and is_told order by operator_id
"""
_COLUMNS = (
    Column("Bénéficiaire", is_number=False, is_wide=True),
    Column("Indemnités\nappelées"),
    Column("Commission\nfacturée TTC"),
    Column("Non encore\nappelé ni facturé"),
    Column("Consommé"),
    Column("Acompte non\nencore imputé"),
)


def pot_review_documents(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, parties: Parties
) -> Iterator[Document]:
    """One document per review of the campaign."""
    reviews: dict[date, list[dict[str, Any]]] = {}
    for row in of_campaign(connection, _REVIEWS, campaign_id):
        reviews.setdefault(row["review_on"], []).append(row)
    for review_on, rows in reviews.items():
        yield Document(
            id=f"bilan_intermediaire/{review_on}",
            draw=partial(_draw, rows, parties),
            is_final=True,
            issued_on=rows[0]["issued_on"],
            stays=True,
        )


def pot_state_documents(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, parties: Parties, business_date: date
) -> Iterator[Document]:
    """The state of this month, where the pot is still drawn upon; it stays as its night had it."""
    if rows := of_campaign(connection, _STATES, campaign_id):
        yield Document(
            id=f"enveloppe/{business_date:%Y-%m}",
            draw=partial(_draw, rows, parties, is_monthly=True),
            is_final=True,
            issued_on=business_date,
            stays=True,
            is_redrawn=False,
        )


def _draw(
    rows: list[dict[str, Any]], parties: Parties, folder: Path, issued_on: date, *, is_monthly: bool = False
) -> dict[str, int]:
    first = rows[0]
    authority = parties.authority(first["authority_id"], issued_on)
    operators = [parties.operator(row["operator_id"], issued_on) for row in rows]
    consumed = sum(_consumed(row) for row in rows)
    pot = first["budget_cents"]
    of_pot = "" if pot is None else f", sur {french_euros(pot)}"
    left = () if pot is None else (("Reste", french_euros(pot - consumed)),)
    pace = (
        (("Rythme", f"{french_euros(first['last_28_days_cents'])} par les trajets des 28 derniers jours"),)
        if is_monthly
        else ()
    )
    lines = [(operator.name, _amounts(row)) for operator, row in zip(operators, rows, strict=True)]
    totals = map(sum, zip(*(amounts for _, amounts in lines), strict=True))
    review_on = french_day(first["review_on"])
    title = "État de l’enveloppe" if is_monthly else "Bilan intermédiaire"
    for_authority = ("Autorité", address_lines(authority))
    for_all = ("Bénéficiaires", ("Tous les bénéficiaires", *(name for name, _ in lines)))
    keeper = parties.registry.on(issued_on)
    registry = ("Registre de preuve de covoiturage", (keeper.service, keeper.body))
    sender, recipient = (
        (registry, for_authority) if is_monthly else ((f"{registry[0]}, pour", for_authority[1]), for_all)
    )
    letter = Letter(
        title=title,
        number="",
        subtitle=first["campaign_name"],
        period=f"au {review_on}",
        sender_label=sender[0],
        sender=sender[1],
        recipient_label=recipient[0],
        recipient=recipient[1],
        footer=f"{authority.name} · {title.lower()} au {review_on} · {first['convention_reference']}",
        issued_on=issued_on,
        blocks=(
            Outcome(f"Consommé au {review_on}{of_pot}", french_euros(consumed)),
            Facts(
                "Enveloppe",
                (
                    (
                        "Convention",
                        f"{first['convention_reference']} ({article_words(first['budget_article'])})",
                    ),
                    *left,
                    *pace,
                    _outlook(first, is_empty=pot == consumed, is_monthly=is_monthly),
                    ("Établi le", french_day(issued_on)),
                ),
            ),
            Grid(
                "Consommation par bénéficiaire",
                _COLUMNS,
                tuple((name, *map(french_euros, amounts)) for name, amounts in lines),
                (("Ensemble", *map(french_euros, totals)),),
            ),
            Notes(
                (
                    *_notes(first, issued_on, is_empty=pot == consumed),
                    *([ASSUMES] if is_monthly and is_forecast(first) else ()),
                )
            ),
        ),
        logos=logos(authority, *operators, on=issued_on),
    )
    kind = f"ENVELOPPE_{issued_on:%Y-%m}" if is_monthly else f"BILAN-INTERMEDIAIRE_{first['review_on']}"
    name = f"{kind}_{slug(first['campaign_id'])}.pdf"
    (folder / name).write_bytes(set_letter(letter))
    return {name: len(rows)}


def _consumed(row: dict[str, Any]) -> int:
    fees = row["invoiced_cents"] + row["open_fee_cents"] if row["is_fee_in_budget"] else 0
    return int(row["called_cents"] + row["open_incentive_cents"] + fees)


def _amounts(row: dict[str, Any]) -> tuple[int, ...]:
    opened = row["open_incentive_cents"] + (row["open_fee_cents"] if row["is_fee_in_budget"] else 0)
    return row["called_cents"], row["invoiced_cents"], opened, _consumed(row), row["held_cents"]


def _outlook(row: dict[str, Any], *, is_empty: bool, is_monthly: bool) -> tuple[str, str]:
    """When the pot is empty, or was; of a review, the day that was written down on its night."""
    if is_monthly:
        return "Fin prévue", end_words(row | {"business_date": row["review_on"]})
    if row["exhaustion_on"] is None:
        return "Durée du reste", "pas de prévision"
    day = french_day(row["exhaustion_on"])
    if is_empty:
        return "Épuisée", f"le {day}"
    return "Durée du reste", f"jusqu’au {day} environ, d’après les semaines qui précèdent"


def _notes(row: dict[str, Any], issued_on: date, *, is_empty: bool) -> tuple[str, ...]:
    """What the article has the parties do, where the pot will not last."""
    notes = [
        f"Trajets jusqu’au {french_day(row['review_on'])}, tels que le registre les connaissait le "
        f"{french_day(issued_on)}. Consommé : appelé, facturé, et ce qui reste à appeler et à "
        f"facturer. "
        "L’acompte non encore imputé a été versé d’avance sur ces appels ; il ne s’ajoute pas au consommé."
    ]
    if not row["is_fee_in_budget"]:
        notes.append("La Commission Plateforme est hors enveloppe.")
    if row["exhaustion_on"] and row["exhaustion_on"] < row["closes_until_on"]:
        notes.append(
            f"Le plafond {'est' if is_empty else 'risque d’être'} atteint avant l’échéance du "
            f"{french_day(row['closes_until_on'])} : les parties "
            "se rapprochent et, le cas échéant, le modifient par voie d’avenant ; à défaut, la "
            "convention s’arrête à "
            f"épuisement des fonds, et les bénéficiaires en avertissent les covoitureurs "
            f"({article_words(row['budget_article'])})."
        )
    elif row["is_until_empty"]:
        notes.append("L’Opération se poursuit après l’échéance tant que l’enveloppe n’est pas épuisée.")
    return tuple(notes)
