"""The demonstration: the sample's drops, delivered night after night, and a summary of what came out."""

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

from dagster_project.contracts.lake_tables import ANSWERS, DROPS
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.files.csv_out import PROGRAMS, write_csv
from dagster_project.lake.store import Lake
from dagster_project.proof import witness
from dagster_project.sample import Drop, Spec, generate, write
from dagster_project.sample.payments import write_statements
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading


def pending(lake: Lake, reference: Path) -> dict[date, list[Drop]]:
    """The sample's drops that no night has taken yet, by business date.

    Where all are taken and the cache is gone, the last night is still to be run: it makes the cache again.
    """
    register = lake.read(DROPS)
    taken = set(register["sha256"])
    drops, truth = generate(Spec(), reference)
    lake.drops.mkdir(parents=True, exist_ok=True)
    write_csv(truth, lake.drops / "sample_truth.csv", PROGRAMS)
    answered = set(lake.read(ANSWERS)["drop_id"])
    requests = [ask for ask in _requests(drops) if _drop_id(ask) not in answered]
    waiting = [drop for drop in drops if hashlib.sha256(drop.content).hexdigest() not in taken] + requests
    ordered = sorted(waiting, key=lambda drop: drop.business_date)
    nights = {day: list(of_day) for day, of_day in groupby(ordered, key=lambda drop: drop.business_date)}
    if not lake.warehouse.exists() and taken:
        nights.setdefault(max(register["business_date"]), [])
    return nights


def _requests(drops: list[Drop]) -> Iterator[Drop]:
    """What karavane and troisplaces ask attestations for on the last night: two of their persons each."""
    last_on = max(drop.business_date for drop in drops)
    for operator_id, names in (
        ("karavane", ("phone",)),
        ("troisplaces", ("phone_trunc", "operator_user_id")),
    ):
        drop = next(one for one in drops if (one.operator_id, one.business_date) == (operator_id, last_on))
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
    """Lay drops, and what banks have stated meanwhile, in their operators' incoming folders."""
    write(drops, lake.drops)
    if drops:
        write_statements(lake, drops[0].business_date, settings().catalogue)


def summary(lake: Lake) -> str:
    """Received, accepted, rejected with the commonest reasons, amounts per operator, where reports lie."""
    with reading(lake) as connection:
        drops, rows, accepted, rejected = connection.execute(
            "select count(*), sum(rows), sum(accepted_rows), sum(rejected_rows) from staging.stg_drops"
        ).fetchall()[0]
        journeys, valid = connection.execute(
            "select count(*), count(*) filter (where outcome = 'valid') from active.journeys"
        ).fetchall()[0]
        reasons = connection.execute(
            "select rule_code, findings.column, count(*) from staging.stg_findings as findings "
            "where severity = 'error' group by all order by 3 desc, 1, 2 limit 3"
        ).fetchall()
        amounts = connection.execute(
            "select operator_name, sum(incentive_cents), sum(fee_ex_vat_cents + vat_cents) "
            "from finance.fund_calls join catalogue.operators using (operator_id) group by all order by 1"
        ).fetchall()
    lines = [
        "",
        f"{drops} drops, {rows} rows: {accepted} accepted, {rejected} rejected.",
        *(
            f"  {count:>5}  {code}: {RULES[code].sentence.replace('{column}', column)}"
            for code, column, count in reasons
        ),
        f"{journeys} journeys, {valid} of them valid (versions resolved, cancelled ones out).",
        "",
        f"{'Operator':<20}{'incentive €':>14}{'fee incl. VAT €':>18}",
        *(f"{name:<20}{_euros(incentive):>14}{_euros(fee):>18}" for name, incentive, fee in amounts),
        f"{'Total':<20}{_euros(sum(a[1] for a in amounts)):>14}{_euros(sum(a[2] for a in amounts)):>18}",
        "",
        "Reports:",
        *(f"  {file}" for file in sorted(lake.exports.rglob("*.xlsx"))),
        *(f"  {file}" for file in sorted(lake.drops.glob("*/feedback/attestation_*.pdf"))),
        f"Journeys (Parquet) and manifests lie beside them; answers to operators: {lake.drops}/*/feedback/",
        f"Witness of the closings: {witness.file(lake)}. For real money, set ENTREPOT_WITNESS "
        "to a file that whoever runs the nights cannot change.",
    ]
    return "\n".join(lines)


def _euros(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}".replace(",", " ")
