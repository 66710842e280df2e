"""What a line of a bank statement says, whichever form it came in, or why it cannot be read.

Texts, names and accounts live no longer than the reading of their file: what is kept of them, see statement.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from dagster_project.contracts.invoice_statuses import STATUS_FAULTS
from dagster_project.contracts.payments import FAULTS

WORDS = FAULTS | STATUS_FAULTS
MOST_CENTS = 10**13  # a hundred thousand million euros: what is longer is no amount


@dataclass(frozen=True)
class Fault:
    """A file, a statement, a line or a status that is not read: where it stands, and the code of why."""

    place: str
    code: str

    def __post_init__(self) -> None:
        assert self.code in WORDS, self.code


@dataclass(frozen=True)
class Entry:
    """One booked line: above 0 the operator receives, below 0 it gives back, cents.

    `bank_reference` is the bank's own; without one, what the line says stands in its place. `sirens` and
    `accounts` tell who is at the other end.
    """

    place: str
    account: str = field(repr=False)
    booked_on: date
    amount_cents: int
    bank_reference: str = field(repr=False)
    text: str = field(repr=False)
    sirens: frozenset[str] = field(repr=False)
    accounts: frozenset[str] = field(repr=False)


@dataclass(frozen=True)
class Period:
    """The days that a statement says it covers of an account, both included."""

    place: str
    account: str = field(repr=False)
    first_on: date
    last_on: date


class UnreadableStatementError(Exception):
    """A file of which nothing can be read; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def cents(text: str) -> int | None:
    """Euros with two decimals at most as cents; null where they are none, or nothing."""
    try:
        amount = Decimal(text.strip().replace(",", ".")) * 100
    except InvalidOperation:
        return None
    is_whole = amount.is_finite() and amount == amount.to_integral_value() and 0 < abs(amount) < MOST_CENTS
    return int(amount) if is_whole else None


def day(text: str) -> date | None:
    """YYYY-MM-DD, with what may follow of an instant; null where it is none."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def siren(text: str) -> str | None:
    """The SIREN that a number of nine or fourteen digits begins with."""
    digits = "".join(text.split())
    return digits[:9] if digits.isascii() and digits.isdigit() and len(digits) in (9, 14) else None


def compact(iban: str) -> str:
    """An IBAN as it is compared."""
    return "".join(iban.split()).upper()
