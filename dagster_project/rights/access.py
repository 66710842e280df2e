"""What is held of one person, and why: a JSON of everything, a PDF to read (JURIDIQUE étape 1).

Of the other person in a car, nothing is told. The folder's name names nobody; both files are 0600.
"""

import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.attestations import withdrawal
from dagster_project.contracts.lake_tables import CANCELLATIONS, DROPS
from dagster_project.contracts.ledger import CAP_USES, CLOSINGS, LEDGER_ENTRIES, SETTLEMENTS
from dagster_project.contracts.moments import PARIS
from dagster_project.contracts.processing import CONTACT, CONTROLLER, PROCESSINGS, PURPOSE, RIGHTS, SOURCE
from dagster_project.contracts.rights import REQUESTS
from dagster_project.contracts.terms import TERMS
from dagster_project.lake.store import Lake
from dagster_project.retention.belongings import JOURNEY
from dagster_project.retention.run import terms
from dagster_project.rights.access_letter import pdf
from dagster_project.rights.erasure import exports_of, restrictions_of
from dagster_project.rights.person import Person
from dagster_project.rights.processing_register import categories, duration
from dagster_project.rights.requests import record

_ROLES = {"driver": "conducteur", "passenger": "passager"}
_LABELS = {
    "phone": "téléphone",
    "phone_trunc": "téléphone tronqué",
    "operator_user_id": "identifiant chez l’opérateur",
    "firstname": "prénom",
    "lastname": "nom",
    "email": "adresse électronique",
    "company": "employeur",
    "travel_pass_name": "titre de transport",
    "travel_pass_user_id": "numéro du titre",
}


def answer(lake: Lake, person: Person, business_date: date) -> Path:
    """Write acces.pdf and acces.json into a folder of their own; returns it."""
    held = _held(lake, person, business_date)
    folder = lake.requests / f"{business_date}-{person.digests[0][:16]}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps(held, ensure_ascii=False, indent=2, default=str)
    for name, content in (("acces.json", text.encode()), ("acces.pdf", pdf(held, business_date))):
        (folder / name).unlink(missing_ok=True)
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    record(lake, business_date, "access", person, files=2)
    return folder


def _held(lake: Lake, person: Person, business_date: date) -> dict[str, Any]:
    return {
        "date": business_date,
        "reference": person.digests[0][:16],
        "responsable": CONTROLLER,
        "contact": CONTACT,
        "finalite": PURPOSE,
        "source": SOURCE,
        "droits": RIGHTS,
        "traitements": [
            {
                "nom": processing.name,
                "finalite": processing.purpose,
                "categories": categories(processing),
                "destinataires": processing.recipients,
                "durees": [f"{TERMS[name].what} : {duration(TERMS[name])}" for name in processing.terms],
            }
            for processing in PROCESSINGS
        ],
        "traitement_limite": any(restrictions_of(lake, person)),
        "identites": list(_identities(person)),
        "trajets": list(_journeys(person)),
        "montants": list(_amounts(lake, person)),
        "plafonds": list(_caps(lake, person)),
        "lignes_rejetees": list(_rejected(lake, person)),
        "depots": list(_drops(lake, person)),
        "exports": sorted({file.relative_to(lake.exports).parts[0] for file in exports_of(lake, person)}),
        "archive": "Aucune ligne de l’archive ne peut vous être rattachée : elle est anonyme.",
        "attestations": list(_attestations(lake, person)),
        "demandes": list(_requests(lake, person)),
    }


def _identities(person: Person) -> Iterator[dict[str, Any]]:
    for row in person.identities.unique(maintain_order=True).to_dicts():
        yield {"operateur": row["operator_id"], "depot": row["drop_id"]} | {
            label: row[column] for column, label in _LABELS.items() if row[column] is not None
        }


