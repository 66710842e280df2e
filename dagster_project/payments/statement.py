"""A statement, read: the lines to keep, those of others, only counted, and what could not be read."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.contracts.payments import advance_reference, call_reference, reference
from dagster_project.payments import camt, table
from dagster_project.payments.entries import Entry, Fault, Period, UnreadableStatementError, compact

_BETWEEN = "[^A-Z0-9]{0,3}"  # what a bank puts between the parts of a reference


@dataclass(frozen=True)
class Books:
    """Whose account is whose: operators and their accounts, authorities by SIREN and account; campaigns."""

    accounts: Mapping[str, frozenset[str]] = field(repr=False)
    payers: Mapping[str, str] = field(repr=False)
    campaigns: tuple[str, ...]
    sellers: Mapping[str, Operator] = field(default_factory=dict)

    def siren(self, operator_id: str, day: date) -> str:
        """The operator's SIREN on a day; empty where no file knows it."""
        return self.sellers[operator_id].on(day).siren if operator_id in self.sellers else ""


@dataclass
class Reading:
    """What became of a statement's lines."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)  # of each row
    foreign: list[str] = field(default_factory=list)  # places
    faults: list[Fault] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    periods: list[Period] = field(default_factory=list)  # that it says it covers


def books(operators: Iterable[Operator], authorities: Iterable[Authority], campaigns: Iterable[str]) -> Books:
    """From the files of the parties and the ids of campaigns."""
    sellers, payers = {operator.id: operator for operator in operators}, dict[str, str]()
    for authority in authorities:
        payers |= dict.fromkeys((authority.siren, *authority.payment_accounts), authority.id)
    return Books(
        {name: frozenset(compact(bank.iban) for bank in seller.bank) for name, seller in sellers.items()},
        payers,
        tuple(sorted(campaigns)),
        sellers,
    )


def read_statement(content: bytes, operator_id: str, known: Books, business_date: date) -> Reading:
    """Read an operator's statement and say what is kept of it; XML is camt.053, all else our CSV."""
    reading, seen = Reading(), Counter[str]()
    read = camt.read if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else table.read
    try:
        for line in read(content):
            if isinstance(line, Fault):
                reading.faults.append(line)
            elif line.account not in known.accounts.get(operator_id, frozenset()):
                reading.faults.append(Fault(line.place, "account_unknown"))
            elif isinstance(line, Period):  # what its bank will book after the night is not told yet
                reading.periods.append(replace(line, last_on=min(line.last_on, business_date)))
            elif line.booked_on > business_date:
                reading.faults.append(Fault(line.place, "date_wrong"))
            else:
                reading.days.add(line.booked_on)
                _keep(line, operator_id, known, reading, seen)
    except UnreadableStatementError as error:
        return Reading(faults=[Fault("fichier", error.code)])
    return reading


def _keep(line: Entry, operator_id: str, known: Books, reading: Reading, seen: Counter[str]) -> None:
    named = references(line.text, operator_id, known.campaigns)
    payers = {known.payers[who] for who in line.sirens | line.accounts if who in known.payers}
    if not named and not payers:
        reading.foreign.append(line.place)
        return
    facts = [line.account, line.booked_on.isoformat(), str(line.amount_cents), line.bank_reference]
    if line.bank_reference[:1] in ("", "#"):  # the bank gives none: alike lines are told by their order
        facts += [line.text]
        seen["\0".join(facts)] += 1
        facts += [str(seen["\0".join(facts)])]
    reading.places.append(line.place)
    reading.rows.append(
        {
            "operator_id": operator_id,
            "entry_key": hashlib.sha256("\0".join(facts).encode()).hexdigest()[:32],
            "booked_on": line.booked_on,
            "amount_cents": line.amount_cents,
            # Another number beside it is another payer's: who pays for an authority stands in its file.
            "payer_id": payers.pop() if len(payers) == 1 and _speaks_of_one(line, known) else None,
            "named_references": named,
        }
    )


def _speaks_of_one(line: Entry, known: Books) -> bool:
    return not line.sirens or bool(line.sirens & known.payers.keys())


def references(text: str, operator_id: str, campaigns: Iterable[str]) -> list[str]:
    """The references of an operator's demands that a text names, as demands spell them, sorted."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).upper()
    named_references = {
        reference(operator_id, number=int(number), digits=5)
        for number in _numbers(plain, operator_id, digits=5)
    }
    for campaign_id in campaigns:
        for kind, make in (("acompte", advance_reference), ("appel", call_reference)):
            numbers = _numbers(plain, f"{kind}_{campaign_id}_{operator_id}", digits=2)
            named_references |= {make(campaign_id, operator_id, int(number)) for number in numbers}
    return sorted(named_references)


def _numbers(text: str, name: str, digits: int) -> list[str]:
    words = re.findall("[A-Z0-9]+", name.upper())
    pattern = f"(?<![A-Z0-9]){_BETWEEN.join(words)}{_BETWEEN}([0-9]{{{digits},9}})(?![0-9])"
    return re.findall(pattern, text)
