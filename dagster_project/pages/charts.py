"""Pictures as SVG inside a page: a stock that runs down, and bars side by side. Made by hand, a few kilobytes each.

Colours are told apart by who sees none (Okabe and Ito), and every picture has its table. Not here: maps (maps).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from markupsafe import Markup, escape

from dagster_project.reports.shared.french import french_day, french_number

COLOURS = ("#0072b2", "#d55e00", "#007a5a", "#a03c78", "#7a5c00", "#4d4d4d")
_WIDTH, _HEIGHT = 900, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 16, 34
_STEPS = 4


@dataclass(frozen=True)
class Forecast:
    """When a stock is empty: at the pace of late, and at the slowest and fastest of late."""

    on: date
    first_on: date
    last_on: date


def run_down(
    points: Sequence[tuple[date, int]], today: date, ends_on: date, forecast: Forecast | None, title: str
) -> Markup:
    """What is left in cents, day by day, as steps down to today; dashes to where it may end."""
    first = min(points[0][0], today)
    last = max(today, ends_on, *(filter(None, [forecast and min(forecast.last_on, ends_on)])))
    days = max((last - first).days, 1)
    most = max(max(cents for _, cents in points), 1)

    def x(day: date) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * min((day - first).days, days) / days, 1)

    def y(cents: float) -> float:
        return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - max(cents, 0) / _ceiling(most)), 1)

    steps = [f"M{x(points[0][0])} {y(points[0][1])}"]
    steps += [f"H{x(day)}V{y(cents)}" for day, cents in points[1:]]
    left = points[-1][1]
    parts = [_scale(most, 100, "€"), _days(first, last, x)]
    if forecast and left > 0:
        wedge = f"{x(today)},{y(left)} {x(forecast.first_on)},{y(0)} {x(forecast.last_on)},{y(0)}"
        parts += [
            f'<polygon points="{wedge}" fill="{COLOURS[0]}" opacity=".15"/>',
            f'<path d="M{x(today)} {y(left)}L{x(forecast.on)} {y(0)}" stroke="{COLOURS[0]}" '
            'stroke-width="2" stroke-dasharray="6 5"/>',
        ]
    parts += [
        f'<path d="{"".join(steps)}H{x(today)}" stroke="{COLOURS[0]}" stroke-width="2.5" fill="none"/>',
        f'<path d="M{x(today)} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="#555d66" stroke-dasharray="2 3"/>',
        f'<text x="{x(today)}" y="{_TOP - 4}" text-anchor="middle">{french_day(today)}</text>',
    ]
    return _svg(title, "".join(parts))


def side_by_side(
    groups: Sequence[str], series: Mapping[str, Sequence[int]], title: str, unit: str, *, per_unit: int = 1
) -> Markup:
    """Bars by group, one per series, in the series' order; a legend below. `per_unit`: 100 for euros of cents."""
    most = max((value for values in series.values() for value in values), default=1) or 1
    room = (_WIDTH - _LEFT - _RIGHT) / max(len(groups), 1)
    width = min(room * 0.8 / max(len(series), 1), 40)
    floor, parts = _HEIGHT - _BOTTOM, [_scale(most, per_unit, unit)]
    for index, group in enumerate(groups):
        middle = _LEFT + room * (index + 0.5)
        start = middle - width * len(series) / 2
        for number, values in enumerate(series.values()):
            height = (floor - _TOP) * values[index] / _ceiling(most)
            parts.append(
                f'<rect x="{start + number * width:.1f}" y="{floor - height:.1f}" width="{width - 1:.1f}" '
                f'height="{height:.1f}" fill="{COLOURS[number % len(COLOURS)]}"/>'
            )
        parts.append(f'<text x="{middle:.1f}" y="{floor + 18}" text-anchor="middle">{escape(group)}</text>')
    for number, name in enumerate(series):
        left, top = _LEFT + (number % 4) * 200, _HEIGHT + 6 + 20 * (number // 4)
        parts.append(
            f'<rect x="{left}" y="{top}" width="12" height="12" fill="{COLOURS[number % len(COLOURS)]}"/>'
            f'<text x="{left + 18}" y="{top + 11}">{escape(name)}</text>'
        )
    return _svg(title, "".join(parts), _HEIGHT + 12 + 20 * -(-len(series) // 4))


def _ceiling(most: int) -> int:
    """The first round number from `most` on, of which a quarter is round, too."""
    power = 1
    while True:
        for step in (1, 2, 4, 6, 8):
            if step * power >= most:
                return step * power
        power *= 10


def _scale(most: int, per_unit: int, unit: str) -> str:
    top, floor, parts = _ceiling(most), _HEIGHT - _BOTTOM, []
    for step in range(_STEPS + 1):
        level = round(floor - (floor - _TOP) * step / _STEPS, 1)
        value = Decimal(top) * step / _STEPS / per_unit
        label = french_number(value, 0 if value == int(value) else 1)
        parts.append(
            f'<path d="M{_LEFT} {level}H{_WIDTH - _RIGHT}" stroke="#d0d5da"/>'
            f'<text x="{_LEFT - 6}" y="{level + 4}" text-anchor="end">{label}{unit and " " + unit}</text>'
        )
    return "".join(parts)


def _days(first: date, last: date, x: Callable[[date], float]) -> str:
    """The first days of months, as many as there is room for."""
    months = [
        date(first.year + (first.month - 1 + ahead) // 12, (first.month - 1 + ahead) % 12 + 1, 1)
        for ahead in range((last.year - first.year) * 12 + last.month - first.month + 1)
    ]
    every = -(-len(months) // 12)
    return "".join(
        f'<path d="M{x(day)} {_HEIGHT - _BOTTOM}v5" stroke="#555d66"/>'
        f'<text x="{x(day)}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{day:%m/%Y}</text>'
        for day in months[::every]
        if day >= first
    )


def _svg(title: str, inside: str, height: int = _HEIGHT) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}" fill="none">{inside}</svg>'
    )
