"""What a fund call's journeys come to, in exact arithmetic, and how annex 2 writes a sum.

The totals replay what the workbook's formulas compute, so that the two can be compared with the header's
amounts and the cached results are exact. Integer cents.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain, product
from string import ascii_uppercase

import polars as pl

from dagster_project.reports.fund_call.call import Band

LONGEST_SUM = 64  # characters of a sum that fit beside its name


@dataclass(frozen=True)
class BandTotal:
    """Seats, billed metres × seats, and the band's amount in cents."""

    seats: int
    metres: int
    cents: int


@dataclass(frozen=True)
class Totals:
    """What the formulas of the workbook compute, from the same rows, in exact arithmetic.

    `lines` are those of the file; `seats` and `paid_seats` the passenger journeys that are no adjustment.
    """

    bands: tuple[BandTotal, ...]
    cap_cut_cents: int
    cut_cents: int
    adjustment_cents: int
    incentive_cents: int
    fee_ex_vat_cents: int
    vat_cents: int
    lines: int
    seats: int
    paid_seats: int

    @property
    def gross_cents(self) -> int:
        """The bands' amounts, before caps, budget and adjustments."""
        return sum(band.cents for band in self.bands)

    @property
    def recap_cents(self) -> int:
        """The recap's total: bands, what caps and budget took, adjustments."""
        return self.gross_cents + self.cap_cut_cents + self.cut_cents + self.adjustment_cents

    @property
    def total_cents(self) -> int:
        """All that is claimed: incentives, fee and VAT."""
        return self.incentive_cents + self.fee_ex_vat_cents + self.vat_cents


def letters() -> Iterator[str]:
    """A, B, … Z, AA, AB: what annex 2 calls its figures."""
    return chain(ascii_uppercase, map("".join, product(ascii_uppercase, repeat=2)))


def sum_words(terms: list[str]) -> str:
    """[A × 2,00 €] + [C × 0,10 €]; a long sum by the number of its terms."""
    words = " + ".join(f"[{term}]" for term in terms)
    return f"= {words}" if len(words) <= LONGEST_SUM else f"= somme des {len(terms)} indemnités"


def count_totals(journeys: pl.DataFrame, bands: tuple[Band, ...]) -> Totals:
    """Totals of the journeys; adjustments of closed periods count on their own line, not in the bands."""
    regular = journeys.filter(~pl.col("is_adjustment"))
    paying = regular.filter(pl.col("incentive_cents") > 0)
    tariff, capped, paid = (_sum(regular, f"{name}_cents") for name in ("tariff", "capped", "incentive"))
    return Totals(
        bands=tuple(_count_band(regular, band) for band in bands),
        cap_cut_cents=capped - tariff,
        cut_cents=paid - capped,
        adjustment_cents=_sum(journeys, "incentive_cents") - paid,
        incentive_cents=_sum(journeys, "incentive_cents"),
        fee_ex_vat_cents=_sum(journeys, "fee_ex_vat_cents"),
        vat_cents=_sum(journeys, "vat_cents"),
        lines=journeys.height,
        seats=_sum(regular, "seats"),
        paid_seats=_sum(paying, "seats"),
    )


def _count_band(journeys: pl.DataFrame, band: Band) -> BandTotal:
    inside = journeys.filter((pl.col("tariff_cents") > 0) & (pl.col("band") == band.number))
    seats = _sum(inside, "seats")
    metres = int(inside.select((pl.col("billed_m").cast(pl.Int64) * pl.col("seats")).sum()).item())
    if not band.unit:
        return BandTotal(seats, metres, _sum(inside, "tariff_cents"))
    quantity = Decimal(seats) if band.unit == "trajet" else Decimal(metres) / 1000
    cents = (quantity * band.unit_price_tenth_cents / 10).quantize(Decimal(1), ROUND_HALF_UP)
    return BandTotal(seats, metres, int(cents))


def _sum(journeys: pl.DataFrame, column: str) -> int:
    return int(journeys.get_column(column).cast(pl.Int64).sum())
