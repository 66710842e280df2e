"""What of the open data the page lists: files by month, and months that were told anew."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from dagster_project.contracts.lake_table import Table as FileTable
from dagster_project.contracts.observatory import FLOWS_FILE, TERRITORIES_FILE
from dagster_project.pages.page import Column, Link, Row, Table, month_words
from dagster_project.reports.observatory.data_set import FOLDER
from dagster_project.reports.observatory.package import stem


def files(months: Sequence[date]) -> Table:
    """A row per edition, with its files."""
    return Table(
        "fichiers",
        "Fichiers par mois",
        (Column("Mois"), Column("Édition"), Column("Territoires", "link"), Column("Flux", "link")),
        [
            Row(
                (
                    month_words(month),
                    f"{month:%Y-%m}",
                    _links(TERRITORIES_FILE, month),
                    _links(FLOWS_FILE, month),
                )
            )
            for month in months
        ],
        empty="Aucun mois n’a été publié.",
    )


def _links(table: FileTable, month: date) -> list[Link]:
    return [
        Link(f"{FOLDER}/{stem(table, month)}.{form}", f"{table.name} {words}")
        for form, words in (("csv", "CSV"), ("parquet", "Parquet"))
    ]


def corrections(rows: pl.DataFrame, first: Mapping[date, int]) -> Table:
    """A row per month that was told anew; `first`: the journeys that its edition tells."""
    return Table(
        "corrections",
        "Corrections : l’ensemble d’un mois, redit",
        (
            *(Column("Mois", "month"), Column("Redit le", "day"), Column("Trajets d’abord dits", "count")),
            Column("Trajets", "count"),
            *(Column("Trajets passagers", "count"), Column("Kilomètres passagers", "km")),
        ),
        [
            Row(
                (
                    *(row["month_on"], row["business_date"], first.get(row["month_on"]), row["journeys"]),
                    *(row["passenger_journeys"], row["passenger_m"]),
                )
            )
            for row in rows.iter_rows(named=True)
        ],
        empty="Aucun mois n’a assez changé pour être redit.",
    )
