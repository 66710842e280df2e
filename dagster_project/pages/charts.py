"""Pictures as SVG inside a page: lines over days, and bars side by side. A few kilobytes each.

Lines differ by dash, bars by their legend's order, not by colour alone; each picture stands beside a table of
the same numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from markupsafe import Markup, escape

from dagster_project.reports.shared.french import french_day, french_number, typographic

COLOURS = ("#0072b2", "#b34700", "#00704f", "#a03c78", "#7a5c00", "#4d4d4d")
WIDTH = 900
_HEIGHT = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 20, 22, 34
_FLOOR = _HEIGHT - _BOTTOM
_STEPS = 4
_DASHES = ("none", "8 3", "2 3", "10 3 2 3")
_PER_ROW = 4
_ROUND = (4, 8, 12, 16, 20, 24, 32, 40, 48, 60, 80, 100)


@dataclass(frozen=True)
class Line:
    """A stock in cents, as steps: each amount stands until the next day that is told."""

    name: str
    points: Sequence[tuple[date, int]]


@dataclass(frozen=True)
class Picture:
    """An SVG and its title, which stands beside it under the id that the SVG names."""

    id: str
    title: str
    svg: Markup


def lines(
    id: str, title: str, lines: Sequence[Line], today: date, last_on: date, emptied_on: date | None
) -> Picture:
    """Stocks up to today, euros; dashes from the first one's end to the day on which it may be empty."""
    first_on = min(day for line in lines for day, _ in line.points)
    days = max((last_on - first_on).days, 1)
    most = max(cents for line in lines for _, cents in line.points)

    def x(day: date) -> str:
        return _number(_LEFT + (WIDTH - _LEFT - _RIGHT) * min((day - first_on).days, days) / days)

    def y(cents: int) -> str:
        return _number(_level(max(cents, 0), most))

    parts = [_scale(most, 100, "€"), _months(first_on, last_on, x)]
    for number, line in reversed(list(enumerate(lines))):
        (start_on, start), *rest = line.points
        steps = "".join(f"H{x(day)}V{y(cents)}" for day, cents in rest)
        parts.append(f'<path d="M{x(start_on)} {y(start)}{steps}H{x(today)}" {_stroke(number)}/>')
    if emptied_on and emptied_on > today:
        day, left = lines[0].points[-1]
        # Past the edge, the dashes end where the picture does.
        end = min(emptied_on, last_on)
        cents = left * (emptied_on - end).days // (emptied_on - day).days
        parts.append(
            f'<path d="M{x(today)} {y(left)}L{x(end)} {y(cents)}" stroke="{COLOURS[0]}" stroke-width="2" '
            'stroke-dasharray="2 6"/>'
        )
    anchor = "middle" if today < last_on else "end"
    parts.append(
        f'<path d="M{x(today)} {_TOP}V{_FLOOR}" stroke="#555d66"/>'
        f'<text x="{x(today)}" y="{_TOP - 6}" text-anchor="{anchor}">{french_day(today)}</text>'
    )
    keys = [f'<path d="M0 6H26" {_stroke(number)}/>' for number in range(len(lines))]
    return _framed(id, title, parts, [line.name for line in lines], keys)


def bars(
    id: str, title: str, groups: Sequence[str], series: Mapping[str, Sequence[int]], unit: str = ""
) -> Picture:
    """Bars by group, one per series; `unit` "€": the values are cents."""
    series = _told_apart(series)
    most = max((value for values in series.values() for value in values), default=0)
    room = (WIDTH - _LEFT - _RIGHT) / max(len(groups), 1)
    width = min(room * 0.8 / max(len(series), 1), 40)
    parts = [_scale(most, 100 if unit == "€" else 1, unit)]
    for index, group in enumerate(groups):
        middle = _LEFT + room * (index + 0.5)
        for number, values in enumerate(series.values()):
            top = _level(max(values[index], 0), most)
            start = middle - width * (len(series) / 2 - number)
            parts.append(
                f'<rect x="{_number(start)}" y="{_number(top)}" width="{_number(width * 0.92)}" '
                f'height="{_number(_FLOOR - top)}" fill="{COLOURS[number % len(COLOURS)]}"/>'
            )
        words = escape(typographic(group))
        parts.append(f'<text x="{_number(middle)}" y="{_FLOOR + 18}" text-anchor="middle">{words}</text>')
    keys = [
        f'<rect width="14" height="12" fill="{COLOURS[number % len(COLOURS)]}"/>'
        for number in range(len(series))
    ]
    return _framed(id, title, parts, list(series), keys)


