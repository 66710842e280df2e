"""Values to look for, as files may hold them.

In UTF-8, escaped for JSON or XML, a phone in its usual spellings, a name or an e-mail address in any case.
Not here: which files are searched, and how they are read (search).
"""

import json
import re
from collections.abc import Collection, Iterable
from urllib.parse import quote
from xml.sax.saxutils import escape

import numpy as np
import polars as pl
from ahocorasick_rs import BytesAhoCorasick, Implementation

from dagster_project.identity.phones import AS_KEPT, AS_WRITTEN, normalised, spellings

_SHORTEST = 6  # bytes: fewer occur by chance in compressed and encrypted files
_SHORTEST_NUMBER = 9  # digits: of fewer are metres, cents and numbers of some row
_FEW = 2**18  # bytes of words: of so many, the table that is twice as fast takes 64 MB
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
        every = {value.strip() for value in values} - {""}
        given = sorted(value for value in every if not _occurs_by_chance(value))
        self.count, self.too_short = len(given), len(every) - len(given)
        exact, folded, between = set[str](), set[str](), AS_KEPT if as_kept else AS_WRITTEN
        for value, phone in zip(given, normalised(pl.Series(given, dtype=pl.String)), strict=True):
            is_number = phone or re.fullmatch(r"\+[0-9]{6,}", value)  # of a truncated one, too
            forms = spellings(phone or value, between) if is_number else {value}
            exact |= _escaped({value.lstrip("+")} | forms)
            if _HAS_NO_CASE.fullmatch(value):
                folded |= _escaped({value, value.lower(), value.upper(), value.title()})
        exact = {form for form in exact if len(form.encode()) >= _SHORTEST}
        self._exact = _Finder({form.encode() for form in exact})
        folded = {form for form in folded if len(form.encode()) >= _SHORTEST}
        self._folded = _Finder({form.encode().lower() for form in folded}, has_case=False)
        numbers = {int(text) for text in exact if text.isascii() and text.isdigit() and text[0] != "0"}
        numbers = {sign * number for number in numbers if number < 2**63 for sign in (1, -1)}
        self._numbers = pl.Series(sorted(numbers), dtype=pl.Int64)
        self._smallest = min(map(abs, numbers), default=2**63 - 1)
        self._may_be_a_fraction = any(re.fullmatch(r"-?[0-9]+\.[0-9]+", text) for text in exact)
        self._may_be_a_day = any(_LOOKS_LIKE_A_DAY.fullmatch(text) for text in exact)
        self.longest = max(map(len, (*self._exact.words, *self._folded.words)), default=0)

    def in_bytes(self, content: bytes) -> bool:
        """Whether a value is in these bytes: a number where no digit stands beside it, instants have many."""
        return bool(self._folded.positions(content)) or any(
            not (self._exact.words[word].isdigit() and _is_inside_number(content, start, end))
            for word, start, end in self._exact.positions(content)
        )

    def in_texts(self, texts: pl.Series) -> bool:
        """Whether a value is in one of these texts."""
        return any(self.in_bytes(text.encode()) for text in texts.filter(self.which(texts)).unique())

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
                large = column.cast(pl.Int64, strict=False)
                large = large.filter(large.abs() >= self._smallest)
                if large.len() and large.is_in(self._numbers).any():
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
        cells = texts.fill_null("").rechunk().to_arrow()
        edges = np.frombuffer(cells.buffers()[1], np.int64)[: len(cells) + 1]
        content = bytes(cells.buffers()[2] or b"")  # they lie side by side
        positions = [*self._exact.positions(content), *self._folded.positions(content)]
        _, starts, ends = np.array(positions, np.int64).reshape(-1, 3).T
        rows = np.searchsorted(edges, starts, side="right") - 1
        holds = np.zeros(len(cells), dtype=bool)
        holds[rows[ends <= edges[rows + 1]]] = True
        return pl.Series(holds)


class _Finder:
    """Finds many words at once in bytes; it is made once, for a search reads thousands of files."""

    def __init__(self, words: Collection[bytes], *, has_case: bool = True) -> None:
        self.words, self._has_case = sorted(words), has_case
        is_small = sum(map(len, self.words)) < _FEW
        how = Implementation.DFA if is_small else Implementation.ContiguousNFA
        self._automaton = BytesAhoCorasick(self.words, implementation=how)

    def positions(self, content: bytes) -> list[tuple[int, int, int]]:
        """Which word stands where, from its first byte to after its last; words may overlap."""
        if not self.words:
            return []
        return self._automaton.find_matches_as_indexes(
            content if self._has_case else content.lower(), overlapping=True
        )


def _occurs_by_chance(value: str) -> bool:
    is_number = value.isascii() and value.isdigit()
    return len(value.encode()) < (_SHORTEST_NUMBER if is_number else _SHORTEST)


def _is_inside_number(content: bytes, start: int, end: int) -> bool:
    """Whether a digit stands after it, or a digit or a point before it."""
    before, after = content[max(start - 1, 0) : start], content[end : end + 1]
    return before.isdigit() or before == b"." or after.isdigit()


def _escaped(forms: set[str]) -> set[str]:
    """As JSON, XML and addresses on the web write them."""
    return {form for plain in forms for form in (plain, json.dumps(plain)[1:-1], escape(plain), quote(plain))}
