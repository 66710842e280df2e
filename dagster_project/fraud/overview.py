"""Frauds at a glance: counts by label, operator and month, as tables and plots. No journey, no person.

A count below K is not shown, and what is added up is what is shown: no total gives it away.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.archive import K
from dagster_project.contracts.labels import ALERTS, TITLES
from dagster_project.contracts.small_counts import FEW, shown
from dagster_project.files.statements import statements
from dagster_project.files.typesetting import as_markdown, set_png

_TEMPLATE = Path(__file__).with_name("overview.typ")
_SQL = statements(__file__)


@dataclass(frozen=True)
class Overview:
    """Markdown tables, plots as one Markdown image; how many journeys have an
    excluding label, or informative ones alone.

    `colliding`: the months and operators whose journeys contradict those of others too often.
    """

    by_label: str
    by_month: str
    alerts: str
    plot: str
    excluded: int
    informative: int
    colliding: tuple[str, ...]


def overview(connection: duckdb.DuckDBPyConnection) -> Overview:
    """All of it from the cache as it is."""
    connection.execute(_SQL["suspect"])
    labels = connection.execute(_SQL["labels"], {"least": K}).fetchall()
    months = connection.execute(_SQL["months"]).pl()
    alerts = connection.execute(_SQL["alerts"]).pl().to_dicts()
    titles = {alert.code: alert.title for alert in ALERTS}
    seen = months.with_columns(
        pl.when(pl.col(name) >= K).then(name).otherwise(0).alias(name) for name in ("excluded", "informative")
    )
    return Overview(
        by_label=_table(
            ("signalement", "effet", "trajets", "opérateurs"),
            [
                (TITLES[code], "écarté" if out else "information", shown(count), operators)
                for code, out, count, operators in labels
            ],
        ),
        by_month=_table(
            ("mois", "opérateur", "sans signalement", "écartés", "pour information"),
            [
                (f"{month:%Y-%m}", operator, *map(shown, counts))
                for month, operator, *counts in months.iter_rows()
            ],
        ),
        alerts=_table(
            ("mois", "opérateur", "alerte", "valeur", "trois mois précédents"),
            [
                (
                    f"{row['month_on']:%Y-%m}",
                    row["operator_id"],
                    titles[row["rule_code"]],
                    *(_decimal(row[name]) for name in ("value", "own_past")),
                )
                for row in alerts
            ],
        ),
        plot=_plot([row for row in labels if row[2] >= K], seen),
        excluded=int(seen["excluded"].sum()),
        informative=int(seen["informative"].sum()),
        colliding=tuple(
            f"{row['month_on']:%Y-%m} {row['operator_id']}"
            for row in alerts
            if row["rule_code"] == "fraud_collisions"
        ),
    )


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace(".", ",")


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Counts to the right; a word where there is nothing."""
    if not rows:
        return "Néant."
    sides = ("---:" if isinstance(cell, int) or cell == FEW else "---" for cell in rows[0])
    lines = [head, tuple(sides), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _plot(labels: list[tuple[str, bool, int, int]], months: pl.DataFrame) -> str:
    """Bars by label, by month and by operator, as one picture: what is set aside, then what only informs."""
    named = months.with_columns(month=pl.col("month_on").dt.strftime("%Y-%m"))
    bars = {
        "labels": [[TITLES[code], count * out, count * (not out)] for code, out, count, _ in labels],
        **{
            name: named.group_by(by).agg(pl.sum("excluded", "informative")).sort(by).rows()
            for name, by in (("months", "month"), ("operators", "operator_id"))
        },
    }
    return as_markdown("Signalements", set_png(_TEMPLATE, "bars", bars, ppi=110))
