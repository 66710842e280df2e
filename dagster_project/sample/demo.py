"""The demonstration: the sample's drops, night after night, and what came out, as an analyst reads it."""

import csv
import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

from dagster_project.contracts.documents import PUBLIC, READ_ME
from dagster_project.contracts.lake_tables import ANSWERS, DROPS
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.drops.answers.feedback import shown
from dagster_project.files.csv_out import PROGRAMS, write_csv
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.proof import witness
from dagster_project.reports.issued import PAGE
from dagster_project.reports.shared.french import french_day, french_euros, french_number
from dagster_project.sample import Drop, Spec, generate, write
from dagster_project.sample.payments import write_statements
from dagster_project.sample.statuses import write_messages
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading

_SQL = statements(__file__)
_SPEC = Spec(nights=6)  # enough for a call that closes, is paid and corrected


def pending(lake: Lake, reference: Path) -> dict[date, list[Drop]]:
    """The sample's drops that no night has taken yet, by business date.

    Where all are taken and the cache is gone, the last night is still to be run: it makes the cache again.
    """
    register = lake.read(DROPS)
    taken = set(register["sha256"])
    drops, truth = generate(_SPEC, reference)
    lake.drops.mkdir(parents=True, exist_ok=True)
    write_csv(truth, lake.drops / "sample_truth.csv", PROGRAMS)
    answered = set(lake.read(ANSWERS)["drop_id"])
    requests = [ask for ask in _requests(drops) if _drop_id(ask) not in answered]
    waiting = [drop for drop in drops if hashlib.sha256(drop.content).hexdigest() not in taken] + requests
    ordered = sorted(waiting, key=lambda drop: drop.business_date)
    nights = {day: list(of_day) for day, of_day in groupby(ordered, key=lambda drop: drop.business_date)}
    if not lake.cache_file.exists() and taken:
        nights.setdefault(max(register["business_date"]), [])
    return nights


def _requests(drops: list[Drop]) -> Iterator[Drop]:
    """What karavane and troisplaces ask attestations for on the last night: two of their persons each."""
    last_on = max(drop.business_date for drop in drops)
    for operator_id, names in (
        ("karavane", ("phone",)),
        ("troisplaces", ("phone_trunc", "operator_user_id")),
    ):
        drop = next(
            drop for drop in drops if (drop.operator_id, drop.business_date) == (operator_id, last_on)
        )
        text = gzip.decompress(drop.content) if drop.name.endswith(".gz") else drop.content
        rides = list(csv.DictReader(StringIO(text.decode("utf-8-sig"))))
        persons = dict.fromkeys(
            ";".join(ride[f"{role}.identity.{name}"] for name in names)
            for ride in rides
            for role in ("driver", "passenger")
        )
        whole = [person for person in persons if all(person.split(";"))][:2]
        columns = ";".join(
            {"phone": "telephone", "phone_trunc": "telephone_tronque"}.get(name, "identifiant")
            for name in names
        )
        lines = [f"{person};2021-02-23;{last_on};forfait_mobilites_durables" for person in whole]
        content = "\n".join([f"{columns};du;au;usage", *lines, ""]).encode()
        yield replace(drop, name=f"demande_attestation_{last_on}.csv", spelled=partial(bytes, content))


def _drop_id(drop: Drop) -> str:
    return f"{drop.operator_id}-{hashlib.sha256(drop.content).hexdigest()[:16]}"


def deliver(lake: Lake, drops: list[Drop]) -> None:
    """Lay drops, and what banks and platforms have said meanwhile, in their operators' incoming folders."""
    write(drops, lake.drops)
    if drops:
        write_statements(lake, drops[0].business_date, settings().catalogue)
        write_messages(lake, drops[0].business_date, settings().catalogue)


def begun(nights: int) -> str:
    """What the demonstration is about to do, before its first night has run."""
    if not nights:
        return "Toutes les nuits de la démonstration ont déjà tourné ; voici où elle en est."
    return (
        "Des opérateurs inventés déposent leurs trajets ; le registre les juge, nuit après nuit "
        f"({_counted(nights, 'nuit')})."
    )


def night_line(lake: Lake, day: date, place: str, alarms: int) -> str:
    """One night in a line: what came, what of it was accepted, whether something is to be looked at."""
    drops = lake.read(DROPS).filter(business_date=day)
    rows, accepted = (int(drops[name].sum()) for name in ("rows", "accepted_rows"))
    looked = f" ; {_counted(alarms, 'alerte')}, dans nights/{day}.html" if alarms else ""
    return (
        f"Nuit {place}, {french_day(day)} : {_counted(drops.height, 'dépôt')}, "
        f"{_counted(rows, 'ligne')}, {french_number(accepted)} acceptées{looked}."
    )


def summary(lake: Lake) -> str:
    """What happened, for an analyst: received, accepted, the pot's end, what each operator gets; one page."""
    with reading(lake) as connection:
        given = {name: connection.execute(query).pl().to_dicts() for name, query in _SQL.items()}
    (counts,) = given["counts"]
    reasons = (
        f"  {french_number(row['findings']):>6}  {RULES[row['rule_code']].sentence}".replace(
            "{column}", shown(row["field"], row["layout"])
        )
        for row in given["reasons"]
    )
    gets = [(row["operator_name"], row["incentive_cents"], row["fee_cents"]) for row in given["amounts"]]
    total = ("Ensemble", sum(gains[1] for gains in gets), sum(gains[2] for gains in gets))
    lines = [
        "",
        "Ce qui s’est passé",
        f"- {_counted(counts['drops'], 'dépôt')} et {_counted(counts['rows'], 'ligne')} reçus : "
        f"{french_number(counts['accepted'])} lignes acceptées, {french_number(counts['rejected'])} rendues. "
        "Motifs les plus fréquents, trente derniers jours :",
        *reasons,
        f"- {_counted(counts['journeys'], 'trajet')} au registre, "
        f"dont {french_number(counts['valid'])} valides.",
        *(f"- {_pot(row)}" for row in given["pots"]),
        "",
        f"{'Ce que reçoit':<20}{'Indemnité':>16}{'Commission TTC':>18}",
        *(f"{name:<20}{french_euros(own):>16}{french_euros(fee):>18}" for name, own, fee in (*gets, total)),
        "",
        "À ouvrir d’abord :",
        *(f"  {lake.exports / row['authority_id'] / PAGE}" for row in given["first"]),
        "",
        f"Documents des autorités : {lake.exports} ; réponses aux opérateurs : {lake.drops}/*/feedback/ "
        f"(un {READ_ME} dans chaque dossier) ; ce que tous peuvent lire : {lake.exports / PUBLIC / PAGE}.",
        f"Le témoin des clôtures est {witness.file(lake)} ; pour de l’argent réel, ENTREPOT_WITNESS le met "
        "hors de portée de qui lance les nuits.",
    ]
    return "\n".join(lines)


def _pot(row: dict[str, Any]) -> str:
    """Until when the pot of a campaign paid: the hour of the first journey that it could not pay whole."""
    pot = f"Enveloppe de {french_euros(row['budget_cents'])} ({row['campaign_name']})"
    if row["empty_at"] is None:
        return f"{pot} : il en reste {french_euros(row['left_cents'])}."
    at = row["empty_at"]
    return f"{pot} : épuisée le {french_day(at.date())} à {at:%H} h {at:%M}, heure de Paris."


def _counted(count: int, word: str) -> str:
    return f"{french_number(count)} {word}{'s' if count > 1 else ''}"
