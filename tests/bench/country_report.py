"""What nights of a country cost as its base grows: docs/bench.json as a page and a picture."""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import log, log10
from pathlib import Path
from typing import Any

from markupsafe import escape

from dagster_project.pages.charts import COLOURS, WIDTH

# Of one size: months, journeys of each, rows, machine, day, files, gb; found: what measures() yields.
Run = Mapping[str, Any]

_STEPS_TOLD = 12
_HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 460, 70, 210, 20, 40
_LABEL = 15  # pixels between two names
_ASKED = (
    ("load", "load of all drops, times the bare read", 4),
    ("tables", "all tables from nothing, seconds per million rows", 25),
    ("normal", "a night like most, seconds", 60),
    ("nothing", "a night with nothing new, seconds", 15),
    ("closing", "the night that closes a quarter, seconds", 480),
    ("prove", "a search for 10,000 values, seconds", 120),
    ("explain", "`explain` with its start-up, seconds", 3),
)


def write(runs: Sequence[Run], folder: Path, told: Sequence[str]) -> None:
    """bench.json, .md and .svg, of runs from the smallest to the largest; `told`: what is measured."""
    (folder / "bench.json").write_text(json.dumps(runs, indent=1) + "\n", "utf-8")
    (folder / "bench.svg").write_text(_picture(runs), "utf-8")
    (folder / "bench.md").write_text("\n".join(_page(runs, told)) + "\n", "utf-8")


def costs(run: Run) -> dict[str, dict[str, float]]:
    """Of each kind: wall and processor seconds, peak memory; of reads and loads, all months together."""
    sums: dict[str, dict[str, float]] = {}
    for one in run["found"]:
        cost = sums.setdefault(one["kind"], {"wall_s": 0, "processor_s": 0, "peak_gb": 0})
        cost["wall_s"] += one["wall_s"]
        cost["processor_s"] += one["processor_s"]
        # What loads held was not measured rightly before 30 November 2026: it is left out.
        cost["peak_gb"] = max(cost["peak_gb"], one.get("peak_gb", 0))
    return sums


def growth(points: Sequence[tuple[float, float]]) -> float | None:
    """The exponent of a cost over a size, by least squares of their logarithms; none of one size."""
    if len(points) < 2:
        return None
    sizes, found = zip(*((log(size), log(cost)) for size, cost in points), strict=True)
    size, cost = sum(sizes) / len(sizes), sum(found) / len(found)
    pairs = list(zip(sizes, found, strict=True))
    return sum((x - size) * (y - cost) for x, y in pairs) / sum((x - size) ** 2 for x in sizes)


def _points(runs: Sequence[Run], kind: str, what: str) -> list[tuple[float, float]]:
    return [(run["rows"], cost[kind][what]) for run in runs if kind in (cost := costs(run))]


def _names(runs: Sequence[Run]) -> dict[str, str]:
    named = {one["kind"]: one["name"] for run in runs for one in run["found"]}
    return named | {"floor": "bare read of all drops", "load": "load of all drops"}


def _page(runs: Sequence[Run], told: Sequence[str]) -> Iterator[str]:
    yield from ("# Nights of a country as its base grows", "", *told, "")
    yield "| base | rows | measured on | machine | files at the end | GB |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for run in runs:
        yield (
            f"| {_months(run)} | {run['rows']:,} | {run['day']} | {run['machine']} | {run['files']:,} "
            f"| {run['gb']:.1f} |"
        )
    yield from ("", "Wall seconds (processor seconds; peak of memory, GB). Growth: the exponent of processor")
    yield "seconds over rows: 0 costs the same whatever the base, 1 grows as the base does."
    yield from (
        "",
        f"| what | {' | '.join(map(_months, runs))} | growth |",
        f"| --- |{' --- |' * (len(runs) + 1)}",
    )
    for kind, name in _names(runs).items():
        exponent = growth(_points(runs, kind, "processor_s"))
        cells = [_cost(costs(run).get(kind)) for run in runs]
        yield f"| {name} | {' | '.join(cells)} | {'' if exponent is None else f'{exponent:.2f}'} |"
    yield from ("", "![Wall seconds against rows, both axes logarithmic](bench.svg)", "")
    yield f"| what | asked of a year | {' | '.join(map(_months, runs))} |"
    yield f"| --- | --- |{' --- |' * len(runs)}"
    for kind, what, most in _ASKED:
        yield f"| {what} | ≤ {most} | {' | '.join(_measured(run, kind) for run in runs)} |"
    for one in runs[-1]["found"]:
        if "steps" in one and one["kind"] != "load":
            costly = sorted({**one["steps"], **one["models"]}.items(), key=lambda item: -item[1])
            steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in costly[:_STEPS_TOLD])
            yield from ("", f"Costliest of « {one['name']} », {_months(runs[-1])}, seconds: {steps}.")


