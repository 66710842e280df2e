"""Tables and pictures of the public's pages: months, territories and ways of editions. It computes no count.

A territory stands beside the same month a year before. Persons do not add up, so a rest has its own count.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from dagster_project.pages.charts import Picture, bars
from dagster_project.pages.page import Choice, Column, Link, Row, Table, month_words, quotient, shown

SHOWN_MONTHS = 13  # the last one, and the same of the year before
_MOST_FLOWS = 50
_YEARS = 3  # side by side in a picture
_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
_NONE = "Aucun mois n’a été publié."
AREA = ("level", "departement_code", "epci_code", "commune_code", "is_rest")
_FIGURES = (
    *(Column("Trajets", "count"), Column("Trajets passagers", "count")),
    *(Column("Kilomètres passagers", "km"), Column("Distance moyenne (km)", "number")),
    *(Column("Personnes, à dix près", "count"), Column("Personnes par voiture", "number")),
    *(Column("Trajets passagers un an avant", "count"), Column("Évolution (%)", "number")),
)
_Rows = Sequence[Mapping[str, Any]]


def year_before(month_on: date) -> date:
    """The same month of the year before."""
    return month_on.replace(year=month_on.year - 1)


def _figures(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> tuple[Any, ...]:
    seats, then = row["passenger_journeys"], before and before["passenger_journeys"]
    return (
        row["journeys"],
        seats,
        row["passenger_m"],
        quotient(row["passenger_m"], 1000 * seats),
        row["persons_to_ten"],
        row["occupancy"].quantize(Decimal("0.01")),
        then,
        quotient(100 * (seats - then), then) if then else None,
    )


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["month_on"], *(row[name] for name in AREA))


def _before(row: Mapping[str, Any], known: Mapping[tuple[Any, ...], Mapping[str, Any]]) -> Any:
    """The same a year before; of a rest, nothing: it is another one every month."""
    return None if row["is_rest"] else known.get((year_before(row["month_on"]), *_key(row)[1:]))


def cards(wholes: _Rows) -> list[tuple[str, str, str]]:
    """The last month of a territory in four numbers, with what they were a year before."""
    last = max(wholes, key=lambda row: row["month_on"], default=None)
    if last is None:
        return []
    before = _before(last, {_key(row): row for row in wholes})
    now, then = _figures(last, None), _figures(before, None) if before else ()
    return [
        (
            column.head,
            str(shown(now[place], column.kind)),
            f"un an avant : {shown(then[place], column.kind)}" if then else "",
        )
        for place, column in enumerate(_FIGURES[:6])
        if column.head != "Distance moyenne (km)"
    ]


def months(wholes: _Rows) -> Table:
    """Every month of one territory, the newest first; `wholes`: its rows of all editions."""
    known = {_key(row): row for row in wholes}
    rows = sorted(wholes, key=lambda row: row["month_on"], reverse=True)
    return Table(
        "mois",
        "Trajets par mois de départ",
        (Column("Mois", "month"), *_FIGURES),
        [Row((row["month_on"], *_figures(row, _before(row, known)))) for row in rows],
        empty=_NONE,
    )


def years(wholes: _Rows) -> Picture | None:
    """Passenger journeys by month of the year, years side by side."""
    if not wholes:
        return None
    counts = {row["month_on"]: row["passenger_journeys"] for row in wholes}
    last = max(counts)
    series = {
        f"{year}": [counts.get(date(year, month, 1), 0) for month in range(1, 13)]
        for year in sorted({month_on.year for month_on in counts})
        if year > last.year - _YEARS
    }
    return bars("annees", "Trajets passagers par mois, année par année", _MONTHS, series)


def month_choice(months: Sequence[date]) -> Choice:
    """The months of a section, the newest first."""
    return Choice("mois", "Mois", [(f"{month:%Y-%m}", month_words(month)) for month in months])


def territories(
    id: str,
    caption: str,
    head: str,
    rows: pl.DataFrame,
    whole: str,
    months: Sequence[date],
    *,
    linked: bool = False,
) -> Table:
    """Parts and rests of a territory by month, then the territory itself: their sum.

    `whole`: its level. `linked`: a département has a page.
    """
    known = {_key(row): row for row in rows.to_dicts()}
    order = rows.filter(pl.col("month_on").is_in(list(months))).sort(
        "month_on", pl.col("level").eq(whole) & ~pl.col("is_rest"), "is_rest", "passenger_journeys", *AREA,
        descending=[True, False, False, True, *[False] * len(AREA)], nulls_last=True,
    )  # fmt: skip
    links = (Column("Page", "link"),) if linked else ()
    return Table(
        id,
        caption,
        (Column(head), Column("Mois", "month"), *_FIGURES, *links),
        [
            Row(
                (
                    _words(row, whole),
                    row["month_on"],
                    *_figures(row, _before(row, known)),
                    *([_pages(row)] if linked else []),
                ),
                {"mois": f"{row['month_on']:%Y-%m}"},
                is_total=row["level"] == whole and not row["is_rest"],
            )
            for row in order.iter_rows(named=True)
        ],
        empty=_NONE,
    )


def _pages(row: Mapping[str, Any]) -> list[Link]:
    has_page = row["level"] == "departement" and not row["is_rest"]
    return [Link(page_name(row["departement_code"]), "Ouvrir")] if has_page else []


def page_name(departement: str) -> str:
    """The file of a département's page."""
    return f"departement-{departement}.html"


