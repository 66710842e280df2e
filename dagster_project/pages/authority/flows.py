"""Where journeys go: flows by month, by commune, those that grew most, and their map (D-266, D-267)."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.pages.charts import Picture
from dagster_project.pages.maps import Flow, territory_map
from dagster_project.pages.page import Choice, Column, Row, Table, month_words

_GROWN = 10
_SHOWN = 50  # flows and places of a month: a page of a region stays small
_EPCI_DIGITS = 9  # a commune has five, a country too
_REST = "Autres flux, réunis"
_NONE = "Aucun mois de six trajets."


def shown(figures: pl.DataFrame, today: date, reference: Path, communes: Mapping[str, str]) -> dict[str, Any]:
    """The section of places; `communes`: EPCI codes by commune code."""
    flows = figures.filter(pl.col("subject") == "flow").select(
        "month_on", "value", "passenger_journeys", "passenger_m"
    )
    months = sorted(flows["month_on"].unique(), reverse=True)
    whole = [month for month in months if (month.year, month.month) < (today.year, today.month)]
    first = f"{(whole or months)[0]:%Y-%m}" if months else ""
    # The last month that is over is shown first.
    options = sorted(
        ((f"{month:%Y-%m}", month_words(month)) for month in months), key=lambda option: option[0] != first
    )
    return {
        "choice": Choice("mois", "Mois", options),
        "chosen": {"mois": first},
        "map": _map(flows, reference, communes, first),
        "grown": list(_grown(flows, whole[:2])),
        "flows": _flows(flows),
        "places": _places(flows, communes),
    }


def _map(flows: pl.DataFrame, reference: Path, communes: Mapping[str, str], first: str) -> Picture | None:
    drawn = [
        Flow(origin, destination, journeys, f"{month:%Y-%m}")
        for month, value, journeys, _ in flows.drop_nulls("value").iter_rows()
        for origin, destination in [value.split(" → ")]
    ]
    title = "Les plus grands flux du mois choisi : l’épaisseur dit le nombre de trajets"
    return territory_map(reference, communes, drawn, "mois", first, title)


def _flows(flows: pl.DataFrame) -> Table:
    """The largest by month, then all others together: groups that may be told, and their rest."""
    order = pl.struct(-pl.col("passenger_journeys"), "value").rank("ordinal").over("month_on")
    largest = flows.drop_nulls("value").filter(order <= _SHOWN)
    others = flows.join(largest, on=["month_on", "value"], how="anti")
    nameless = others.with_columns(value=pl.lit(None, pl.String)).group_by("month_on", "value")
    summed = nameless.agg(pl.col("passenger_journeys", "passenger_m").sum())
    ordered = pl.concat([largest, summed.select(largest.columns)]).sort(
        "month_on", pl.col("value").is_null(), "passenger_journeys", "value",
        descending=[True, False, True, False],
    )  # fmt: skip
    return Table(
        "flux",
        f"Les {_SHOWN} plus grands flux de chaque mois (sans détail : les autres communes d’un EPCI)",
        (
            *(Column("Origine"), Column("Destination"), Column("Mois", "month")),
            *(Column("Trajets passagers", "count"), Column("Kilomètres passagers", "count")),
        ),
        [
            Row((*_ends(value), month, journeys, metres // 1000), {"mois": f"{month:%Y-%m}"})
            for month, value, journeys, metres in ordered.iter_rows()
        ],
        empty=_NONE,
    )


def _grown(flows: pl.DataFrame, months: list[date]) -> Iterator[Table]:
    """Flows between communes of the last month that is over, and the one before: what grew, what is new."""
    if len(months) < 2:
        return
    fine = flows.filter(
        ~pl.col("value").str.contains(rf"(^|→ )\d{{{_EPCI_DIGITS}}} ") & pl.col("month_on").is_in(months)
    )
    both = fine.select(pl.col("value").unique()).select(
        "value", before=_counts(fine, months[1]), after=_counts(fine, months[0])
    )
    known = both.drop_nulls().with_columns(more=pl.col("after") - pl.col("before"))
    known = known.filter(pl.col("more") > 0).sort("more", "value", descending=[True, False])
    heads = [month_words(month).capitalize() for month in reversed(months)]
    yield Table(
        "flux_hausse",
        f"Flux entre communes qui ont le plus augmenté, de {months[1]:%m/%Y} à {months[0]:%m/%Y}",
        (
            *(Column("Origine"), Column("Destination")),
            *(Column(head, "count") for head in (*heads, "Évolution")),
        ),
        [Row((*_ends(row[0]), *row[1:])) for row in known.head(_GROWN).iter_rows()],
        empty="Aucun flux montré aux deux mois n’a augmenté.",
    )
    new = both.filter(pl.col("before").is_null()).sort("after", "value", descending=[True, False])
    yield Table(
        "flux_nouveaux",
        f"Flux entre communes montrés en {months[0]:%m/%Y}, réunis ou absents en {months[1]:%m/%Y}",
        (Column("Origine"), Column("Destination"), Column(heads[1], "count")),
        [Row((*_ends(row[0]), row[2])) for row in new.head(_GROWN).iter_rows()],
        empty="Aucun.",
    )


def _counts(flows: pl.DataFrame, month: date) -> pl.Expr:
    counts = flows.filter(pl.col("month_on") == month)
    return pl.col("value").replace_strict(
        counts["value"], counts["passenger_journeys"], default=None, return_dtype=pl.Int64
    )


def _places(flows: pl.DataFrame, communes: Mapping[str, str]) -> Table:
    """What leaves and reaches each place, of the flows that are shown: sums of them, which tell no more."""
    ends = flows.drop_nulls("value").with_columns(
        pl.col("value").str.split_exact(" → ", 1).struct.rename_fields(["origin", "destination"])
    ).unnest("value")  # fmt: skip
    is_within = pl.col("origin") == pl.col("destination")
    journeys = pl.col("passenger_journeys")
    sides = [
        ends.select(
            "month_on", place=end, out=journeys * is_out, into=journeys * is_in, within=journeys * is_both
        )
        for end, is_out, is_in, is_both in (
            ("origin", ~is_within, pl.lit(False), is_within),
            ("destination", pl.lit(False), ~is_within, pl.lit(False)),
        )
    ]
    sums = pl.concat(sides).group_by("month_on", "place").agg(pl.col("out", "into", "within").sum())
    ordered = sums.sort(
        "month_on", pl.sum_horizontal("out", "into", "within"), "place", descending=[True, True, False]
    ).filter(pl.int_range(pl.len()).over("month_on") < _SHOWN)
    return Table(
        "lieux",
        f"Départs et arrivées des {_SHOWN} premiers lieux de chaque mois, d’après les flux connus",
        (
            *(Column("Lieu"), Column("Territoire"), Column("Mois", "month")),
            *(Column("Partis ailleurs", "count"), Column("Venus d’ailleurs", "count")),
            Column("Sur place", "count"),
        ),
        [
            Row((_name(place), _where(place, communes), month, *counts), {"mois": f"{month:%Y-%m}"})
            for month, place, *counts in ordered.iter_rows()
        ],
        empty=_NONE,
    )


def _where(place: str, communes: Mapping[str, str]) -> str:
    code = place.partition(" ")[0]
    if code in communes or code in communes.values():
        return "dedans"
    return "étranger" if code.startswith("99") else "dehors"


def _ends(value: str | None) -> tuple[str, str]:
    """The names of both ends, without their codes."""
    if value is None:
        return _REST, ""
    origin, destination = map(_name, value.split(" → "))
    return origin, destination


def _name(end: str) -> str:
    code, _, name = end.partition(" ")
    return f"{name} (sans détail)" if len(code) == _EPCI_DIGITS else name
