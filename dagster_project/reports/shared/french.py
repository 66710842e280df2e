"""Figures, days, names and signs as French readers write them, and as file names can carry them."""

import json
import re
import unicodedata
from datetime import date
from decimal import Decimal

from stdnum.fr import siret

ORDINALS = ("1ᵉʳ", "2ᵉ", "3ᵉ", "4ᵉ")  # superscripts that any cell can hold; letter.typ raises real letters
DRAFT_PREFIX = "PROVISOIRE_"  # of the file of a document whose period is open
_VOWELS = frozenset("aeiouyàâéèêëîïôûœ")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


def french_number(value: Decimal | int, decimals: int = 0) -> str:
    """1234.5 → "1 234,50" with no-break spaces; a minus sign before a negative number."""
    return f"{value:,.{decimals}f}".replace(",", "\u00a0").replace(".", ",").replace("-", "\u2212")


def french_euros(cents: int) -> str:
    """123450 → "1 234,50 €"."""
    return f"{french_number(Decimal(cents).scaleb(-2), 2)}\u00a0€"


def french_change(cents: int) -> str:
    """1200 → "+12,00 €"; a minus sign by itself."""
    return f"{'+' if cents > 0 else ''}{french_euros(cents)}"


def french_percent(rate: Decimal | int) -> str:
    """20 → "20 %"; 5.5 → "5,5 %"; 1.05 → "1,05 %"."""
    digits = next(places for places in range(3) if rate * 10**places % 1 == 0)
    return f"{french_number(rate, digits)}\u00a0%"


def french_day(day: date) -> str:
    """23/02/2021."""
    return f"{day:%d/%m/%Y}"


def french_period(start: date, end: date) -> str:
    """A month or a quarter by its name, else its two days: "1ᵉʳ trimestre 2021", "mars 2021"."""
    if (start.year, start.month) == (end.year, end.month):
        return f"{_MONTHS[start.month - 1]} {start.year}"
    if start.year == end.year and _quarter(start) == _quarter(end):
        return f"{ORDINALS[_quarter(start) - 1]} trimestre {start.year}"
    return f"du {french_day(start)} au {french_day(end)}"


def french_of(words: str) -> str:
    """ "mars 2021" → "de mars 2021"; "avril 2021" → "d’avril 2021"."""
    return f"d’{words}" if words[:1].lower() in _VOWELS else f"de {words}"


def french_list(words: list[str]) -> str:
    """ "a, b et c"."""
    *most, last = words
    return f"{', '.join(most)} et {last}" if most else last


def typographic(text: str) -> str:
    """One apostrophe, whoever wrote the text: l'aire → l’aire."""
    return _APOSTROPHE.sub("’", text)


def period_code(start: date, end: date) -> str:
    """As a file name says a period: 2021-03 within one month, 2021-T1 within one quarter, else both days."""
    if (start.year, start.month) == (end.year, end.month):
        return f"{start:%Y-%m}"
    if start.year == end.year and _quarter(start) == _quarter(end):
        return f"{start.year}-T{_quarter(start)}"
    return f"{start:%Y%m%d}-{end:%Y%m%d}"


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


def group_siret(number: str) -> str:
    """123 456 789 01234, kept on one line; anything else than 14 digits is left as it is."""
    return siret.format(number, separator="\u00a0") if len(number) == 14 else number


def slug(text: str) -> str:
    """ASCII letters, digits, `_` and `-`: safe in a file name on any disk."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9_]+", "-", letters).strip("-")[:60] or "sans-nom"


def french_incentives(text: str) -> str:
    """`[{"index":0,"amount":200,"siret":"…"}]` as "2,00 € (…)", in order; any other text as it is."""
    try:
        incentives = sorted(json.loads(text), key=lambda incentive: int(incentive["index"]))
        amounts = [
            f"{french_euros(int(incentive['amount']))} ({incentive['siret']})" for incentive in incentives
        ]
    except (ValueError, TypeError, KeyError):
        return text
    return " ; ".join(amounts)