def _told_apart(series: Mapping[str, Sequence[int]]) -> Mapping[str, Sequence[int]]:
    """No more series than there are colours: the smallest are drawn together, and their table has each."""
    order = sorted(series, key=lambda name: (-sum(series[name]), name))
    small = order[len(COLOURS) - 1 :]
    if len(small) < 2:
        return series
    others = [sum(values) for values in zip(*(series[name] for name in small), strict=True)]
    return {name: values for name, values in series.items() if name not in small} | {"Autres": others}


def svg(id: str, title: str, height: int, inside: str) -> Picture:
    """A picture of shapes in its own pixels."""
    frame = f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{id}" fill="none">'
    return Picture(id, title, Markup(f"{frame}{inside}</svg>"))


def _stroke(number: int) -> str:
    """The first line is the strongest."""
    width, dashes = 1.5 if number else 3, _DASHES[number]
    return f'stroke="{COLOURS[number]}" stroke-width="{width}" stroke-dasharray="{dashes}"'


def _framed(id: str, title: str, parts: Sequence[str], names: Sequence[str], keys: Sequence[str]) -> Picture:
    """The picture above its legend, as many names in a row as fit."""
    longest = max((len(name) for name in names), default=0)
    per_row = max(1, min(_PER_ROW, (WIDTH - _LEFT) // (8 * longest + 40)))
    room = 200 if per_row == _PER_ROW else (WIDTH - _LEFT) // per_row
    places = [(_LEFT + at % per_row * room, _HEIGHT + 6 + at // per_row * 22) for at in range(len(names))]
    legend = "".join(
        f'<g transform="translate({x} {y})">{key}<text x="30" y="11">{escape(typographic(name))}</text></g>'
        for (x, y), name, key in zip(places, names, keys, strict=True)
    )
    return svg(id, title, _HEIGHT + 10 + 22 * -(-len(names) // per_row), "".join(parts) + legend)


def _level(value: int, most: int) -> float:
    return _FLOOR - (_FLOOR - _TOP) * value / _ceiling(most)


def _ceiling(most: int) -> int:
    """The first round number from `most` on, of which a quarter is round, too."""
    if most > _ROUND[-1]:
        return 10 * _ceiling(-(-most // 10))
    return next(step for step in _ROUND if step >= most)


def _scale(most: int, per_unit: int, unit: str) -> str:
    parts = []
    for step in range(_STEPS + 1):
        value = Decimal(_ceiling(most)) * step / _STEPS / per_unit
        million = 10**6 if unit == "€" and _ceiling(most) >= 10**6 * per_unit else 1  # more has no room
        label = french_number(value / million, _decimals(value / million))
        level = _number(_FLOOR - (_FLOOR - _TOP) * step / _STEPS)
        words = f"{label} {'M' * (million > 1)}{unit}".rstrip()
        parts.append(
            f'<path d="M{_LEFT} {level}H{WIDTH - _RIGHT}" stroke="#d0d5da"/>'
            f'<text x="{_LEFT - 6}" y="{level}" dy="4" text-anchor="end">{words}</text>'
        )
    return "".join(parts)


def _decimals(value: Decimal) -> int:
    return next(places for places in (0, 1, 2) if places == 2 or value == round(value, places))


def _months(first_on: date, last_on: date, x: Callable[[date], str]) -> str:
    """The first days of months, as many as there is room for."""
    count = (last_on.year - first_on.year) * 12 + last_on.month - first_on.month
    starts = [
        date(first_on.year + (first_on.month + ahead) // 12, (first_on.month + ahead) % 12 + 1, 1)
        for ahead in range(count)
    ]
    return "".join(
        f'<path d="M{x(day)} {_FLOOR}v5" stroke="#555d66"/>'
        f'<text x="{x(day)}" y="{_FLOOR + 18}" text-anchor="middle">{day:%m/%Y}</text>'
        for day in starts[:: -(-len(starts) // 10) or 1]
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
