"""Where journeys go: flows by month, those that grew most, and their map."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
from markupsafe import Markup

from dagster_project.pages.maps import Flow, territory_map
from dagster_project.pages.page import Column, Row, Table, few_or, month_words

_GROWN = 10
_EPCI_DIGITS = 9  # a commune has five, a country too


def flows(figures: pl.DataFrame) -> Table:
    """Origin and destination by month, the largest first, then the rest."""
    rows = _flows(figures).sort(
        "month_on", pl.col("value").is_null(), "journeys", "value", descending=[True, False, True, False]
    )
    return Table(
        "flux",
        "Flux entre communes, ou entre leurs intercommunalités",
        (
            *(Column("Mois"), Column("Origine"), Column("Destination"), Column("Trajets", "bar")),
            *(Column("Conducteurs", "count"), Column("Passagers", "count"), Column("Kilomètres passagers", "number")),
        ),
        [
            Row(
                (
                    month_words(row["month_on"]),
                    *(_ends(row["value"]) if row["value"] else ("Autres flux, moins nombreux", "")),
                    row["journeys"],
                    few_or(row["drivers"]) if row["value"] else None,
                    few_or(row["passengers"]) if row["value"] else None,
                    row["passenger_m"] // 1000,
                ),
                {"mois": f"{row['month_on']:%Y-%m}"},
            )
            for row in rows.to_dicts()
        ],
        empty="aucun mois de six trajets.",
    )


def grown(figures: pl.DataFrame, today: date) -> Table | None:
    """The flows that grew most from one whole month to the next; those of one of the two alone are not told."""
    told = _flows(figures).filter(
        pl.col("value").is_not_null() & (pl.col("month_on").dt.month_end() <= today)
    )
    months = sorted(told["month_on"].unique())[-2:]
    if len(months) < 2:  # noqa: PLR2004
        return None
    before, after = (
        told.filter(pl.col("month_on") == month).select("value", "journeys", "passenger_journeys") for month in months
    )
    both = after.join(before, on="value", suffix="_before").with_columns(
        more=pl.col("journeys") - pl.col("journeys_before")
    )
    top = both.filter(pl.col("more") > 0).sort("more", "value", descending=[True, False]).head(_GROWN)
    return Table(
        "flux_en_hausse",
        f"Flux qui ont le plus augmenté, {month_words(months[0])} à {month_words(months[1])}",
        (
            *(Column("Origine"), Column("Destination"), Column(month_words(months[0]).capitalize(), "count")),
            *(Column(month_words(months[1]).capitalize(), "count"), Column("Hausse", "number")),
        ),
        [Row((*_ends(row["value"]), row["journeys_before"], row["journeys"], row["more"])) for row in top.to_dicts()],
        empty="aucun flux connu aux deux mois n’a augmenté.",
    )


def map_of(
    reference: Path, communes: Mapping[str, str], figures: pl.DataFrame, chosen: Mapping[str, str]
) -> Markup | None:
    """The flows that have two places, by month."""
    drawn = [
        Flow(*row["value"].split(" → "), row["journeys"], {"mois": f"{row['month_on']:%Y-%m}"})
        for row in _flows(figures).filter(pl.col("value").is_not_null()).to_dicts()
    ]
    return territory_map(reference, communes, drawn, chosen, "Carte des flux du mois choisi")


def _flows(figures: pl.DataFrame) -> pl.DataFrame:
    return figures.filter(pl.col("subject") == "flow")


def _ends(value: str) -> tuple[str, str]:
    """The names of both ends, without their codes; an EPCI's says that communes are not told."""
    origin, destination = (
        f"{name} (sans détail)" if len(code) == _EPCI_DIGITS else name
        for code, _, name in (end.partition(" ") for end in value.split(" → "))
    )
    return origin, destination
