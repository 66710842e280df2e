"""Values to look for, as files may hold them.

In UTF-8, escaped for JSON or XML, a phone in its usual spellings, a name or an e-mail address in any case.
Not here: which files are searched, and how they are read (search).
"""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote
from xml.sax.saxutils import escape

import polars as pl

from dagster_project.identity.phones import AS_KEPT, AS_WRITTEN, normalised, spellings

_SHORTEST = 6  # bytes: fewer occur by chance in compressed and encrypted files
_SAMPLE = 1_000  # cells, by which a column is known to repeat itself
_LOOKS_LIKE_A_DAY = re.compile(r"[0-9]*[-: ][-: 0-9.+TZ]*")
_HAS_NO_CASE = re.compile(
    r"[^\s@]+@[^\s@]+|[^\W\d_]+(?:[ '’-][^\W\d_]+)*"
)  # an address; words, such as a name


class Needles:
    """Values to look for, in all their forms, at once; the case of names and addresses does not matter.

    `as_kept`: only as the warehouse itself writes a phone, for the many values of a night.
    """

    def __init__(self, values: Iterable[str], *, as_kept: bool = False) -> None:
        given = sorted({value.strip() for value in values} - {""})
        self.too_short = sum(len(value.encode()) < _SHORTEST for value in given)
        self.count = len(given) - self.too_short
        exact, folded, between = set[str](), set[str](), AS_KEPT if as_kept else AS_WRITTEN
        for value, phone in zip(given, normalised(pl.Series(given, dtype=pl.String)), strict=True):
            is_number = phone or re.fullmatch(r"\+[0-9]{6,}", value)  # of a truncated one, too
            forms = spellings(phone or value, between) if is_number else {value}
            exact |= _escaped({value.lstrip("+")} | forms)
            if _HAS_NO_CASE.fullmatch(value):
                folded |= _escaped({value, value.lower(), value.upper(), value.title()})
        self._texts, self._folded = (
            sorted(form for form in forms if len(form.encode()) >= _SHORTEST) for forms in (exact, folded)
        )
        self._bytes, self._folded_bytes = (
            sorted({text.encode().decode("latin-1") for text in texts})
            for texts in (self._texts, self._folded)
        )
        numbers = {int(text) for text in self._texts if text.isascii() and text.isdigit() and text[0] != "0"}
        self._numbers = sorted({sign * number for number in numbers if number < 2**63 for sign in (1, -1)})
        self._may_be_a_fraction = any(re.fullmatch(r"-?[0-9]+\.[0-9]+", text) for text in self._texts)
        self._may_be_a_day = any(_LOOKS_LIKE_A_DAY.fullmatch(text) for text in self._texts)
        self.longest = max((len(text) for text in (*self._bytes, *self._folded_bytes)), default=0)

    def in_bytes(self, content: bytes) -> bool:
        """Whether a value is in these bytes."""
        return _holds(content.decode("latin-1"), self._bytes, self._folded_bytes)

    def in_texts(self, texts: pl.Series) -> bool:
        """Whether a value is in one of these texts."""
        suspects = texts.filter(_may_hold(texts, self._texts, self._folded)).unique()
        return any(_holds(text, self._texts, self._folded) for text in suspects)

    def in_table(self, cells: pl.DataFrame) -> bool:
        """Whether a value is in one of these cells, whatever their type, as their text would show it.

        A whole number is a value, or is not: within a longer one it does not count (`in_texts`).
        """
        texts = []
        for column in cells.iter_columns():
            dtype = column.dtype
            if dtype == pl.Boolean or (dtype.is_temporal() and not self._may_be_a_day):
                continue
            if dtype.is_integer():
                if self._numbers and column.cast(pl.Int64, strict=False).is_in(self._numbers).any():
                    return True
            elif (
                not dtype.is_float()
                or self._may_be_a_fraction
                or (column.abs().max() or 0) >= 10 ** (_SHORTEST - 1)
            ):
                is_repeated = column.head(_SAMPLE).n_unique() < _SAMPLE // 2
                texts.append((column.unique() if is_repeated else column).cast(pl.String))
        return bool(texts) and self.in_texts(pl.concat(texts))

    def which(self, texts: pl.Series) -> pl.Series:
        """True for each text that holds a value, also within a longer number."""
        return _may_hold(texts, self._texts, self._folded)


def _may_hold(texts: pl.Series, exact: list[str], folded: list[str]) -> pl.Series:
    may_hold = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True)
    for needles, is_folded in ((exact, False), (folded, True)):
        if needles:
            may_hold |= texts.str.contains_any(needles, ascii_case_insensitive=is_folded).fill_null(False)
    return may_hold


def _holds(text: str, exact: list[str], folded: list[str]) -> bool:
    """Numbers count where no digit stands beside them: the instants in logs have many digits."""
    series = pl.Series([text])
    if folded and series.str.contains_any(folded, ascii_case_insensitive=True).item():
        return True
    if not exact or not series.str.contains_any(exact).item():
        return False
    return any(
        not (needle.isdigit() and _is_inside_number(text, needle))
        for needle in set(series.str.extract_many(exact, overlapping=True).item())
    )


def _is_inside_number(text: str, number: str) -> bool:
    return not re.search(rf"(?<![0-9.]){number}(?![0-9])", text)


def _escaped(forms: set[str]) -> set[str]:
    """As JSON, XML and addresses on the web write them."""
    return {form for plain in forms for form in (plain, json.dumps(plain)[1:-1], escape(plain), quote(plain))}
