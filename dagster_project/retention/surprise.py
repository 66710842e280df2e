"""Stops a night that would remove far more than nights do, until somebody confirms its figures.

A clock that is wrong, or a schedule that was off for long, would else empty the base in silence, rightly by
the terms. Not here: what goes (plan). Why: D-195.
"""

import json
from datetime import date
from pathlib import Path

from dagster_project.contracts.lake_tables import JOURNEYS
from dagster_project.files.disk import put
from dagster_project.lake.store import Lake
from dagster_project.retention.plan import Plan
from dagster_project.settings import settings
from dagster_project.warehouse import cache

_FEW_ROWS = 1_000  # of journeys: below it, a share says nothing


class SurprisingNightError(Exception):
    """A night that somebody has to confirm; nothing was removed, built or closed."""


def refuse(lake: Lake, due: Plan) -> None:
    """Raise SurprisingNightError where a plan is out of the ordinary and its figures are not confirmed."""
    day, rows = due.business_date, due.journeys.height
    reasons = []
    before_on = cache.published_on(lake)
    if before_on and (day - before_on).days > settings().most_days_ahead:
        reasons.append(f"comes {(day - before_on).days} days after the last one ({before_on})")
    if rows > _FEW_ROWS and rows * 100 > settings().most_removed_percent * (held := _rows(lake)):
        reasons.append(f"would remove {rows} of {held} rows of journeys ({rows * 100 // held} %)")
    if reasons and not _is_confirmed(lake, day, rows):
        raise SurprisingNightError(
            f"The night of {day} {' and '.join(reasons)}. It stopped before anything was removed, built or "
            f"closed. Remedy: where that is meant, `entrepot retention confirm --date {day} --rows {rows}`, "
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


def _rows(lake: Lake) -> int:
    with lake.session() as connection:
        return int(connection.execute(f"select count(*) from {lake.source(JOURNEYS)}").fetchall()[0][0])
