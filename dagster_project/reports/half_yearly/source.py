"""The warehouse's half-yearly counts as the document wants them (CONVENTION article 13, annexe 4)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from dagster_project.contracts.labels import TITLES
from dagster_project.contracts.terms import TERMS
from dagster_project.files.statements import statements
from dagster_project.reports.shared.source import of_campaign

COUNTS = (
    *("passenger_journeys", "driver_journeys", "driver_m", "passenger_m", "new_passengers", "new_drivers"),
    *("driver_incentive_cents", "short_journeys", "missing_cents"),
)
FRAUD_COUNTS = ("fraud_accounts", "fraud_journeys")
ALL_OPERATORS = "tous-operateurs"  # no operator's id: ids have no hyphen

_SQL = statements(__file__)
_COUNTS = f"""
    select campaign_id is null, operator_id, month_on, {", ".join(COUNTS)}
    from compliance.half_yearly_indicators
    where coalesce(campaign_id, $campaign_id) = $campaign_id
"""
_MONTHS_BEFORE = 5


@dataclass(frozen=True)
class Scope:
    """One sheet of counts: for each month so far, COUNTS then FRAUD_COUNTS. `is_sum`: of the other sheets.

    `fraud_accounts` are those of the half-year, each once: its months do not add up.
    """

    name: str
    title: str
    months: tuple[tuple[int, ...], ...]
    fraud_accounts: int
    is_sum: bool = False


@dataclass(frozen=True)
class HalfYearlyReport:
    """The report of one operator, or of all, on one campaign and half-year. Notes: day, whose, text.

    Until it `is_final` it is a draft. `excluding` are the kinds of fraud that take a journey out of payment.
    """

    campaign_id: str
    campaign_name: str
    convention_reference: str
    authority_name: str
    operator_id: str
    operator_name: str
    half_start_on: date
    half_end_on: date
    is_final: bool
    months: tuple[date, ...]
    scopes: tuple[Scope, ...]
    new_frauds: tuple[str, ...]
    excluding: tuple[str, ...]
    notes: tuple[tuple[date, str, str], ...]

    @property
    def code(self) -> str:
        """2021-S1."""
        return half_code(self.half_start_on)


def half_code(start: date) -> str:
    """2021-S1, 2021-S2."""
    return f"{start.year}-S{1 if start.month == 1 else 2}"


def is_countable(half_start_on: date, business_date: date) -> bool:
    """Whether all its journeys are in the active base, twelve months by JURIDIQUE étape 4; else it stays."""
    return business_date < TERMS["journeys"].ends_on(half_start_on)


def knows_who_is_new(half_start_on: date, business_date: date) -> bool:
    """Whether the five months before it are held, too: by them newcomers are told."""
    year, month = divmod(half_start_on.year * 12 + half_start_on.month - 1 - _MONTHS_BEFORE, 12)
    return business_date < TERMS["journeys"].ends_on(date(year, month + 1, 1))


def reports(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, business_date: date
) -> list[HalfYearlyReport]:
    """Every report of a campaign that can still be counted: each operator's, then that of all."""
    key = {"campaign_id": campaign_id}
    candidates = of_campaign(connection, _SQL["reports"], campaign_id)
    due = [row for row in candidates if is_countable(row["half_start_on"], business_date)]
    counts = {tuple(row[:3]): tuple(row[3:]) for row in connection.execute(_COUNTS, key).fetchall()}
    frauds = {tuple(row[:2]): tuple(row[2:]) for row in connection.execute(_SQL["frauds"]).fetchall()}
    accounts = {tuple(row[:2]): row[2] for row in connection.execute(_SQL["accounts"]).fetchall()}
    notes = connection.execute(_SQL["notes"], key).fetchall()
    drawn = []
    for start in sorted({row["half_start_on"] for row in due}):
        rows = [row for row in due if row["half_start_on"] == start]
        months = tuple(start.replace(month=start.month + step) for step in range(6))
        codes = connection.execute(_SQL["excluding"], {"half_start_on": start}).fetchall()
        excluding = tuple(sorted(TITLES[code] for (code,) in codes))
        counted = [month for is_all, _, month in counts if month in months and not is_all]
        known = months if rows[0]["is_final"] else months[: months.index(max(counted)) + 1]
        for row in rows:
            own = _scope("Opération", "dans l’Opération", row, known, counts, frauds, accounts)
            every = _scope("Globalement", "tous trajets", row, known, counts, frauds, accounts)
            drawn.append(_report(row, months, (own, every), frauds, excluding, notes))
        names = _sheet_names([row["operator_name"] for row in rows])
        own_sheets = [
            _scope(name, "dans l’Opération", row, known, counts, frauds, accounts)
            for name, row in zip(names, rows, strict=True)
        ]
        sums = tuple(
            tuple(map(sum, zip(*(sheet.months[at] for sheet in own_sheets), strict=True)))
            for at in range(len(known))
        )
        of_all = sum(sheet.fraud_accounts for sheet in own_sheets)
        total = Scope("Ensemble", "Tous les opérateurs, dans l’Opération", sums, of_all, is_sum=True)
        named = rows[0] | {"operator_id": ALL_OPERATORS, "operator_name": "Tous les opérateurs"}
        drawn.append(_report(named, months, (total, *own_sheets), frauds, excluding, notes))
    return drawn


def _scope(
    name: str,
    title: str,
    row: dict[str, Any],
    months: tuple[date, ...],
    counts: dict[tuple[Any, ...], tuple[int, ...]],
    frauds: dict[tuple[Any, ...], tuple[Any, ...]],
    accounts: dict[tuple[Any, ...], int],
) -> Scope:
    operator = row["operator_id"]
    nothing = (0,) * len(COUNTS)
    figures = [
        counts.get((name == "Globalement", operator, month), nothing)
        + frauds.get((operator, month), (0, 0))[:2]
        for month in months
    ]
    of_half = accounts.get((operator, row["half_start_on"]), 0)
    return Scope(name, f"{row['operator_name']}, {title}", tuple(figures), of_half)


def _report(
    row: dict[str, Any],
    months: tuple[date, ...],
    scopes: tuple[Scope, ...],
    frauds: dict[tuple[Any, ...], tuple[Any, ...]],
    excluding: tuple[str, ...],
    notes: list[tuple[date, str | None, str | None, str]],
) -> HalfYearlyReport:
    operators = None if row["operator_id"] == ALL_OPERATORS else row["operator_id"]
    kept = {name: row[name] for name in HalfYearlyReport.__annotations__ if name in row}
    return HalfYearlyReport(
        **kept,
        months=months,
        scopes=scopes,
        excluding=excluding,
        new_frauds=tuple(
            sorted({
                TITLES[code]
                for (operator, month), (_, _, codes) in frauds.items()
                if month in months and operators in (None, operator)
                for code in codes
            })
        ),
        notes=tuple(
            (day, name or "Tous les opérateurs", text)
            for day, operator, name, text in notes
            if row["half_start_on"] <= day <= row["half_end_on"]
            and (operators is None or operator in (None, operators))
        ),
    )  # fmt: skip


def _sheet_names(names: list[str]) -> list[str]:
    """Names that Excel takes for sheets, each once: 31 characters, none of []:*?/\\, no outer quote."""
    titles: list[str] = []
    for number, name in enumerate(names, 1):
        plain = "".join(" " if letter in "[]:*?/\\" else letter for letter in name)[:28].strip("' ")
        taken = {title.lower() for title in (*titles, "Ensemble", "Bilan", "Légende", "History")}
        titles.append(f"{plain or 'Opérateur'} {number}" if plain.lower() in taken or not plain else plain)
    return titles
