"""The parts of a band as rows of numbers.

Sums distribute over minima, so any nesting of `somme` and `minimum_de` is the least of some sums of
leaves: a list of lists. Money is in units of a billionth of a cent: a rate in tenths of a cent per
kilometre, multiplied twice by factors in hundredths, stays exact in integers.
"""

from itertools import chain, product
from typing import Any

from dagster_project.campaigns.compile.logic import INFINITE
from dagster_project.campaigns.language.tariff import Band, Share, Tariff, TariffTable

UNITS_PER_CENT = 10**9


def alternatives(band: Band, table: TariffTable, tariff: Tariff) -> list[list[dict[str, Any]]]:
    """The sums of leaves of which the band pays the least."""
    # What the bands of a cumulative table count are their own kilometres; elsewhere the whole distance.
    own = (band.de_m, band.a_m) if table.mode == "cumul" else (0, None)
    return _alternatives(band, own, band.par or tariff.par)


def _alternatives(share: Share, own: tuple[int, int | None], unit: str) -> list[list[dict[str, Any]]]:
    unit = share.par or unit
    if share.minimum_de is not None:
        return list(chain.from_iterable(_alternatives(part, own, unit) for part in share.minimum_de))
    if share.somme is not None:
        terms = [_alternatives(part, own, unit) for part in share.somme]
        return [list(chain.from_iterable(choice)) for choice in product(*terms)]
    start = own[0] if share.km_depuis_m is None else share.km_depuis_m
    end = own[1] if share.km_jusqu_a_m is None else share.km_jusqu_a_m
    tenths = int((share.centimes_par_km or 0) * 10)
    return [
        [
            {
                "is_per_seat": unit == "siege",
                "flat_units": (share.centimes or 0) * UNITS_PER_CENT,
                # tenths of a cent per km = 1/10 000 of a cent per metre
                "units_per_m": tenths * UNITS_PER_CENT // 10_000,
                "offset_m": start,
                "ceiling_m": max(start, INFINITE if end is None else end),
            }
        ]
    ]


def simple_price(band: Band, tariff: Tariff) -> tuple[int | None, int | None]:
    """Cents, or tenths of cents per kilometre, where seats (or kilometres) × price is what the band pays.

    To the cent: a rate whose product with a billed step is finer than a cent rounds journey by journey.
    """
    written = tariff.tables, tariff.ajustements or None, band.km_depuis_m, band.km_jusqu_a_m, band.par
    if tariff.par != "siege" or tariff.mode == "cumul" or any(value is not None for value in written):
        return None, None
    tenths = None if band.centimes_par_km is None else int(band.centimes_par_km * 10)
    if tenths is not None and tenths * tariff.distance_facturee.arrondi_m % 10_000:
        return None, None
    return band.centimes, tenths
