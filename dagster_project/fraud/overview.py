"""Frauds at a glance: counts by label, operator and month, as tables and plots. No journey, no person."""

import base64
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.frauds import ALERTS, TITLES
from dagster_project.typesetting import set_png

_TEMPLATE = Path(__file__).with_name("overview.typ")
_LABELS = """
    select rule_code, is_excluding, count(*) as journeys, count(distinct operator_id) as operators
    from fraud.fraud_labels group by all order by is_excluding desc, journeys desc, rule_code
"""
_MONTHS = """
    select cast(date_trunc('month', start_on) as date) as month_on, operator_id, count(*) as journeys,
        count(*) filter (where suspect.is_excluding is not null) as suspect,
        count(*) filter (where suspect.is_excluding) as excluded
    from active.int_accepted_journeys
    left join (
        select operator_id, operator_journey_id, bool_or(is_excluding) as is_excluding
        from fraud.fraud_labels group by all
    ) as suspect using (operator_id, operator_journey_id)
    where outcome = 'valid'
    group by all order by all
"""
_ALERTS = "from fraud.operator_alerts order by month_on, operator_id, rule_code"


@dataclass(frozen=True)
class Overview:
    """Markdown tables, plots as one Markdown image, and how many journeys are suspect or excluded."""

    by_label: str
    by_month: str
    alerts: str
    plot: str
    suspect: int
    excluded: int


def overview(connection: duckdb.DuckDBPyConnection) -> Overview:
    """All of it from the cache as it is."""
    labels = connection.execute(_LABELS).fetchall()
    months = connection.execute(_MONTHS).pl()
    alerts = connection.execute(_ALERTS).pl()
    titles = {alert.code: alert.title for alert in ALERTS}
    return Overview(
        by_label=_table(
            ("signalement", "effet", "trajets", "opérateurs"),
            [
                (TITLES[code], "écarté" if out else "information", n, operators)
                for code, out, n, operators in labels
            ],
        ),
        by_month=_table(
            ("mois", "opérateur", "valides ou écartés", "signalés", "écartés"),
            [(f"{month:%Y-%m}", *counts) for month, *counts in months.iter_rows()],
        ),
        alerts=_table(
            ("mois", "opérateur", "alerte", "valeur", "trois mois précédents"),
            [
                (
                    f"{row['month_on']:%Y-%m}",
                    row["operator_id"],
                    titles[row["rule_code"]],
                    *(f"{row[one]:.2f}".replace(".", ",") for one in ("value", "own_past")),
                )
                for row in alerts.to_dicts()
            ],
        ),
        plot=_plot(labels, months),
        suspect=int(months["suspect"].sum()),
        excluded=int(months["excluded"].sum()),
    )


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Counts to the right; a word where there is nothing."""
    if not rows:
        return "Néant."
    sides = ("---:" if isinstance(cell, int) else "---" for cell in rows[0])
    lines = [head, tuple(sides), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _plot(labels: list[tuple[str, bool, int, int]], months: pl.DataFrame) -> str:
    """Bars by label, by month and by operator, as one picture: what is set aside, then what is only told."""
    named = months.with_columns(
        month=pl.col("month_on").dt.strftime("%Y-%m"), told=pl.col("suspect") - pl.col("excluded")
    )
    bars = {
        "labels": [[TITLES[code], count * out, count * (not out)] for code, out, count, _ in labels],
        **{
            name: named.group_by(by).agg(pl.sum("excluded", "told")).sort(by).rows()
            for name, by in (("months", "month"), ("operators", "operator_id"))
        },
    }
    png = set_png(_TEMPLATE, "bars", bars, ppi=110)
    return f"![Signalements]({'data:image/png;base64,' + base64.b64encode(png).decode()})"