def _months(run: Run) -> str:
    return f"{run['months']} month{'s' if run['months'] > 1 else ''} of {run['journeys']:,}"


def _cost(cost: Mapping[str, float] | None) -> str:
    if cost is None:
        return ""
    peak = f"; {cost['peak_gb']:.1f}" if cost["peak_gb"] else ""
    return f"{cost['wall_s']:.0f} ({cost['processor_s']:.0f}{peak})"


def _measured(run: Run, kind: str) -> str:
    cost, first = costs(run), next((one for one in run["found"] if one["kind"] == "first"), None)
    if kind == "load":
        return f"{cost['load']['wall_s'] / cost['floor']['wall_s']:.1f}"
    if kind == "tables":
        tables = first["steps"]["evaluation"] + first["steps"]["documents"] if first else 0
        return f"{tables / run['rows'] * 1e6:.0f}" if first else ""
    return f"{cost[kind]['wall_s']:.0f}" if kind in cost else ""


def _picture(runs: Sequence[Run]) -> str:
    """A line for each kind, seconds over rows, both axes logarithmic; its name and growth at its end."""
    names = _names(runs)
    points = {kind: found for kind in names if (found := _points(runs, kind, "wall_s"))}
    most = max(seconds for found in points.values() for _, seconds in found)
    low, high = log10(runs[0]["rows"]), max(log10(runs[-1]["rows"]), log10(runs[0]["rows"]) + 0.1)

    def x(rows: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (log10(rows) - low) / (high - low)

    def y(seconds: float) -> float:
        floor = _HEIGHT - _BOTTOM
        return floor - (floor - _TOP) * max(log10(seconds), 0) / log10(most)

    parts = []
    for power in range(int(log10(most)) + 1):
        level = y(10**power)
        parts.append(f'<path d="M{_LEFT} {level:.0f}H{WIDTH - _RIGHT}" stroke="#d5dae0"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{level + 4:.0f}" text-anchor="end">{10**power:,} s</text>')
    for run in runs:
        words = f"{run['rows'] / 1e6:.1f} M rows"
        parts.append(f'<text x="{x(run["rows"]):.0f}" y="{_HEIGHT - 14}" text-anchor="middle">{words}</text>')
    lowest = float(_HEIGHT)
    for number, (kind, found) in enumerate(sorted(points.items(), key=lambda one: one[1][-1][1])):
        colour = COLOURS[number % len(COLOURS)]
        drawn = "L".join(f"{x(rows):.0f} {y(seconds):.0f}" for rows, seconds in found)
        parts.append(f'<path d="M{drawn}" stroke="{colour}" stroke-width="2" fill="none"/>')
        parts += [f'<circle cx="{x(rows):.0f}" cy="{y(s):.0f}" r="3" fill="{colour}"/>' for rows, s in found]
        lowest = min(y(found[-1][1]) + 4, lowest - _LABEL)
        exponent = growth(_points(runs, kind, "processor_s"))
        words = names[kind] if exponent is None else f"{names[kind]} ({exponent:.2f})"
        parts.append(
            f'<text x="{WIDTH - _RIGHT + 10}" y="{lowest:.0f}" fill="{colour}">{escape(words)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )
