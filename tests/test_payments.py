"""From the call to the bank line: what a statement says, what it pays, what is left, what lateness costs."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dagster_project.contracts.payments import DEMAND_VERDICTS, FAULTS, PAYMENT_VERDICTS, STATEMENT_COLUMNS
from dagster_project.payments.answers import lines
from dagster_project.payments.statement import Books, Reading, read_statement, references
from tests.support.payment_world import demand, matched, payment

IBAN, OTHER = "FR7699999000010090234567790", "FR4299999000022000753720100"
BOOKS = Books({"karavane": frozenset({IBAN})}, {"200075372": "pmgf", OTHER: "pmgf"}, ("pmgf_2021",))
NIGHT = date(2021, 7, 31)
PERSON = "Mme Fictive Imaginaire"


def entry(
    amount: str = "98.10",
    *,
    text: str = "KARAVANE-00002",
    who: str = "<Id><OrgId><Othr><Id>200075372</Id></Othr></OrgId></Id>",
    reference: str = "B1",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
    day: str = "2021-05-03",
    currency: str = "EUR",
    details: str = "",
) -> str:
    party = f"<RltdPties><Dbtr><Pty><Nm>{PERSON}</Nm>{who}</Pty></Dbtr></RltdPties>"
    one = f"<TxDtls>{party}<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>{status}'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls>{details or one}</NtryDtls></Ntry>"
    )


def camt(*entries: str, iban: str = IBAN, balances: str = "", version: str = "08") -> bytes:
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        "<Stmt><Acct><Id>"
        f"<IBAN>{iban}</IBAN></Id></Acct>{balances}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def read(content: bytes) -> Reading:
    return read_statement(content, "karavane", BOOKS, NIGHT)


def faults(content: bytes) -> list[str]:
    return [fault.code for fault in read(content).faults]


def balance(code: str, amount: str, day: str = "2021-05-01") -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f'<Bal>{kind}<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>'


def test_a_line_of_ours_is_kept_without_name_account_or_text_and_another_is_only_counted() -> None:
    foreign = entry(text=f"Remboursement {PERSON}", who="", reference="B2")
    by_account = f"<RltdPties><DbtrAcct><Id><IBAN>{OTHER}</IBAN></Id></DbtrAcct></RltdPties>"
    nameless = entry(details=f"<TxDtls>{by_account}</TxDtls>", reference="B3")
    reading = read(camt(entry(), foreign, nameless))
    assert [(row["payer_id"], row["amount_cents"], row["named_references"]) for row in reading.rows] == [
        ("pmgf", 9_810, ["KARAVANE-00002"]),
        ("pmgf", 9_810, []),
    ]
    assert len(reading.foreign) == 1 and not reading.faults
    told = repr(reading) + lines(reading).decode("utf-8-sig")
    assert PERSON not in told and IBAN not in told and OTHER not in told and "Remboursement" not in told


WRONG = {
    "file_unreadable": b"<Document><Other/></Document>",
    "account_unknown": camt(entry(), iban=OTHER),
    "balance_broken": camt(entry(), balances=balance("OPBD", "10.00") + balance("CLBD", "100.00")),
    "date_wrong": camt(entry(day="2021-08-01")),
    "amount_wrong": camt(entry("1.005")),
    "currency_wrong": camt(entry(currency="CHF")),
    "not_booked": camt(entry(status="<Sts>PDNG</Sts>")),
    "batch_unclear": camt(entry(details="<TxDtls/><TxDtls/>")),
}
ROW = f"{IBAN};2021-05-03;98,10;200075372;KARAVANE-00002;B1"
WRONG_ROWS = {
    "row_broken": f"{ROW};more",
    "date_wrong": ROW.replace("2021-05-03", "03/05/2021"),
    "amount_wrong": ROW.replace("98,10", "1 098,10"),
    "identifier_missing": ROW.removesuffix("B1"),
    "identifier_twice": ROW.replace("98,10", "98,11"),
    "account_unknown": ROW.replace(IBAN, OTHER),
}


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_camt_gets_its_own_reason(code: str) -> None:
    assert faults(WRONG[code]) == [code]


@pytest.mark.parametrize("code", WRONG_ROWS)
def test_a_wrong_row_gets_its_own_reason_and_good_rows_go_on(code: str) -> None:
    head = ";".join(STATEMENT_COLUMNS)
    reading = read("\n".join((head, ROW, WRONG_ROWS[code], ROW.replace("B1", "B2"))).encode())
    assert [(fault.place, fault.code) for fault in reading.faults] == [("ligne 3", code)]
    assert len(reading.rows) == 2


def test_what_is_no_statement_is_refused_whole_and_opens_nothing() -> None:
    secret = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + camt(entry(text="&x;"))
    assert faults(secret) == ["file_unreadable"]
    assert faults(b"") == faults(b"\xff\xfe\x00") == faults(b"<Document>") == ["file_unreadable"]
    assert faults(b"compte;montant\n") == ["columns_wrong"]
    assert FAULTS.keys() >= set(WRONG) | set(WRONG_ROWS)


def test_a_statement_in_another_version_or_file_is_the_same_lines() -> None:
    old = camt(entry(status="<Sts>BOOK</Sts>"), version="02")
    assert read(old).rows == read(camt(entry())).rows
    alike = entry(reference="")
    one, both = read(camt(alike)), read(camt(alike, alike))
    assert len(both.rows) == 2 and both.rows[0] == one.rows[0] != both.rows[1]


def test_a_batch_is_its_transfers() -> None:
    parts = "".join(
        f'<TxDtls><Amt Ccy="EUR">{amount}</Amt><RmtInf><Ustrd>{name}</Ustrd></RmtInf></TxDtls>'
        for amount, name in (("50.00", "KARAVANE-00001"), ("48.10", "KARAVANE-00002"))
    )
    rows = read(camt(entry(details=parts))).rows
    assert [(row["amount_cents"], *row["named_references"]) for row in rows] == [
        (5_000, "KARAVANE-00001"),
        (4_810, "KARAVANE-00002"),
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("mandat 12 karavane 00002/karavane-00003", ["KARAVANE-00002", "KARAVANE-00003"]),
        ("ACOMPTE PMGF 2021 KARAVANE 02 DU 1ER", ["ACOMPTE-PMGF-2021-KARAVANE-02"]),
        ("APPEL-PMGF-2021-KARAVANE-12", ["APPEL-PMGF-2021-KARAVANE-12"]),
        ("SUPERKARAVANE-00002 KARAVANE-0002 KARAVANE-2021-03-31", []),
    ],
)
def test_references_are_found_as_banks_write_them(text: str, named: list[str]) -> None:
    assert references(text, "karavane", BOOKS.campaigns) == named


SENT, DUE = date(2021, 4, 16), date(2021, 5, 16)
INVOICES = [demand("O-00001", 1_000, SENT, DUE), demand("O-00002", 700, SENT, DUE)]


def verdicts(*payments: dict[str, Any], demands: list[dict[str, Any]] = INVOICES) -> list[str]:
    return matched(demands, payments, NIGHT)[1].sort("entry_key")["verdict"].to_list()


def test_every_break_has_its_name() -> None:
    on = SENT + timedelta(days=10)
    assert verdicts(payment("1", on, 1_000, "O-00001")) == ["exact"]
    assert verdicts(payment("1", on, 400, "O-00001"), payment("2", on, 600, "O-00001")) == [
        "partial",
        "exact",
    ]
    assert verdicts(payment("1", on, 1_100, "O-00001")) == ["surplus"]
    assert verdicts(payment("1", on, 1_000, "O-00001"), payment("2", on, 1_000, "O-00001")) == [
        "exact",
        "double",
    ]
    assert verdicts(payment("1", on, 700, "O-00001")) == ["other_period"]
    assert verdicts(payment("1", on, 1_000, "O-00001", payer=None)) == ["other_payer"]
    assert verdicts(payment("1", on, 1_000, "O-00009")) == ["unknown_reference"]
    assert verdicts(payment("1", on, 1_000)) == ["by_amount"]
    assert verdicts(payment("1", on, 999)) == ["no_reference"]
    assert verdicts(payment("1", on, 1_700, "O-00001", "O-00002")) == ["exact"]
    alike = [*INVOICES, demand("O-00003", 1_000, SENT, DUE)]
    assert verdicts(payment("1", on, 1_000), demands=alike) == ["ambiguous"]
    short = demand("ACOMPTE-O-01", 1_000, SENT, DUE, kind="advance", carried_cents=-300, owed_cents=700)
    assert verdicts(payment("1", on, 700, "ACOMPTE-O-01"), demands=[short]) == ["taken_over"]
    assert verdicts(payment("1", on, 500, "ACOMPTE-O-01"), demands=[short]) == ["partial"]
    assert set(PAYMENT_VERDICTS) == {
        "taken_over",
        *("exact", "partial", "surplus", "double", "other_period", "other_payer", "unknown_reference"),
        *("by_amount", "no_reference", "ambiguous"),
    }


def states(*payments: dict[str, Any], seen_on: date | None = None) -> dict[str, str]:
    accounts, _ = matched([INVOICES[0]], payments, NIGHT, seen_on)
    return accounts.row(0, named=True)


def test_a_demand_is_late_as_far_as_statements_go_and_costs_what_the_code_says() -> None:
    nothing = states()
    assert (nothing["status"], nothing["days_late"], nothing["rest_cents"]) == ("missing", 76, 1_000)
    assert (nothing["rate_basis_points"], nothing["interest_cents"]) == (
        800,
        17,
    )  # 1 000 × 76 × 8 % / 365 = 16.66
    assert nothing["indemnity_cents"] == 4_000
    unseen = states(seen_on=DUE)
    assert (unseen["status"], unseen["days_late"], unseen["interest_cents"]) == ("unseen", 0, 0)
    in_two = states(payment("1", DUE, 400, "O-00001"), payment("2", DUE + timedelta(days=10), 600, "O-00001"))
    assert (in_two["status"], in_two["interest_cents"]) == ("paid_late", 1)  # 600 × 10 × 8 % / 365 = 1.32
    taken_back = states(
        payment("1", SENT, 1_000, "O-00001"), payment("2", DUE + timedelta(days=66), -1_000, "O-00001")
    )
    assert (taken_back["status"], taken_back["rest_cents"]) == ("missing", 1_000)
    incentive = matched([INVOICES[0] | {"kind": "call"}], [], NIGHT)[0].row(0, named=True)
    assert (incentive["days_late"], incentive["interest_cents"], incentive["indemnity_cents"]) == (76, 0, 0)
    assert {nothing["status"], unseen["status"], in_two["status"]} <= DEMAND_VERDICTS.keys()


def test_a_statement_says_which_days_it_covers_by_its_period_or_by_its_balances() -> None:
    balances = balance("OPBD", "0.00", "2021-04-30") + balance("CLBD", "98.10", "2021-05-31")
    period = "<FrToDt><FrDtTm>2021-05-01T00:00:00</FrDtTm><ToDtTm>2021-05-30T23:59:59</ToDtTm></FrToDt>"
    later = period.replace("2021-05-30", "2021-08-31")

    def covered(balances: str, iban: str = IBAN) -> list[tuple[date, date]]:
        periods = read(camt(entry(), balances=balances, iban=iban)).periods
        return [(one.first_on, one.last_on) for one in periods]

    may = date(2021, 5, 1)
    assert covered(balances) == [(date(2021, 4, 30), date(2021, 5, 31))]
    assert covered(period + balances) == [(may, date(2021, 5, 30))] and covered("") == []
    assert covered(later) == [(may, NIGHT)], "not past the night"
    assert covered(period, OTHER) == [], "another's account says nothing of ours"


def test_where_a_statement_is_missing_nobody_knows_whether_a_demand_was_paid() -> None:
    def told(*periods: tuple[date | None, date], demands: Any = INVOICES[:1]) -> tuple[Any, ...]:
        row = matched(demands, [], NIGHT, periods=periods)[0].row(0, named=True)
        return row["status"], row["known_until_on"], row["days_late"]

    april, may, june = (date(2021, month, 1) for month in (4, 5, 6))
    before, whole, after = (april, may), (may, june), (june, NIGHT)
    assert told(before, after) == ("unseen", may, 0)
    assert told(before, whole, after) == told(after, before, whole) == ("missing", NIGHT, 76)
    assert told(before, (None, DUE), after) == ("missing", NIGHT, 76)  # a CSV with a line of those days
    assert told(before, (may + timedelta(days=6), NIGHT))[0] == "missing"  # Easter
    later = demand("O-00001", 1_000, june, june + timedelta(days=30))
    assert told(before, after, demands=[later]) == ("missing", NIGHT, 30)  # sent after the hole


def test_interest_past_the_last_rate_that_is_known_is_not_put_in_figures() -> None:
    late = demand("O-00001", 1_000, date(2022, 12, 1), date(2023, 1, 5))
    row = matched([late], [], date(2023, 3, 1))[0].row(0, named=True)
    assert row["interest_cents"] is None and row["indemnity_cents"] == 4_000 and row["days_late"] == 55


CENTS = st.integers(-3_000, 5_000).filter(bool)
DAYS = st.integers(-5, 120).map(lambda days: SENT + timedelta(days=days))
NAMES = ["O-00001", "O-00002", "O-00003", "O-00004", "O-00009"]


@st.composite
def demands_and_payments(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    asked = draw(st.lists(CENTS, min_size=1, max_size=4))
    demands = [
        demand(NAMES[n], cents, day := draw(DAYS), day + timedelta(days=30) if cents > 0 else None)
        for n, cents in enumerate(asked)
    ]
    amounts = st.one_of(CENTS, st.sampled_from(asked), st.just(sum(asked) or 1))
    payments = [
        payment(
            str(key),
            draw(DAYS),
            draw(amounts),
            *sorted(draw(st.sets(st.sampled_from(NAMES), max_size=3))),
            payer=draw(st.sampled_from(["a", "a", "a", "b", None])),
        )
        for key in range(draw(st.integers(0, 6)))
    ]
    return demands, payments


@settings(max_examples=settings().max_examples // 4)  # each is matched twice by all the models
@given(demands_and_payments(), st.randoms(use_true_random=False))
def test_no_cent_is_lost_and_the_order_of_statements_moves_none(
    given_rows: tuple[list[dict[str, Any]], list[dict[str, Any]]], random: Any
) -> None:
    demands, payments = given_rows
    accounts, lines_ = matched(demands, payments, NIGHT)
    received = sum(row["amount_cents"] for row in payments)
    assert lines_["matched_cents"].sum() + lines_["unmatched_cents"].sum() == received
    assert accounts["paid_cents"].sum() == lines_["matched_cents"].sum()
    assert (accounts["paid_cents"] == accounts["covered_cents"] + accounts["surplus_cents"]).all()
    assert (accounts["owed_cents"] == accounts["covered_cents"] + accounts["rest_cents"]).all()
    assert accounts["surplus_cents"].sum() == lines_["surplus_cents"].sum()
    for row in accounts.filter(pl.col("interest_cents") > 0).iter_rows(named=True):
        most = Decimal(max(row["owed_cents"], 0) * 8 * row["days_late"]) / 36_500
        if not any(line["amount_cents"] < 0 for line in payments):
            assert row["interest_cents"] <= most.quantize(Decimal(1), ROUND_HALF_UP)
    again = [*payments, *(row | {"statement_id": "o-again"} for row in payments)]
    random.shuffle(again)
    for told, once in zip(matched(demands, again, NIGHT), (accounts, lines_), strict=True):
        assert_frame_equal(told, once, check_exact=True)
