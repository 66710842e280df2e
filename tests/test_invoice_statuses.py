"""From the platform's message to the invoice's state: what is read, counts, is told and is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest
from lxml import etree
from polars.testing import assert_frame_equal

from dagster_project.contracts.invoice_statuses import REASONS, STATUS_FAULTS, STATUS_VERDICTS, STATUSES
from dagster_project.payments.cdar import is_message, read_message
from dagster_project.payments.collected import Message
from dagster_project.payments.statement import Reading
from dagster_project.payments.status_answers import lines, words_of
from tests.support.invoices import INVOICE, OPERATOR
from tests.support.payment_world import demand, due, invoice, judged, matched, payment
from tests.support.schematrons import Check

NIGHT = date(2021, 7, 31)
PERSON = "Mme Fictive Imaginaire"


def told(code: str = "205", at: str = "20210510093000", **given: str) -> str:
    """One status of invoice KARAVANE-00012 of 2021-05-03, and the part of a message around it."""
    some = {"number": "KARAVANE-00012", "day": "20210503", "seller": OPERATOR.siren, "why": ""} | given
    why = f"<ram:SpecifiedDocumentStatus>{some['why']}</ram:SpecifiedDocumentStatus>" if some["why"] else ""
    return f"""<rsm:AcknowledgementDocument><ram:TypeCode>23</ram:TypeCode>
        <ram:IssueDateTime><udt:DateTimeString format="204">{at}</udt:DateTimeString></ram:IssueDateTime>
        <ram:ReferenceReferencedDocument><ram:IssuerAssignedID>{some["number"]}</ram:IssuerAssignedID>
        <ram:FormattedIssueDateTime><qdt:DateTimeString format="102">{some["day"]}</qdt:DateTimeString>
        </ram:FormattedIssueDateTime><ram:ProcessConditionCode>{code}</ram:ProcessConditionCode>
        <ram:IssuerTradeParty><ram:GlobalID schemeID="0002">{some["seller"]}</ram:GlobalID>
        </ram:IssuerTradeParty>{why}</ram:ReferenceReferencedDocument></rsm:AcknowledgementDocument>"""


def message(*parts: str, head: str = "") -> bytes:
    name = "urn:un:unece:uncefact:data:standard"
    return f"""{head}<rsm:CrossDomainAcknowledgementAndResponse
        xmlns:rsm="{name}:CrossDomainAcknowledgementAndResponse:100"
        xmlns:ram="{name}:ReusableAggregateBusinessInformationEntity:100"
        xmlns:udt="{name}:UnqualifiedDataType:100" xmlns:qdt="{name}:QualifiedDataType:100">
        <rsm:ExchangedDocument><ram:Name>{PERSON}</ram:Name></rsm:ExchangedDocument>{"".join(parts)}
        </rsm:CrossDomainAcknowledgementAndResponse>""".encode()


def read(content: bytes) -> Reading:
    assert is_message(content)
    return read_message(content, "karavane", lambda day: OPERATOR.on(day).siren, NIGHT)


def reason(*codes: str) -> str:
    return "".join(
        f"<ram:ReasonCode>{code}</ram:ReasonCode><ram:Reason>{PERSON}</ram:Reason>" for code in codes
    )


def amount(kind: str, euros: str) -> str:
    return (
        f"<ram:SpecifiedDocumentCharacteristic><ram:TypeCode>{kind}</ram:TypeCode>"
        f'<ram:ValueAmount currencyID="EUR">{euros}</ram:ValueAmount></ram:SpecifiedDocumentCharacteristic>'
    )


def test_a_message_is_its_statuses_and_nothing_of_people_is_kept() -> None:
    reading = read(
        message(
            told("210", why=reason("CMD_ERR", PERSON, "AUTRE")),
            told("211", seller=OPERATOR.siret),
            told("206", why=amount("MNATTC", "1.50") + amount("MAPTTC", "48.00")),
        )
    )
    assert [
        tuple(row[name] for name in ("reference", "status_code", "reason_codes", "approved_cents"))
        for row in reading.rows
    ] == [
        ("KARAVANE-00012", "210", ["CMD_ERR", "AUTRE"], None),
        ("KARAVANE-00012", "211", [], None),
        ("KARAVANE-00012", "206", [], 4_800),
    ]
    assert reading.rows[0]["stated_at"] == datetime(2021, 5, 10, 7, 30, tzinfo=UTC)
    shown = lines(reading).decode("utf-8-sig")
    assert PERSON not in repr(reading) + shown and "`orders`" in shown and "entrepot invoice replace" in shown


BOMB = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
WRONG = {
    "message_unreadable": message(head="<!-- no status -->"),
    "seller_wrong": message(told(seller="123456782")),
    "number_wrong": message(told(number=f"F-{PERSON}")),
    "invoice_day_wrong": message(told(day="2021053")),
    "status_wrong": message(told("501")),
    "instant_wrong": message(told(at="20210801000000")),
}


@pytest.mark.parametrize("code", STATUS_FAULTS)
def test_a_wrong_status_gets_its_own_answer_and_a_good_one_goes_on(code: str) -> None:
    wrong = WRONG[code]
    assert [fault.code for fault in read(wrong).faults] == [code]
    if code != "message_unreadable":
        both = read(wrong.replace(b"</rsm:CrossDomain", told().encode() + b"</rsm:CrossDomain"))
        assert len(both.rows) == 1 and both.faults[0].place.startswith("ligne ")
    shown = lines(read(wrong)).decode("utf-8-sig")
    assert STATUS_FAULTS[code].remedy in shown and PERSON not in shown


@pytest.mark.parametrize(
    "content",
    [
        message(told(number="&c;"), head=BOMB),
        message(told(number="&x;"), head='<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/hostname">]>'),
        message(told())[:-30],
        b"<CrossDomainAcknowledgementAndResponse>" * 10_000,
    ],
    ids=["bomb", "file", "cut", "deep"],
)
def test_what_is_no_message_is_refused_whole_and_opens_nothing(content: bytes) -> None:
    assert [fault.code for fault in read(content).faults] == ["message_unreadable"]


def status(code: str, minute: int, **other: Any) -> dict[str, Any]:
    """A status of invoice O-00001 of 2021-05-03, so many minutes into 2021-05-10."""
    return {
        "message_id": f"o-{code}-{minute}", "operator_id": "o", "reference": "O-00001",
        "invoice_on": date(2021, 5, 3), "status_code": code, "reason_codes": [], "is_ours": False,
        "stated_at": datetime(2021, 5, 10, 8, minute, tzinfo=UTC), "taken_on": NIGHT,
    } | other  # fmt: skip


def verdicts(*statuses: dict[str, Any]) -> list[tuple[str, str]]:
    rows, _ = judged(statuses, NIGHT)
    return [(row["status_code"], row["verdict"]) for row in rows.to_dicts()]


def state(*statuses: dict[str, Any]) -> str | None:
    _, states = judged(statuses, NIGHT)
    return str(states["status_code"][0]) if states["status_code"][0] else None


ORDERS: dict[str, Sequence[tuple[str, ...]]] = {
    "kept": [
        ("200", "201", "202", "203", "204", "205", "211", "212", "211", "212"), ("200", "213"),
        ("202", "201", "200", "207", "208", "209", "210"), ("212",), ("203", "206", "205"),
    ],
    "impossible_order": [
        ("210", "205"), ("213", "202"), ("205", "210"), ("212", "210"), ("204", "213"), ("204", "202"),
        ("212", "204"), ("213", "212"), ("211", "203"),
    ],
}  # fmt: skip


def test_the_last_of_an_order_counts_or_contradicts() -> None:
    every = [(verdict, codes) for verdict, all_of in ORDERS.items() for codes in all_of]
    rows = [
        status(code, minute, reference=f"O-{number:05d}")
        for number, (_, codes) in enumerate(every, 1)
        for minute, code in enumerate(codes)
    ]
    shown, _ = judged(rows, NIGHT, [invoice(number) for number in range(1, len(every) + 1)])
    for number, (verdict, codes) in enumerate(every, 1):
        mine = shown.filter(reference=f"O-{number:05d}")
        assert mine["verdict"].to_list() == ["kept"] * (len(codes) - 1) + [verdict], codes


def test_a_contradiction_is_told_and_stops_nothing_after_it() -> None:
    given = (status("205", 1), status("213", 2), status("212", 3))
    assert verdicts(*given) == [("205", "kept"), ("213", "impossible_order"), ("212", "kept")]
    assert state(*given) == "212" and state() is None
    # Platforms' clocks differ: what was made available is not only received.
    assert state(status("203", 1), status("202", 2)) == "203"


def test_what_is_refused_asks_for_nothing_and_what_was_paid_of_it_stays_paid() -> None:
    asked = [demand("O-00001", 100, date(2021, 5, 3), date(2021, 6, 2))]

    def account(code: str, *payments: dict[str, Any]) -> tuple[Any, ...]:
        rows, _ = matched(asked, payments, NIGHT, invoices=[invoice()], statuses=[status(code, 1)])
        row = rows.row(0, named=True)
        return row["status"], row["rest_cents"], row["interest_cents"], row["indemnity_cents"]

    part = payment("1", date(2021, 6, 10), 40, "O-00001")
    assert account("205") == ("missing", 100, 1, 4_000)
    assert account("210") == account("213") == ("refused", 0, 0, 0)
    assert account("210", part) == ("refused", 0, 0, 0)
    assert account("210", part, payment("2", date(2021, 6, 10), 60, "O-00001"))[0] == "paid_late"


def test_a_term_that_the_buyer_interrupts_opens_anew_once_all_has_come() -> None:
    def at(day: int, month: int = 5) -> dict[str, Any]:
        return {"stated_at": datetime(2021, month, day, 8, tzinfo=UTC)}

    usual, waiting, complete = date(2021, 6, 2), status("208", 1, **at(10)), status("209", 2, **at(20))
    assert due([], NIGHT) == due([status("205", 1, **at(10))], NIGHT) == usual
    assert due([waiting], NIGHT) is None
    assert due([waiting, complete], NIGHT) == date(2021, 6, 19)
    assert due([waiting, status("205", 2, **at(20))], NIGHT) == date(2021, 6, 19)
    # Once, and before the term ended.
    again = status("208", 3, **at(25))
    assert due([waiting, complete, again], NIGHT) == date(2021, 6, 19)
    assert due([status("208", 1, **at(3, 6))], NIGHT) == usual


def test_a_status_of_no_invoice_or_of_another_day_is_told_and_does_not_count() -> None:
    wrong = {
        "unknown_invoice": status("210", 1, reference="O-00009"),
        "other_day": status("210", 1, invoice_on=date(2021, 5, 4)),
        "before_invoice": status("210", 1, stated_at=datetime(2021, 5, 2, 21, tzinfo=UTC)),
    }
    for verdict, row in wrong.items():
        assert verdicts(row) == [("210", verdict)] and state(row) is None
    assert {*wrong, *ORDERS} == set(STATUS_VERDICTS)
    tonight = status("212", 1, is_ours=True)
    assert verdicts(tonight) == [] and state(tonight | {"taken_on": date(2021, 7, 30)}) == "212"


def test_neither_doubled_messages_nor_their_order_change_anything() -> None:
    chance, invoices = Random(2021), [invoice(number) for number in range(1, 201)]
    rows = [
        status(chance.choice(list(STATUSES)), chance.randrange(6), reference=f"O-{one['invoice_number']:05d}")
        for one in invoices
        for _ in range(chance.randrange(9))
    ]
    again = [*rows, *(row | {"message_id": f"{row['message_id']}-again"} for row in rows)]
    chance.shuffle(again)
    once, twice = (judged(some, NIGHT, invoices) for some in (rows, again))
    assert_frame_equal(once[0], twice[0], check_exact=True)
    assert_frame_equal(once[1], twice[1], check_exact=True)
    assert set(once[0]["verdict"]) == {"kept", "impossible_order"}


def test_every_status_and_reason_is_told_with_its_remedy() -> None:
    for code in STATUSES:
        for reasons in ([], ["CMD_ERR"], list(REASONS)):
            sentence, remedy = words_of(code, reasons)
            assert sentence.endswith(".") and remedy.endswith(".") and ".." not in sentence + remedy
    assert "ne dit pas de motif" in words_of("210", [])[0] and "message de statut" in words_of(None, None)[0]


def test_what_we_write_is_read_back_and_says_the_cents_by_rate(broken_rules: Check) -> None:
    free = replace(INVOICE.lines[0], quantity=3, vat_cents=0, is_without_vat=True)
    both = replace(INVOICE, lines=(*INVOICE.lines, free))
    ours = Message(both, date(2021, 5, 31))
    assert not broken_rules(ours.xml)
    assert "BR-FR-CDV-14" in str(broken_rules(ours.xml.replace(b">MEN<", b">MPA<")))
    assert broken_rules(ours.xml.replace(b"RoleCode", b"RoleCodes"))[0].startswith("Element")
    reading = read(ours.xml)
    (row,) = reading.rows
    assert (row["reference"], row["status_code"], row["invoice_on"]) == (
        "KARAVANE-00012",
        "212",
        both.issued_on,
    )
    assert row["stated_at"] == ours.stated_at == datetime(2021, 5, 31, 21, 59, 59, tzinfo=UTC)
    tree = etree.fromstring(ours.xml)
    parts = tree.findall(".//{*}SpecifiedDocumentCharacteristic")
    amounts = [(part.findtext("{*}ValuePercent"), part.findtext("{*}ValueAmount")) for part in parts]
    assert [percent for percent, _ in amounts] == ["20.00", "0.00"] and amounts[1][1] == "1.50"
    assert sum(round(float(amount or 0) * 100) for _, amount in amounts) == both.total_cents
    assert (
        tree.findtext(".//{*}SenderTradeParty/{*}RoleCode") == "SE"
        and ours.xml == Message(both, ours.paid_on).xml
    )
