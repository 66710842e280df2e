"""`python -m tests.bench.country`: the nights of a country, against DuckDB's bare read of the same drops.

Months of drops are taken into the lake at their ends. Then come whole nights with all exports, each in a
process of its own: the first of the next month, on which all is built from nothing, what is due closes and
all workbooks are drawn; one that takes eight days at once; a night like most, the tenth, of one day's drops;
one with nothing new; of whole quarters, the one that closes the last one's calls. After twelve months they
expire a day each, and a month at the closing. Between: a search for 10,000 values, one journey explained, a
night that corrects one day of the first month. Page, picture and JSON go to the folder that `--out` names;
they keep one run of each size, and grow with each night. Left out: fifty million journeys.
"""

import argparse
import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dagster_project.sample import Drop, generate_by_month, write
from dagster_project.sample.people import UNDIALLABLE
from dagster_project.sample.spec import habit_of
from dagster_project.settings import PROJECT
from tests.bench import country_report, peak_gb
from tests.bench.world import FIRST_DAY, OPERATORS, spec, write_catalogue

# Days after the last month, with name and kind of their nights; each brings what came since the one before.
_NIGHTS = (
    (1, "all from nothing", "first"),
    (9, "eight days at once", "days"),
    (10, "a night like most", "normal"),
    (11, "nothing new", "nothing"),
    (12, "a day of the first month corrected", "deep"),
)
_LAST_DROPS = 10
_CORRECTED_DAY = FIRST_DAY + timedelta(days=14)
_OF_A_LOAD = ("catalogue", "drops")
_TOLD = (__doc__ or "").splitlines()[2:]


def floor(home: Path) -> dict[str, Any]:
    """Read every drop that waits, in the dialect that it is known to have, to Arrow, batch by batch."""
    rows = 0
    with duckdb.connect() as connection:
        for number, operator in enumerate(OPERATORS):
            habit = habit_of(number)
            query = connection.sql(
                "select * from read_csv($files, auto_detect = false, columns = $columns, delim = $delim, "
                "quote = '\"', header = $header, null_padding = true, ignore_errors = true)",
                params={
                    "files": [str(file) for file in (home / "drops" / operator / "incoming").glob("*")],
                    "columns": dict.fromkeys(habit.columns, "VARCHAR"),
                    "delim": habit.separator,
                    "header": habit.has_header,
                },
            )
            rows += sum(batch.num_rows for batch in query.to_arrow_reader(100_000))
    return {"rows": rows}


def night(day: date, *, loads: bool) -> dict[str, Any]:
    """The job `nightly` of a day, or its first steps alone; seconds of each step and of each model."""
    from dagster import AssetsDefinition, DagsterInstance, materialize

    from dagster_project.definitions import definitions
    from dagster_project.defs.resources import Night
    from dagster_project.runner.instance import use_dagster_home

    use_dagster_home()
    steps = [one for one in definitions().assets or () if isinstance(one, AssetsDefinition)]
    given: dict[str, Any] = {"partition_key": day.isoformat(), "raise_on_error": False}
    with DagsterInstance.get() as instance:
        if loads:
            loading = [one for one in steps if one.op.name in _OF_A_LOAD]
            result = materialize(loading, instance=instance, resources={"night": Night()}, **given)
        else:
            job = definitions().resolve_job_def("nightly")
            result = job.execute_in_process(instance=instance, **given)
    failed = [str(event.step_key) for event in result.all_events if event.is_step_failure]
    if failed:
        raise SystemExit(f"{day}: {', '.join(failed)} failed")
    seconds = {
        event.step_key: event.step_success_data.duration_ms / 1000
        for event in result.all_events
        if event.is_step_success
    }
    models = {
        event.asset_key.to_user_string(): float(metadata["seconds"].value)  # type: ignore[arg-type]
        for event in result.get_asset_materialization_events()
        if event.asset_key
        and "seconds" in (metadata := event.step_materialization_data.materialization.metadata)
    }
    return {"steps": seconds, "models": models}


def prove() -> dict[str, Any]:
    """Search every file for 10,000 values that no file holds: lines that begin as the world's do, and ids."""
    from dagster_project.lake.store import Lake
    from dagster_project.retention.needles import Needles
    from dagster_project.retention.search import search

    chance = random.Random(1)
    lines = [f"{UNDIALLABLE}{chance.randrange(5 * 10**6, 10**7):09d}" for _ in range(9_000)]
    hits, files = search(
        Lake(), Needles([*lines, *(f"{chance.getrandbits(128):032x}" for _ in range(1_000))])
    )
    return {"files": files, "hits": len(hits)}


def explain() -> dict[str, Any]:
    """Say of one journey why its campaign pays what it pays."""
    from dagster_project.catalogue import catalogue
    from dagster_project.lake.store import Lake
    from dagster_project.settings import settings
    from dagster_project.simulation.explain import of_night
    from dagster_project.warehouse import cache

    with cache.reading(Lake()) as connection:
        campaign_id, *journey = connection.execute(
            "select campaign_id, operator_id, operator_journey_id from campaigns.campaign_incentives limit 1"
        ).fetchall()[0]
    campaign = next(one for one in catalogue.campaigns(settings().catalogue) if one.id == campaign_id)
    start = time.perf_counter()
    of_night(Lake(), campaign, *journey)
    return {"explained_s": round(time.perf_counter() - start, 1)}


