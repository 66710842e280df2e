"""Stops a night that would remove far more than nights do, until somebody confirms its figures.

A clock that is wrong, or a schedule that was off for long, would else empty the base in silence, rightly by
the terms. Not here: what goes (plan). Why: D-195.
"""

import json
from datetime import date
from pathlib import Path

from dagster_project.contracts.lake_tables import DROPS, JOURNEYS
from dagster_project.files.disk import put
from dagster_project.lake.store import Lake
from dagster_project.retention.plan import Plan, plan
from dagster_project.retention.run import terms
from dagster_project.settings import settings
from dagster_project.warehouse import cache

_FEW_ROWS = 1_000  # of journeys: below it, a share says nothing


class SurprisingNightError(Exception):
    """A night that somebody has to confirm; the message says what was not done yet."""


def refuse_leap(lake: Lake, day: date) -> None:
    """Raise SurprisingNightError where a night comes long after the last one, and is not confirmed.

    Before any step: what is taken under a wrong date is judged by it, and no later night goes back.
    """
    known = [cache.published_on(lake), lake.read(DROPS)["business_date"].max()]
    before_on = max((day for day in known if isinstance(day, date)), default=None)
    if before_on and (day - before_on).days > settings().most_days_ahead:
        why = f"comes {(day - before_on).days} days after the last one ({before_on})"
        _unless_confirmed(lake, plan(lake, day, terms()), why, "taken, removed")


def refuse(lake: Lake, due: Plan) -> None:
    """Raise SurprisingNightError where a plan removes a great share of the base, and is not confirmed."""
    rows = due.journeys.height
    (held,) = lake.heights(JOURNEYS)
    if rows > _FEW_ROWS and rows * 100 > settings().most_removed_percent * held:
        _unless_confirmed(lake, due, "is not like others", "removed")


def _unless_confirmed(lake: Lake, due: Plan, why: str, not_done: str) -> None:
    day, rows, (held,) = due.business_date, due.journeys.height, lake.heights(JOURNEYS)
    if not _is_confirmed(lake, day, rows):
        raise SurprisingNightError(
            f"The night of {day} {why}: it would remove {rows} of {held} rows of journeys "
            f"({rows * 100 // max(held, 1)} %). It stopped before anything was {not_done}, built or closed. "
            f"Remedy: where that is meant, `entrepot retention confirm --date {day} --rows {rows}`, "
            "then run it again; else run the night that is meant, or set the clock. "
            f"`entrepot retention plan --date {day}` shows all that would go."
        )


def confirm(lake: Lake, day: date, rows: int) -> None:
    """Let a night remove so many rows of journeys; the file stays, as a trace."""
    put(_confirmed(lake, day), json.dumps({"journey_rows": rows}))


def _is_confirmed(lake: Lake, day: date, rows: int) -> bool:
    file = _confirmed(lake, day)
    return file.exists() and bool(rows <= json.loads(file.read_text("utf-8"))["journey_rows"])


def _confirmed(lake: Lake, day: date) -> Path:
    return lake.zone("warehouse") / "confirmed" / f"{day}.json"
