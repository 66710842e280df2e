"""Whether two rules can hold for one journey, as far as the codes of the known places tell.

A proof is a pair of places whose codes make both hold. Where a polygon or circle meets codes there is
none here: only data can tell, and the engine reports it. Not here: what a clause is (logic).
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from dagster_project.campaigns.compile.clauses import Compiler
from dagster_project.campaigns.compile.logic import (
    DESTINATION,
    END_POSITION,
    ORIGIN,
    SAME_CODE,
    START_POSITION,
    Bounds,
    Clauses,
    Range,
    all_of,
    satisfiable,
)
from dagster_project.campaigns.language.territories import LEVELS, Selector

_ENOUGH = 200  # pairs of places that differ in a code are many: some will do


class Journeys:
    """The journeys that could be, between the places of a campaign's territories."""

    def __init__(self, compiler: Compiler, places: pl.DataFrame) -> None:
        named = {
            level: {code for s in compiler.selectors.values() for code in getattr(s, level)}
            for level in LEVELS
        }
        # A code that no place has stands for itself alone: what else such a position has, nobody knows.
        alone = [{level: code} for level in LEVELS for code in sorted(named[level] - set(places[level]))]
        known = pl.concat(
            [
                places.with_columns(is_known=True),
                pl.DataFrame(alone, schema=dict.fromkeys(LEVELS, pl.String)).with_columns(is_known=False),
            ],
            how="diagonal",
        )
        within = [
            pl.any_horizontal(_meant(places, s, compiler.years[name])).cast(pl.Int64)
            * (1 << compiler.bits[name])
            for name, s in compiler.selectors.items()
            if s.codes
        ]
        self._places = known.select(
            *LEVELS, "is_known", pl.sum_horizontal(pl.lit(0, pl.Int64), *within).alias("territories")
        ).unique()
        self._answers: dict[frozenset[tuple[tuple[str, int], Range]], bool] = {}

    def both(self, left: Clauses, right: Clauses) -> bool:
        """Some journey is known for which both hold."""
        return satisfiable(all_of([left, right]), self._exists)

    def _exists(self, bounds: Bounds) -> bool:
        asked = frozenset(item for item in bounds.items() if item[0][1] >= 0)
        if asked not in self._answers:
            self._answers[asked] = self._pair(dict(asked))
        return self._answers[asked]

    def _pair(self, bounds: Bounds) -> bool:
        def of(attribute: str) -> dict[int, int]:
            return {bit: low for (about, bit), (low, _) in bounds.items() if about == attribute}

        same = {LEVELS[bit]: bool(low) for bit, low in of(SAME_CODE).items()}
        ends = []
        for codes, shapes in ((of(ORIGIN), of(START_POSITION)), (of(DESTINATION), of(END_POSITION))):
            if len(shapes) > 1 or (shapes and (codes or same)):
                return False
            ends.append(self._within(codes, same))
        return _joined(ends[0], ends[1], same)

    def _within(self, bits: dict[int, int], same: dict[str, bool]) -> pl.DataFrame:
        inside = sum(1 << bit for bit, wanted in bits.items() if wanted)
        outside = sum(1 << bit for bit, wanted in bits.items() if not wanted)
        territories = pl.col("territories")
        places = self._places.filter(
            ((territories & inside) == inside) & ((territories & outside) == 0),
            pl.col("is_known") | (outside == 0 and all(same.values())),
        )
        return places.select(*same, "is_known").unique()


def _meant(places: pl.DataFrame, selector: Selector, year: int) -> Iterator[pl.Expr]:
    """Whether a place is among those that codes meant in their year; an authority: while a member."""
    years = places["year"].unique().to_list()
    then = min(max(year, min(years)), max(years))
    for level in LEVELS:
        if not (codes := getattr(selector, level)):
            continue
        bears = pl.col(level).is_in(codes).fill_null(False)
        if level == "aom":
            yield bears
            continue
        meant = places.filter(bears, pl.col("year") == then)["place_code"].unique()
        yield pl.col("place_code").is_in(meant.implode()).fill_null(False) | (
            pl.col("place_code").is_null() & bears
        )


def _joined(origins: pl.DataFrame, destinations: pl.DataFrame, same: dict[str, bool]) -> bool:
    equal = [level for level, wanted in same.items() if wanted]
    differing = [level for level, wanted in same.items() if not wanted]
    if equal:
        pairs = origins.join(destinations, on=equal, how="inner")
    else:
        pairs = origins.head(_ENOUGH).join(destinations.head(_ENOUGH), how="cross")
    apart: list[Any] = [
        (pl.col(level) == pl.col(f"{level}_right")).fill_null(False).not_() for level in differing
    ]
    return not pairs.filter(apart).is_empty() if apart else not pairs.is_empty()
