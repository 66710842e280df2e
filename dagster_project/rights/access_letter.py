"""The answer to a demand of access on paper: what a reader looks for first; acces.json has all of it."""

from datetime import date
from typing import Any

from dagster_project.contracts.moments import PARIS
from dagster_project.contracts.processing import CONTACT, CONTROLLER
from dagster_project.reports.shared.french import french_day, french_euros, french_number
from dagster_project.reports.shared.letter import Column, Facts, Grid, Letter, Notes, set_letter


def pdf(held: dict[str, Any], business_date: date) -> bytes:
    """The letter, from what acces.json holds."""
    sent = [
        {name: cell for name, cell in identity.items() if name != "depot"} for identity in held["identites"]
    ]
    people = [
        Facts(f"Ce que {operator_id} a transmis", tuple(cells))
        for (_, operator_id), *cells in dict.fromkeys(tuple(identity.items()) for identity in sent)
    ]
    letter = Letter(
        title="Vos données",
        number=held["reference"],
        subtitle="Registre de preuve de covoiturage : réponse à une demande d’accès",
        period=french_day(business_date),
        sender_label="Responsable du traitement",
        sender=(CONTROLLER, CONTACT),
        recipient_label="Destinataire",
        recipient=("La personne qui a fait la demande",),
        footer=f"Demande d’accès {held['reference']} · personnel et confidentiel",
        issued_on=business_date,
        blocks=(
            Facts("Pourquoi", (("Finalité", held["finalite"]), ("Source", held["source"]))),
            *people,
            _grid_of_journeys(held),
            _grid_of_amounts(held),
            Facts("Ailleurs", _elsewhere(held)),
            _grid_of_processings(held),
            Notes(
                (
                    held["archive"],
                    held["droits"],
                    "Tout le détail est dans acces.json, joint, qui donne aussi chaque nom exact.",
                )
            ),
        ),
    )
    return set_letter(letter)


def _grid_of_journeys(held: dict[str, Any]) -> Grid:
    columns = ("Départ (heure de Paris)", "Opérateur", "Rôle", "Distance", "Lieux", "Gardé jusqu’au")
    rows = tuple(
        (
            f"{journey['start_at'].astimezone(PARIS):%d/%m/%Y %H:%M}",
            journey["operator_id"],
            journey["role"] or "version corrigée",
            f"{french_number(journey['distance_m'])} m",
            f"{journey['start_place_code']} → {journey['end_place_code']}",
            french_day(journey["conserve_jusqu_au"]),
        )
        for journey in held["trajets"]
    )
    return Grid("Vos trajets", tuple(Column(name, is_number=False) for name in columns), rows)


def _grid_of_amounts(held: dict[str, Any]) -> Grid:
    columns = (
        Column("Campagne", False, True),
        Column("Période", False),
        Column("Nature", False),
        Column("Montant"),
    )
    kinds = {"incentive": "incitation", "fee": "commission TTC"}
    rows = tuple(
        (
            amount["campaign_id"],
            french_day(amount["period_start_on"]),
            kinds[amount["kind"]],
            french_euros(amount["incentive_cents"] + amount["fee_ex_vat_cents"] + amount["vat_cents"]),
        )
        for amount in held["montants"]
    )
    return Grid("Montants arrêtés pour ces trajets", columns, rows)


def _elsewhere(held: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        ("Lignes rejetées", str(len(held["lignes_rejetees"]))),
        ("Dépôts d’opérateurs", str(len(held["depots"]))),
        ("Compteurs de plafonds", str(len(held["plafonds"]))),
        ("Autorités (pseudonyme)", ", ".join(held["exports"]) or "aucune"),
        ("Traitement limité", "oui" if held["traitement_limite"] else "non"),
        ("Attestations remises", str(len(held["attestations"]))),
        ("Demandes antérieures", str(len(held["demandes"]))),
    )


def _grid_of_processings(held: dict[str, Any]) -> Grid:
    rows = tuple(
        (
            f"{processing['nom']}\n{processing['finalite']}",
            "\n".join(processing["destinataires"]),
            "\n".join(processing["durees"]),
        )
        for processing in held["traitements"]
    )
    columns = (
        Column("Traitement", False, True),
        Column("Destinataires", False, True),
        Column("Durées", False, True),
    )
    return Grid("Traitements, destinataires, durées", columns, rows)
