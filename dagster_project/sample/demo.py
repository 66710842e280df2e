"""The demonstration: the sample's drops, delivered night after night, and a summary of what came out."""

import hashlib
from datetime import date
from itertools import groupby
from pathlib import Path

from dagster_project.contracts.lake_tables import DROPS
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
    waiting = [drop for drop in drops if hashlib.sha256(drop.content).hexdigest() not in taken]
    ordered = sorted(waiting, key=lambda drop: drop.business_date)
    nights = {day: list(of_day) for day, of_day in groupby(ordered, key=lambda drop: drop.business_date)}
    if not lake.warehouse.exists() and taken:
        nights.setdefault(max(register["business_date"]), [])
    return nights


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
        f"Journeys (Parquet) and manifests lie beside them; answers to operators: {lake.drops}/*/feedback/",
        f"Witness of the closings: {witness.file(lake)}. For real money, set ENTREPOT_WITNESS "
        "to a file that whoever runs the nights cannot change.",
    ]
    return "\n".join(lines)


def _euros(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}".replace(",", " ")
