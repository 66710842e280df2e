"""Entries that operators load into their accounts: eighteen fields, to the cent, no separator inside."""

from datetime import date
from decimal import Decimal
from itertools import cycle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.drops.answers.entries import ACCOUNTS, FIELDS, JOURNALS, as_fec
from tests.support.invoices import AUTHORITY

_ROW = {
    "journal_code": "VE", "entry_number": 12, "document": "facture", "piece": "KARAVANE-00012",
    "entry_on": date(2021, 5, 3), "period_start_on": date(2021, 4, 1), "period_end_on": date(2021, 4, 30),
    "campaign_name": "L’Opération\t2021\n", "authority_id": "pmgf",
}  # fmt: skip


@given(st.lists(st.integers(-10_000_000, 10_000_000), min_size=1, max_size=6))
def test_the_file_says_the_cents_of_its_rows_and_balances(amounts: list[int]) -> None:
    cents = [*amounts, -sum(amounts)]
    rows: list[dict[str, Any]] = [
        _ROW | {"account": account, "debit_cents": max(one, 0), "credit_cents": max(-one, 0)}
        for one, account in zip(cents, cycle(ACCOUNTS), strict=False)
    ]
    written = as_fec(rows, {"pmgf": AUTHORITY})
    header, *lines = written.decode("iso8859-15").removesuffix("\r\n").split("\r\n")
    assert tuple(header.split("\t")) == FIELDS and len(FIELDS) == 18
    told = [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in lines]
    for row, line in zip(rows, told, strict=True):
        for field, name in (("Debit", "debit_cents"), ("Credit", "credit_cents")):
            assert Decimal(line[field].replace(",", ".")) * 100 == row[name]
    moved = [(Decimal(line[name].replace(",", ".")) for line in told) for name in ("Debit", "Credit")]
    assert sum(moved[0]) == sum(moved[1]) and {line["EcritureDate"] for line in told} == {"20210503"}
    assert told[0]["JournalLib"] == JOURNALS["VE"] and "L'Opération 2021" in told[0]["EcritureLib"]
    assert told[0]["CompAuxNum"] == AUTHORITY.siren