def _journeys(person: Person) -> Iterator[dict[str, Any]]:
    hidden = ("driver_identity_key", "passenger_identity_key")
    cancelled = person.lake.read(CANCELLATIONS).group_by(JOURNEY).agg(pl.col("dropped_at").max())
    cancelled_at = {(operator, journey): at for operator, journey, at in cancelled.iter_rows()}
    newest = person.journeys.sort("dropped_at", "drop_id", "drop_row").group_by(JOURNEY).last()
    ends = {(row["operator_id"], row["operator_journey_id"]): row["end_at"] for row in newest.to_dicts()}
    for row in person.journeys.sort("start_at", "dropped_at", "drop_row").to_dicts():
        roles = [word for role, word in _ROLES.items() if row[f"{role}_identity_key"] in person.keys]
        if not roles:  # before a correction, or another journey under its id: of others only
            continue
        end_at: datetime = ends[row["operator_id"], row["operator_journey_id"]]
        last = TERMS["journeys"].ends_on(end_at.astimezone(PARIS).date())
        others = tuple(role for role in _ROLES if row[f"{role}_identity_key"] not in person.keys)
        shown = {name: cell for name, cell in row.items() if not name.startswith((*others, *hidden))}
        cancellation = (
            {"annule_le": at}
            if (at := cancelled_at.get((row["operator_id"], row["operator_journey_id"])))
            else {}
        )
        yield {"role": " ".join(roles), "conserve_jusqu_au": last, **shown, **cancellation}


def _amounts(lake: Lake, person: Person) -> Iterator[dict[str, Any]]:
    """What closings hold for these journeys; the amounts stay once the journeys are gone."""
    links = lake.read(SETTLEMENTS).join(person.journeys.select(JOURNEY).unique(), on=JOURNEY, how="semi")
    closings = lake.read(CLOSINGS).select(
        "closing_number", "campaign_id", "kind", "period_start_on", "period_end_on"
    )
    entries = lake.read(LEDGER_ENTRIES).drop("operator_id", "journey_digest")
    amounts = (
        links.drop("facts_digest")
        .join(entries, on=["closing_number", "entry_number"])
        .join(closings, on="closing_number")
    )
    yield from amounts.sort("closing_number", "entry_number").to_dicts()


def _caps(lake: Lake, person: Person) -> Iterator[dict[str, Any]]:
    uses = lake.read(CAP_USES).filter(pl.col("whose_key").is_in([*person.keys, *person.trips]))
    yield from uses.drop("whose_key").sort("closing_number", "entry_number", "position").to_dicts()


def _rejected(lake: Lake, person: Person) -> Iterator[dict[str, Any]]:
    """Rejected rows without the other person's cells; a row that could not be split is told, not shown."""
    days = dict(lake.read(DROPS).select("drop_id", "business_date").iter_rows())
    ours = [text for value in person.values for text in {value, value.removeprefix("+33")}]
    for row in person.rejected.to_dicts():
        shown = {"depot": row["drop_id"], "rang": row["drop_row"]}
        shown["conserve_jusqu_au"] = TERMS["rejected"].ends_on(days[row["drop_id"]])
        try:
            cells = json.loads(row["raw"])
        except ValueError:
            yield shown | {"contenu": "ligne illisible, gardée telle que reçue"}
            continue
        others = [
            role
            for role in _ROLES
            if not any(
                text in "".join(str(cell).split())
                for name, cell in cells.items()
                if name.startswith(role) and cell
                for text in ours
            )
        ]
        kept = {name: cell for name, cell in cells.items() if cell and not name.startswith(tuple(others))}
        yield shown | {"contenu": kept}


def _drops(lake: Lake, person: Person) -> Iterator[dict[str, Any]]:
    drop_ids = {*person.journeys["drop_id"], *person.rejected["drop_id"]}
    for row in lake.read(DROPS).filter(pl.col("drop_id").is_in(list(drop_ids))).sort("drop_id").to_dicts():
        day = row["business_date"]
        until = terms()["drops"].ends_on(day)
        yield {
            "operateur": row["operator_id"],
            "depot": row["drop_id"],
            "traite_le": day,
            "fichier_brut_jusqu_au": until,
        }


def _attestations(lake: Lake, person: Person) -> Iterator[dict[str, Any]]:
    for row in withdrawal.of_person(lake, person.digests).sort("delivered_on", "code").to_dicts():
        yield {
            "code": row["code"],
            "operateur": row["operator_id"],
            "usage": row["usage"],
            "du": row["first_on"],
            "au": row["last_on"],
            "delivree_le": row["issued_on"],
            "pdf_jusqu_au": TERMS["attestations"].ends_on(row["delivered_on"]),
        }


def _requests(lake: Lake, person: Person) -> Iterator[dict[str, Any]]:
    known = lake.read(REQUESTS).filter(pl.col("person_digests").str.contains_any(list(person.digests)))
    for row in known.sort("business_date", "kind").to_dicts():
        yield {"date": row["business_date"], "nature": row["kind"]}
