"""Cents as text, for programs; each reader's own form begins here."""

from decimal import Decimal


def euros(cents: int) -> str:
    """-123456 → "-1234.56": exact, without separators."""
    return f"{Decimal(cents).scaleb(-2):.2f}"
