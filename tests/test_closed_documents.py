"""What has gone out stays as it went out, and never passes the pot, whatever arrives later.

Three nights after a made-up year in the suite; all of it with YEARS_SEED set (`make fuzz`).
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from dagster_project.lake.store import Lake
from dagster_project.warehouse import cache, dbt_run
from tests.support.random_years import ALONE, Numbers, Years, campaigns, furnish, journey

SEED = int(os.environ.get("YEARS_SEED", "1"))
IS_LONG = "YEARS_SEED" in os.environ
# A quarter closes; what comes a night later; the next one closes. All of it past the end that was foreseen.
CLOSES, LATER, CLOSES_AGAIN = date(2025, 4, 6), date(2025, 4, 7), date(2025, 7, 6)
# January and February, none in March; then one of September.
SENT_ALONE = {
    CLOSES: [date(2024, 12, 1), date(2025, 1, 10), date(2025, 2, 10)],
    LATER: [date(2024, 9, 10)],
}


def _nights(random: Random) -> list[date]:
    """Some forty of a year and a half, on and beside the days that close; and always the three."""
    three = {CLOSES, LATER, CLOSES_AGAIN}
    if not IS_LONG:
        return sorted(three)
    firsts = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(2, 19)]
    days = {first + timedelta(days=random.choice(range(4, 9))) for first in firsts}
    return sorted(
        three | days | {date(2024, 2, 20) + timedelta(days=random.randint(0, 500)) for _ in range(23)}
    )


def _alone(random: Random, on: date) -> dict[str, Any]:
    """A journey of 3.51 € and a fee of 0.60 €."""
    start_at = datetime.combine(on, time(9), UTC)
    plain = {"distance_m": 35_050, "seats": 1, "driver_identity_key": "alone"}
    return journey(random, on.toordinal(), ALONE, start_at) | plain


class Lived:
    """The nights, and on each of them what contradicts the promise."""

    def __init__(self, lake: Lake) -> None:
        random = Random(SEED)
        self.years = Years(lake, campaigns(random))
        self.moved: list[tuple[date, str]] = []
        self.passed: list[tuple[date, dict[str, int]]] = []
        self.unsaid: list[date] = []
        self.emptied: set[str] = set()
        self.gone_out: Numbers = {}
        before: date | None = None
        for day in _nights(random):
            is_quiet = date(2024, 6, 1) <= day < date(2024, 9, 1) or (IS_LONG and random.random() < 0.2)
            sent = [_alone(random, on) for on in SENT_ALONE.get(day, [])]
            if not is_quiet:
                sent += self.years.send(random, day, random.randint(10, 40) if before else 90)
            if day == LATER:  # signed files are edited in place
                furnish(self.years.lake, campaigns(Random(SEED), dearer=5))
            dies = IS_LONG and day < CLOSES and random.random() < 0.4
            self.years.night(day, sent, dies=dies)
            if dies:  # nothing goes out
                continue
            if before:
                now = self.years.gone_out(before)
                self.moved += [(day, name) for name in now if now[name] != self.gone_out[name]]
            self.gone_out, before = self.years.gone_out(day), day
            paid = self.years.paid()
            if any(cents > self.years.budgets[name] for name, cents in paid.items()):
                self.passed.append((day, paid))
            if any(left is None or left < 0 for left in self.years.left().values()):
                self.unsaid.append(day)
            self.emptied |= {name for name, cents in paid.items() if cents == self.years.budgets[name]}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return Lived(Lake(tmp_path_factory.mktemp("years")))


def _rows(lived: Lived, query: str) -> list[tuple[Any, ...]]:
    with cache.reading(lived.years.lake) as connection:
        return connection.execute(query).fetchall()


def test_no_number_of_a_closed_document_moves_whatever_arrives(lived: Lived) -> None:
    assert lived.moved == [], f"seed {SEED}"
    # Not for want of anything: documents of each kind, adjustments in them, journeys refused beside others.
    assert [name for name, numbers in lived.gone_out.items() if not numbers] == []
    reasons = _rows(lived, "select distinct split_part(reason, ':', 1) from staging.stg_ledger_entries")
    assert {reason for (reason,) in reasons} >= {"journey", "late", "correction", "cancellation"}
    assert _rows(lived, "from lake.call_receipts where loss like 'refused:%' and seats > 0")


def test_a_signed_file_that_was_edited_in_place_is_told(lived: Lived) -> None:
    lake, told = lived.years.lake, "assert_files_of_closed_claims_are_as_signed"
    arguments = ["test", "--select", told]
    found = dbt_run.run(lake.cache(), lake.dbt_output, arguments, {"business_date": CLOSES_AGAIN.isoformat()})
    assert [(one.status, one.failures) for one in found] == [("warn", 5)]  # all but the one that is alone
    # A fee that is taken back is so at the price at which it was invoiced; its pot is beside, and cuts none.
    prices = _rows(
        lived,
        "select distinct movement, unit_cents from finance.fee_invoice_lines join lake.closings "
        "using (closing_number, campaign_id) "
        f"where business_date = '{CLOSES_AGAIN}' and campaign_id = 'trimestre'",
    )
    assert prices and set(prices) <= {("entry", 55), ("reversal", 50)}


def test_what_goes_out_never_passes_a_pot(lived: Lived) -> None:
    assert lived.passed == [], f"seed {SEED}"
    assert lived.unsaid == [], "budget_status does not say what is left"
    assert lived.emptied


@pytest.mark.skipif(IS_LONG, reason="The long year has nights that close months which the three leave open.")
def test_a_late_journeys_fee_stands_on_the_invoice_and_in_the_call_that_are_open(lived: Lived) -> None:
    """PMGF 2021: the months of a closed quarter are closed for fees, also those that were empty."""
    invoices = f"from finance.fee_invoices where operator_id = '{ALONE}'"
    assert _rows(lived, f"select period_start_on, call_start_on, total_cents {invoices} order by all") == [
        (date(2024, 12, 1), date(2024, 10, 1), 60),
        (date(2025, 1, 1), date(2025, 1, 1), 60),
        (date(2025, 2, 1), date(2025, 1, 1), 60),
        (date(2025, 4, 1), date(2025, 4, 1), 60),
    ]
    calls = f"from finance.fund_calls where operator_id = '{ALONE}' and campaign_id = 'seule'"
    assert _rows(lived, f"select period_start_on, is_closed, total_cents {calls} order by all") == [
        (date(2024, 10, 1), True, 411),
        (date(2025, 1, 1), True, 822),
        (date(2025, 4, 1), True, 411),
    ]


@pytest.mark.skipif(IS_LONG, reason="As above.")
def test_an_operator_that_resigned_is_paid_what_is_due_and_gives_its_advance_back(lived: Lived) -> None:
    """CONVENTION article 16: its convention ends between the quarters. Its last call and invoice: above."""
    steps = f"from finance.advance_steps where operator_id = '{ALONE}' and is_final"
    # Of what it held, its last call has drawn one journey, late as it was; the rest it returns.
    assert _rows(lived, f"select issued_on, opening_cents, consumed_cents, revision_cents {steps}") == [
        (CLOSES_AGAIN, 702, 351, -351)
    ]
