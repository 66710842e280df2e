"""A campaign's conditions as numbered clauses, and its territories as bits.

Not here: what a clause is (logic), what a key means to a lawyer (docs/campagnes.md).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from dagster_project.campaigns.compile import logic
from dagster_project.campaigns.compile.logic import (
    INFINITE,
    Clause,
    Clauses,
    Range,
    all_of,
    any_of,
    bit,
    within,
)
from dagster_project.campaigns.compile.ranges import microseconds, ranges
from dagster_project.campaigns.language.conditions import Condition, Dated
from dagster_project.campaigns.language.model import ANY, Campaign
from dagster_project.campaigns.language.territories import LEVELS, Selector
from dagster_project.contracts.moments import first_instant

MAX_CLAUSES = 62  # bits of a BIGINT

_POSITION = {logic.ORIGIN: logic.START_POSITION, logic.DESTINATION: logic.END_POSITION}


class Compiler:
    """One campaign's clauses, numbered as they come up, and the bits of its territories."""

    def __init__(self, campaign: Campaign, operators: dict[str, int]) -> None:
        self._campaign = campaign
        self._operators = operators
        self.bits: dict[str, int] = {}
        self.selectors: dict[str, Selector] = {}
        self.years: dict[str, int] = {}
        self.numbers: dict[Clause, int] = {}
        # Of each territory: when each of its versions is in force, and the name of its selector.
        self.versions: dict[str, list[tuple[Range, str]]] = {}
        for name in campaign.territoires:
            versions = campaign.versions(name)
            spans = _spans([start for start, _, _ in versions])
            self.versions[name] = [
                (span, name if place == 0 else f"{name} (version {place + 1})")
                for place, span in enumerate(spans)
            ]
            for (_, selected), (_, selector, year) in zip(self.versions[name], versions, strict=True):
                self.select(selected, selector, year)

    def select(self, name: str, selector: Selector, year: int) -> int:
        """The bit of a territory whose codes are those of a year."""
        self.selectors[name], self.years[name] = selector, year
        return self.bits.setdefault(name, len(self.bits))

    def mask(self, clauses: Clauses) -> int:
        """The bits of clauses that must all hold. Raises ValueError where there are too many."""
        for clause in sorted(clauses, key=sorted):
            self.numbers.setdefault(clause, len(self.numbers))
        if len(self.numbers) > MAX_CLAUSES or len(self.bits) > MAX_CLAUSES:
            raise ValueError(
                f"{len(self.numbers)} conditions et {len(self.bits)} territoires distincts, "
                f"{MAX_CLAUSES} au plus de chaque ; réunir des territoires ou des tests, "
                "ou couper la campagne en deux"
            )
        return sum(1 << self.numbers[clause] for clause in clauses)

    def test(self, test: Condition) -> Clauses:
        """A test that counts within its period only: outside it, it holds."""
        outside = self.period(test, wanted=False)
        return any_of([self.condition(test), outside]) if outside != logic.NEVER else self.condition(test)

    def rule(self, rule: Condition, dated: Dated | None = None) -> Clauses:
        """When a table, an adjustment or a cap is in force."""
        return all_of([self.condition(rule), self.period(rule), *([self.period(dated)] if dated else [])])

    def period(self, dated: Dated, wanted: bool = True) -> Clauses:
        """Within the period, or outside it."""
        start, end = dated.instants(self._campaign.zone)
        first = microseconds(start) if start else -INFINITE
        return within(logic.START, [(first, microseconds(end) if end else INFINITE)], wanted)

    def operators(self) -> Clauses:
        """The list in force, that is the last one begun, holds the operator; before the first, nobody."""
        zone = self._campaign.zone
        lists = sorted(self._campaign.operateurs, key=lambda listing: first_instant(listing.du, zone))
        starts = [first_instant(listing.du, zone) for listing in lists]
        listed = [
            any_of([within(logic.START, [span], wanted=False), self._named(listing.named)])
            for span, listing in zip(_spans([*starts]), lists, strict=True)
            if listing.liste != ANY
        ]
        return all_of([within(logic.START, [(microseconds(starts[0]), INFINITE)]), *listed])

    def condition(self, condition: Condition, wanted: bool = True) -> Clauses:
        """Every key holds, or not every key does; its own period is left to the caller."""
        parts = [self._key(name, value, wanted) for name, value in condition.conditions]
        return all_of(parts) if wanted else any_of(parts)

    def _inner(self, inner: Condition, wanted: bool) -> Clauses:
        parts = [self.condition(inner, wanted), self.period(inner, wanted)]
        return all_of(parts) if wanted else any_of(parts)

    def _named(self, names: Iterable[str], wanted: bool = True) -> Clauses:
        return within(logic.OPERATOR, [(self._operators[name],) * 2 for name in names], wanted)

    def _end(self, attribute: str, territory: str, wanted: bool) -> Clauses:
        """In a territory, as it is at the journey's start."""
        return self._in_force(territory, lambda name: self._at(attribute, name, wanted))

    def _in_force(self, territory: str, of_version: Callable[[str], Clauses]) -> Clauses:
        """What the version in force says: the others, in whose time the journey is not, say nothing."""
        versions = self.versions[territory]
        if len(versions) == 1:
            return of_version(territory)
        return all_of(
            any_of([within(logic.START, [span], wanted=False), of_version(name)]) for span, name in versions
        )

    def _at(self, attribute: str, name: str, wanted: bool) -> Clauses:
        """In a selector by its codes or, which is another bit, by its shapes."""
        selector = self.selectors[name]
        ways = [bit(attribute, self.bits[name], wanted)] if selector.codes else []
        if selector.polygone or selector.cercle:
            ways.append(bit(_POSITION[attribute], self.bits[name], wanted))
        return any_of(ways) if wanted else all_of(ways)

    def _key(self, name: str, value: object, wanted: bool) -> Clauses:
        # Any: each key has its own type, which the model has checked.
        given: Any = value
        match name:
            case "origine":
                return self._end(logic.ORIGIN, given, wanted)
            case "destination":
                return self._end(logic.DESTINATION, given, wanted)
            case "origine_et_destination" | "origine_ou_destination":
                ends = [self._end(logic.ORIGIN, given, wanted), self._end(logic.DESTINATION, given, wanted)]
                return all_of(ends) if (name == "origine_et_destination") == wanted else any_of(ends)
            case "meme_zone_de":
                return self._same_area(given, wanted)
            case "meme_code":
                return self._same_code(given.niveau, given.sauf, wanted)
            case "sauf":
                return self._inner(given, not wanted)
            case "une_de" if wanted:
                return self._one_of(given)
            case "toutes" | "une_de":
                inner = [self._inner(part, wanted) for part in given]
                return all_of(inner) if (name == "toutes") == wanted else any_of(inner)
            case "operateurs":
                return self._named(given, wanted)
            case _:
                attribute, bounds = ranges(name, given, self._campaign.zone)
                return within(attribute, bounds, wanted)

    def _one_of(self, given: list[Condition]) -> Clauses:
        groups: list[list[Condition]] = []
        for line in given:
            home = next((group for group in groups if self._are_apart([*group, line])), None)
            if home is None:
                groups.append([line])
            else:
                home.append(line)
        return any_of(self._lines(group) for group in groups)

    def _lines(self, group: list[Condition]) -> Clauses:
        # The origins share no place: each line is one clause, where an `or` of n lines would be 2^n.
        if len(group) == 1:
            return self._inner(group[0], True)
        origins = [name for name in dict.fromkeys(line.origine for line in group) if name]
        lines = [any_of(self._end(logic.ORIGIN, name, True) for name in origins)]
        for name in origins:
            rest = [line.model_copy(update={"origine": None}) for line in group if line.origine == name]
            elsewhere = self._end(logic.ORIGIN, name, False)
            lines.append(any_of([elsewhere, any_of(self._inner(line, True) for line in rest)]))
        return all_of(lines)

    def _are_apart(self, group: list[Condition]) -> bool:
        """Each has its origin, the same one or of other codes of one level: no position is in two of them."""
        names = {line.origine for line in group if line.origine}
        if any(len(self.versions[name]) > 1 for name in names):
            return False
        selectors = [self.selectors[name] for name in names]
        codes = [code for selector in selectors for code in selector.codes]
        shapes = any(selector.polygone or selector.cercle for selector in selectors)
        alone = len(names) == 1 or (
            not shapes and len({level for level, _ in codes}) == 1 and len(set(codes)) == len(codes)
        )
        return alone and all(line.origine for line in group)

    def _same_area(self, territory: str, wanted: bool) -> Clauses:
        return self._in_force(territory, lambda name: self._in_one_area(name, wanted))

    def _in_one_area(self, name: str, wanted: bool) -> Clauses:
        selector, year = self.selectors[name], self.years[name]
        areas = []
        for level, codes in ((level, getattr(selector, level)) for level in LEVELS):
            if codes:
                number = self.select(f"{name} ({level})", Selector(**{level: codes}), year)
                both = [bit(logic.SAME_CODE, LEVELS.index(level), wanted), bit(logic.ORIGIN, number, wanted)]
                areas.append(all_of(both) if wanted else any_of(both))
        for shape in ("polygone", "cercle"):
            if drawn := getattr(selector, shape):
                number = self.select(f"{name} ({shape})", Selector(**{shape: drawn}), year)
                both = [bit(end, number, wanted) for end in _POSITION.values()]
                areas.append(all_of(both) if wanted else any_of(both))
        return any_of(areas) if wanted else all_of(areas)

    def _same_code(self, level: str, exceptions: list[str], wanted: bool) -> Clauses:
        parts = [bit(logic.SAME_CODE, LEVELS.index(level), wanted)]
        if exceptions:
            name = f"{level} {' '.join(exceptions)}"
            number = self.select(name, Selector(**{level: exceptions}), self._campaign.year)
            parts.append(bit(logic.ORIGIN, number, not wanted))
        return all_of(parts) if wanted else any_of(parts)


def _spans(starts: Sequence[datetime | None]) -> list[Range]:
    """When each of a row of versions is in force; the last one for ever, one without a start since ever."""
    firsts = [-INFINITE if start is None else microseconds(start) for start in starts]
    return list(zip(firsts, [*(start - 1 for start in firsts[1:]), INFINITE], strict=True))