def _words(row: Mapping[str, Any], whole: str) -> str:
    if row["level"] == whole:
        return "Autres, réunis" if row["is_rest"] else "Total"
    return place_words(row)


def place_words(row: Mapping[str, Any], prefix: str = "") -> str:
    """ "Annemasse (74012)"; "CA Annemasse (200011773), communes réunies"; "Lieux réunis"."""
    codes = [row[f"{prefix}{name}"] for name in ("commune_code", "epci_code", "departement_code")]
    code, is_rest = next(filter(None, codes), None), row[f"{prefix}is_rest"]
    if code is None:
        return "Lieux réunis"
    rest = {"departement": ", EPCI réunis", "epci": ", communes réunies"}.get(row[f"{prefix}level"], "")
    return f"{row[f'{prefix}name'] or code} ({code}){rest if is_rest else ''}"


def flows(rows: pl.DataFrame) -> Table:
    """The largest ways of each month, the others together, their sum."""
    return Table(
        "flux",
        f"Les {_MOST_FLOWS} plus grands flux du mois, les autres réunis, le total",
        (
            *(Column("Flux"), Column("Mois", "month"), Column("Trajets", "count")),
            *(Column("Trajets passagers", "count"), Column("Kilomètres passagers", "km")),
        ),
        list(_flow_rows(rows)),
        empty=_NONE,
    )


def _flow_rows(rows: pl.DataFrame) -> Iterator[Row]:
    places = [f"{end}_{name}" for end in ("origin", "destination") for name in AREA]
    for (month_on,), of_month in sorted(rows.partition_by("month_on", as_dict=True).items(), reverse=True):
        order = of_month.sort("passenger_journeys", *places, descending=[True, *[False] * len(places)])
        parts = [
            (f"{place_words(row, 'origin_')} → {place_words(row, 'destination_')}", order[index])
            for index, row in enumerate(order[:_MOST_FLOWS].iter_rows(named=True))
        ]
        if order.height > _MOST_FLOWS:
            parts.append(("Autres flux, réunis", order[_MOST_FLOWS:]))
        for words, summed in [*parts, ("Total", order)]:
            sums = summed.select(pl.col("journeys", "passenger_journeys", "passenger_m").sum()).row(0)
            yield Row(
                (words, month_on, *sums),
                {"mois": f"{month_on:%Y-%m}"},
                is_total=words == "Total",
            )
