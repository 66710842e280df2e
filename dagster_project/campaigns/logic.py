"""Conjunctions of clauses of literals: what any condition of a campaign comes down to.

Every literal is `low ≤ attribute ≤ high` on one integer attribute of a journey, so that one small SQL
expression evaluates any condition, at any depth. A negation is a literal too: the ranges that are left.
"""

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

INFINITE = 2**62

# Numbers of the attributes: dbt/macros/clauses.sql has the same ones.
START, DISTANCE, CLASS, ADULT, CONTRIBUTION, SEATS, MINUTE, WEEKDAY, MONTH, OPERATOR = range(1, 11)
ORIGIN, DESTINATION, SAME_CODE, START_POSITION, END_POSITION = range(11, 16)

Range = tuple[int, int]


class Literal(NamedTuple):
    """`low ≤ attribute ≤ high`; of an attribute that is a mask, the bit `bit` is what is compared."""

    attribute: int
    bit: int
    low: int
    high: int


Clause = frozenset[Literal]
Clauses = frozenset[Clause]

ALWAYS: Clauses = frozenset()
NEVER: Clauses = frozenset({frozenset()})


def all_of(parts: Iterable[Clauses]) -> Clauses:
    """Every part holds."""
    return _least(frozenset().union(*parts))


def any_of(parts: Iterable[Clauses]) -> Clauses:
    """At least one part holds."""
    return reduce(lambda a, b: _least(frozenset(x | y for x in a for y in b)), parts, NEVER)


def within(attribute: int, ranges: Iterable[Range], wanted: bool = True) -> Clauses:
    """The attribute lies in one of the ranges (bounds included), or in none of them."""
    merged = _merge(ranges)
    if not wanted:
        merged = _rest(merged)
    if merged == [(-INFINITE, INFINITE)]:
        return ALWAYS
    return frozenset({frozenset(Literal(attribute, -1, low, high) for low, high in merged)})


def bit(attribute: int, number: int, wanted: bool = True) -> Clauses:
    """The bit of a mask is set, or is not."""
    return frozenset({frozenset({Literal(attribute, number, int(wanted), int(wanted))})})


def _least(clauses: Clauses) -> Clauses:
    # A clause that holds whenever another one does says nothing more.
    return frozenset(one for one in clauses if not any(other < one for other in clauses))


def _merge(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _rest(ranges: list[Range]) -> list[Range]:
    lows = [-INFINITE, *(high + 1 for _, high in ranges)]
    highs = [*(low - 1 for low, _ in ranges), INFINITE]
    return [(low, high) for low, high in zip(lows, highs, strict=True) if low <= high]


def satisfiable(clauses: Clauses) -> bool:
    """Some values of the attributes make every clause hold, bits being free of one another."""
    return _possible(sorted(clauses, key=len), {})


def _possible(clauses: list[Clause], bounds: dict[tuple[int, int], Range]) -> bool:
    if not clauses:
        return True
    for literal in clauses[0]:
        key = literal.attribute, literal.bit
        low, high = bounds.get(key, (-INFINITE, INFINITE))
        narrowed = max(low, literal.low), min(high, literal.high)
        if narrowed[0] <= narrowed[1] and _possible(clauses[1:], bounds | {key: narrowed}):
            return True
    return False