def _measured(home: Path, name: str, day: date | None = None) -> dict[str, Any]:
    """One measure in a process of its own: wall and processor seconds, peak memory, what it says."""
    command = [sys.executable, "-m", "tests.bench.country", "--measure", name, "--home", str(home)]
    command += ["--day", day.isoformat()] if day else []
    environment = os.environ | {
        "ENTREPOT_HOME": str(home),
        "ENTREPOT_CATALOGUE": str(home.parent / "catalogue"),
        "ENTREPOT_SETTLE_S": "0",
        "ENTREPOT_MOST_DAYS_AHEAD": "400",
    }
    ran = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{name} {day or ''}: {ran.stderr[-2_000:]}")
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _measure(name: str, home: Path, day: date | None) -> None:
    start = time.perf_counter()
    if day:
        told = night(day, loads=name == "load")
    else:
        told = {"floor": lambda: floor(home), "prove": prove, "explain": explain}[name]()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    sys.stdout.write("\n" + json.dumps({
        "wall_s": round(time.perf_counter() - start, 1),
        "processor_s": round(sum(one.ru_utime + one.ru_stime for one in used), 1),
        "peak_gb": round(peak_gb(), 2),
        **told,
    }))  # fmt: skip


def measures(home: Path, journeys: int, months: int) -> Iterator[dict[str, Any]]:
    """Load the months, then the nights after them."""
    last = _last_day(months)
    days = (last - FIRST_DAY).days + 1
    whole = spec(round(journeys * months * (days + _LAST_DROPS) / days), last + timedelta(_LAST_DROPS))
    by_month: Iterator[list[Drop]] = generate_by_month(whole, PROJECT / "data/reference")
    corrected: list[Drop] = []
    for month in range(1, months + 1):
        drops = next(by_month)
        corrected += [
            _corrected(one, last + timedelta(12)) for one in drops if one.business_date == _CORRECTED_DAY
        ]
        write(drops, home / "drops")
        read, day = _measured(home, "floor"), _last_day(month)
        yield {"name": f"read of {day:%Y-%m}", "kind": "floor", **read}
        yield {
            "name": f"load of {day:%Y-%m}",
            "kind": "load",
            "rows": read["rows"],
            **_measured(home, "load", day),
        }
    daily, before = next(by_month), last
    for number, name, kind in _NIGHTS:
        day = last + timedelta(number)
        write([drop for drop in [*daily, *corrected] if before < drop.business_date <= day], home / "drops")
        yield {"name": name, "kind": kind, **_measured(home, "night", day)}
        before = day
    yield {"name": "10,000 values searched", "kind": "prove", **_measured(home, "prove")}
    yield {"name": "one journey explained", "kind": "explain", **_measured(home, "explain")}
    if months % 3 == 0:
        closes_on = _last_day(months + 1) + timedelta(days=1)
        yield {"name": "a quarter closes", "kind": "closing", **_measured(home, "night", closes_on)}


def _corrected(drop: Drop, day: date) -> Drop:
    """The same journeys, sent again on a later day with another revenue."""
    habit = habit_of(OPERATORS.index(drop.operator_id))

    def spelled() -> bytes:
        rows = pl.read_csv(
            drop.content,
            has_header=habit.has_header,
            new_columns=habit.columns,
            separator=habit.separator,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
        again = rows.with_columns(pl.lit("1").alias("driver.revenue"))
        return again.write_csv(separator=habit.separator, include_header=habit.has_header).encode()

    name = f"corrections_{day}.csv"
    sent_at = drop.dropped_at + (day - drop.business_date)
    return replace(drop, business_date=day, name=name, dropped_at=sent_at, spelled=spelled)


def _last_day(month: int) -> date:
    year, index = divmod(FIRST_DAY.month - 1 + month, 12)
    return date(FIRST_DAY.year + year, index + 1, 1) - timedelta(days=1)


def main() -> None:
    """Make the world, measure its nights, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=1)
    parser.add_argument("--journeys", type=int, default=1_120_000, help="a month")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs")
    parser.add_argument("--keep", type=Path, help="an absent folder for the world; it stays")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--day", type=date.fromisoformat, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options.measure, options.home, options.day)
        return
    folder = options.keep or Path(tempfile.mkdtemp(prefix="entrepot-bench-"))
    home = folder / "home"
    home.mkdir(mode=0o700, parents=True)
    options.out.mkdir(parents=True, exist_ok=True)
    write_catalogue(folder / "catalogue")
    table = options.out / "bench.json"
    known = json.loads(table.read_text("utf-8")) if table.exists() else []
    found = []
    for one in measures(home, options.journeys, options.months):
        found.append(one)
        print(
            f"{one['name']:<36}{one['wall_s']:>9.1f} s{one['processor_s']:>9.1f} s{one['peak_gb']:>7.2f} GB",
            flush=True,
        )
        if one["kind"] == "floor":
            continue  # its rows are told with their load
        run = _run(found, home, options.months, options.journeys)
        size = {name: run[name] for name in ("months", "journeys")}
        runs = [run, *(other for other in known if not size.items() <= other.items())]
        country_report.write(sorted(runs, key=lambda one: int(one["rows"])), options.out, _TOLD)
    if not options.keep:
        shutil.rmtree(folder)


def _run(found: list[dict[str, Any]], home: Path, months: int, journeys: int) -> country_report.Run:
    files = [file for file in home.rglob("*") if file.is_file()]
    return {
        "months": months,
        "journeys": journeys,
        "rows": sum(one.get("rows", 0) for one in found if one["kind"] == "load"),
        "day": date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}",
        "files": len(files),
        "gb": round(sum(file.stat().st_size for file in files) / 1e9, 1),
        "found": found,
    }


if __name__ == "__main__":
    main()
