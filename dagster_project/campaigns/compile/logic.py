"""Conjunctions of clauses of literals: what any condition of a campaign comes down to.

Every literal is `low ≤ attribute ≤ high` on one integer attribute of a journey, so that one small SQL
expression evaluates any condition, at any depth. A negation is a literal too: the ranges that are left.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import NamedTuple

INFINITE = 2**62
MAX_PRODUCT = 2_000

# Attributes by the names that the rule rows give them and dbt's models ask for.
START, MINUTE, WEEKDAY, MONTH = "start", "minute", "weekday", "month"
DISTANCE, CONTRIBUTION, SEATS, ADULT = "distance", "contribution", "seats", "adult"
OPERATOR, CLASS = "operator", "class"
ORIGIN, DESTINATION, SAME_CODE = "origin", "destination", "same_code"
START_POSITION, END_POSITION = "start_position", "end_position"

Range = tuple[int, int]


class Literal(NamedTuple):
    """`low ≤ attribute ≤ high`; of an attribute that is a mask, the bit `bit` is what is compared."""

    attribute: str
    bit: int
    low: int
    high: int


Clause = frozenset[Literal]
Clauses = frozenset[Clause]
Bounds = dict[tuple[str, int], Range]  # of an attribute (and bit, or -1): what is asked of it

ALWAYS: Clauses = frozenset()
NEVER: Clauses = frozenset({frozenset()})


def all_of(parts: Iterable[Clauses]) -> Clauses:
    """Every part holds."""
    return _least(frozenset().union(*parts))


def any_of(parts: Iterable[Clauses]) -> Clauses:
    """At least one part holds. Raises ValueError where that takes too many clauses to be held."""
    return reduce(_either, parts, NEVER)


def _either(left: Clauses, right: Clauses) -> Clauses:
    # Every `or` of several conditions multiplies: a dozen pairs of ends would be 4 096 clauses.
    if len(left) * len(right) > MAX_PRODUCT:
        raise ValueError(
            "trop de combinaisons dans `une_de` ou `sauf` ; réunir dans un même territoire les origines "
            "ou les destinations qui vont ensemble"
        )
    return _least(frozenset(x | y for x in left for y in right))


def within(attribute: str, ranges: Iterable[Range], wanted: bool = True) -> Clauses:
    """The attribute lies in one of the ranges (bounds included), or in none of them."""
    merged = _merge(ranges)
    if not wanted:
        merged = _rest(merged)
    if merged == [(-INFINITE, INFINITE)]:
        return ALWAYS
    return frozenset({frozenset(Literal(attribute, -1, low, high) for low, high in merged)})


def bit(attribute: str, number: int, wanted: bool = True) -> Clauses:
    """The bit of a mask is set, or is not."""
    return frozenset({frozenset({Literal(attribute, number, int(wanted), int(wanted))})})


def _least(clauses: Clauses) -> Clauses:
    # A clause that holds whenever another one does says nothing more.
    return frozenset(clause for clause in clauses if not any(other < clause for other in clauses))


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


def satisfiable(clauses: Clauses, exists: Callable[[Bounds], bool] | None = None) -> bool:
    """Some values of the attributes make every clause hold.

    Bits are free of one another, unless `exists` says of what is asked so far that no journey has it.
    """
    return _possible(
        sorted(clauses, key=lambda clause: (len(clause), sorted(clause))), {}, exists or (lambda _: True)
    )


def _possible(clauses: list[Clause], bounds: Bounds, exists: Callable[[Bounds], bool]) -> bool:
    if not clauses:
        return True
    for literal in sorted(clauses[0]):
        key = literal.attribute, literal.bit
        low, high = bounds.get(key, (-INFINITE, INFINITE))
        narrowed = max(low, literal.low), min(high, literal.high)
        within_both = bounds | {key: narrowed}
        if narrowed[0] <= narrowed[1] and exists(within_both) and _possible(clauses[1:], within_both, exists):
            return True
    return False
