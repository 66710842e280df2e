"""What the sample has planted into bank statements, held against what the last night says of it."""

from datetime import date

from dagster_project.lake.store import Lake
from dagster_project.sample.payments import planted
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading


def verdicts_as_planted(lake: Lake, last_night: date) -> tuple[set[str], set[str]]:
    """The verdicts of payments and of demands, each as it was planted, to the cent; all is explained."""
    seen = [
        one
        for one in planted(lake, settings().catalogue)
        if all(line.booked_on <= last_night for line in one.transfers)
    ]
    lines = [
        (one.operator_id, line.booked_on, line.cents, line.verdict) for one in seen for line in one.transfers
    ]
    demands = {one.reference: one.verdict for one in seen if one.reference}
    with reading(lake) as connection:
        told = connection.execute(
            "select operator_id, booked_on, amount_cents, verdict from payments.payment_verdicts order by all"
        ).fetchall()
        accounts = connection.execute("select reference, status from payments.demand_accounts").fetchall()
        (explained,) = connection.execute(
            "select count(*), count(*) filter (where unexplained_cents = 0) from payments.reconciliations"
        ).fetchall()
    assert told == sorted(lines)
    assert {reference: status for reference, status in accounts if reference in demands} == demands
    assert explained[0] == explained[1] > 0
    return {line[-1] for line in lines}, set(demands.values())
