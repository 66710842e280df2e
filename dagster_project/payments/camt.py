"""A bank statement as camt.053 (ISO 20022, versions 02 to 13): the few elements that a payment needs.

Neither entities nor a DTD are read, and nothing is fetched. Element names are read without their namespace,
which is all that differs between versions for what is read here.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from dagster_project.payments.entries import (
    Entry,
    Fault,
    Period,
    UnreadableStatementError,
    cents,
    compact,
    day,
    siren,
)
from dagster_project.payments.markup import UnreadableXmlError, opened
from dagster_project.payments.markup import text as _text
from dagster_project.payments.markup import texts as _all

_NO_REFERENCE = ("", "NOTPROVIDED", "NONREF")
_SIGNS = {"CRDT": 1, "DBIT": -1}
# Who is at the other end of money received, and of money given.
_PARTIES = {1: ("Dbtr", "UltmtDbtr", "DbtrAcct"), -1: ("Cdtr", "UltmtCdtr", "CdtrAcct")}
_TEXTS = (
    *("Refs/EndToEndId", "Refs/InstrId", "RmtInf/Ustrd", "RmtInf/Strd/RfrdDocInf/Nb"),
    *("RmtInf/Strd/CdtrRefInf/Ref", "AddtlTxInf"),
)
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def read(content: bytes) -> Iterator[Entry | Fault | Period]:
    """Every booked line, what is wrong with others, the days covered. Raises UnreadableStatementError."""
    try:
        root = opened(content)
    except UnreadableXmlError:
        raise UnreadableStatementError("file_unreadable") from None
    statements = root.findall("BkToCstmrStmt/Stmt")
    if not statements:
        raise UnreadableStatementError("file_unreadable")
    for number, statement in enumerate(statements, 1):
        lines = [line for entry in statement.findall("Ntry") for line in _entry(statement, entry)]
        if _is_whole(statement):
            yield from lines
            yield from _period(statement)
        else:
            yield Fault(f"relevé n° {number}", "balance_broken")


def _period(statement: Any) -> Iterator[Period]:
    """From `FrToDt`, or else from the days of both balances; nothing where neither tells both ends."""
    of_day = {_text(balance, "Tp/CdOrPrtry/Cd"): balance for balance in statement.findall("Bal")}
    opening, closing = of_day.get("OPBD"), of_day.get("CLBD")
    for start, end in (
        (_text(statement, "FrToDt/FrDtTm"), _text(statement, "FrToDt/ToDtTm")),
        (_day_of(opening), _day_of(closing)),
    ):
        first_on, last_on = day(start), day(end)
        if first_on and last_on and first_on <= last_on:
            account = compact(_text(statement, "Acct/Id/IBAN"))
            yield Period(f"ligne {statement.sourceline}", account, first_on, last_on)
            return


def _day_of(balance: Any) -> str:
    return "" if balance is None else _text(balance, "Dt/Dt", "Dt/DtTm")


def _entry(statement: Any, entry: Any) -> Iterator[Entry | Fault]:
    place = f"ligne {entry.sourceline}"
    if _status(entry) != "BOOK":
        yield Fault(place, "not_booked")
        return
    booked_on = day(_text(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))
    sign = _SIGNS.get(_text(entry, "CdtDbtInd"), 0)
    amount = cents(_text(entry, "Amt"))
    details = entry.findall("NtryDtls/TxDtls") or [entry]
    parts = [cents(_text(part, "Amt", "AmtDtls/TxAmt/Amt")) for part in details]
    if any(money.get("Ccy", "EUR") != "EUR" for money in entry.findall("Amt")):
        yield Fault(place, "currency_wrong")
    elif booked_on is None:
        yield Fault(place, "date_wrong")
    elif not sign or amount is None or amount < 0:
        yield Fault(place, "amount_wrong")
    elif len(details) > 1 and sum(part or 0 for part in parts) != amount:
        yield Fault(place, "batch_unclear")
    else:
        for number, (part, of_part) in enumerate(zip(details, parts, strict=True)):
            text = " ".join([*_texts(part), _text(entry, "AddtlNtryInf")]).strip()
            own, whole = _text(part, "Refs/AcctSvcrRef"), _text(entry, "AcctSvcrRef")
            known = own if own not in _NO_REFERENCE else whole
            reference = "" if known in _NO_REFERENCE else known
            if len(details) > 1:
                reference = f"{reference}#{number}"
            yield Entry(
                place=place,
                account=compact(_text(statement, "Acct/Id/IBAN")),
                booked_on=booked_on,
                amount_cents=sign * (amount if len(details) == 1 else of_part or 0),
                bank_reference=reference,
                text=text,
                sirens=_sirens(part, sign),
                accounts=frozenset(
                    compact(iban) for iban in _all(part, f"RltdPties/{_PARTIES[sign][2]}/Id/IBAN")
                ),
            )


def _status(entry: Any) -> str:
    return _text(entry, "Sts/Cd", "Sts")


def _sirens(part: Any, sign: int) -> frozenset[str]:
    ids = [
        id_text
        for party in _PARTIES[sign][:2]
        for way in (f"RltdPties/{party}/Id", f"RltdPties/{party}/Pty/Id")
        for id_text in _all(part, f"{way}/OrgId/Othr/Id")
    ]
    return frozenset(number for text in ids if (number := siren(text)))


def _is_whole(statement: Any) -> bool:
    """Whether opening balance and booked lines make the closing balance, where both are told."""
    balances: dict[str, Decimal] = {}
    for balance in statement.findall("Bal"):
        sign = _SIGNS.get(_text(balance, "CdtDbtInd"), 0)
        balances.setdefault(_text(balance, "Tp/CdOrPrtry/Cd"), Decimal(sign) * _money(balance))
    opening = next((balances[code] for code in _OPENING if code in balances), None)
    closing = next((balances[code] for code in _CLOSING if code in balances), None)
    if opening is None or closing is None:
        return True
    moved = sum(
        (
            _SIGNS.get(_text(entry, "CdtDbtInd"), 0) * _money(entry)
            for entry in statement.findall("Ntry")
            if _status(entry) == "BOOK"
        ),
        Decimal(),
    )
    return opening + moved == closing


def _money(element: Any) -> Decimal:
    text = _text(element, "Amt")
    return Decimal(text) if text.replace(".", "", 1).isdecimal() else Decimal("NaN")


def _texts(part: Any) -> list[str]:
    return [text for path in _TEXTS for text in _all(part, path)]
