"""`make bench`: one night on a million journeys against the bare cost of reading the same CSVs with DuckDB.

Each measure runs in a process of its own: wall seconds, processor seconds, peak memory, ratio to the read.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.sample import Spec, generate, write
from dagster_project.settings import PROJECT
from tests.bench import peak_gb

REFERENCE = PROJECT / "data" / "reference"


def bare_read(home: Path) -> dict[str, float]:
    """Every cell of every drop, as text, from DuckDB's CSV reader to this process, batch by batch."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        for file in sorted((home / "drops").glob("*/incoming/*")):
            rows = connection.sql(
                f"select * from read_csv('{file}', all_varchar = true, ignore_errors = true)"
            ).to_arrow_reader(100_000)
            assert sum(batch.num_rows for batch in rows)
    return {}


def one_drop(home: Path) -> dict[str, float]:
    """Contract, placing, identification and writing of what waits; no dbt."""
    os.environ["ENTREPOT_HOME"] = str(home)
    from dagster_project.drops.claim import claim
    from dagster_project.drops.ingest import ingest
    from tests.conftest import make_known

    lake = Lake(home)
    known = make_known(frozenset(Spec().operators), chunk_bytes=64 << 20, max_bytes=10**10)
    outcomes = [
        ingest(drop, lake, known, Spec().last_day, Troubles()) for drop in claim(lake.drops, Troubles())
    ]
    return {f"{outcome.rows:,} rows": 0.0 for outcome in outcomes}


def night(home: Path) -> dict[str, float]:
    """The job `nightly`, step by step, in seconds."""
    os.environ["ENTREPOT_HOME"] = str(home)
    from dagster_project.runner.night import execute_night

    result = execute_night(Spec().last_day)
    assert result.success
    return {
        event.step_key: event.step_success_data.duration_ms / 1000
        for event in result.all_events
        if event.is_step_success
    }


MEASURES = {"bare read": bare_read, "one drop": one_drop, "night": night}


def _measure(name: str, home: Path) -> None:
    start = time.perf_counter()
    steps = MEASURES[name](home)
    used = resource.getrusage(resource.RUSAGE_SELF)
    wall, processor = time.perf_counter() - start, used.ru_utime + used.ru_stime
    sys.stdout.write(json.dumps({"wall": wall, "processor": processor, "peak": peak_gb(), "steps": steps}))


def main() -> None:
    """Write the sample, take every measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journeys", type=int, default=1_000_000)
    parser.add_argument("--measure", choices=list(MEASURES), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options.measure, options.home)
        return
    drops, _ = generate(Spec(journeys=options.journeys, nights=1, epcis=()), REFERENCE)
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as folder:
        write(drops, Path(folder) / "drops")
        report(f"A night of {options.journeys:,} journeys", Path(folder), "night")
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as folder:
        file = Path(folder) / "drops" / "alpimob" / "incoming" / "one.csv"
        file.parent.mkdir(parents=True)
        headed = [drop.content for drop in drops if drop.operator_id == "alpimob"]
        multiply(headed, 5 * options.journeys, file)
        report(f"One drop of {5 * options.journeys:,} rows", Path(folder), "one drop")
    for name, journeys in (("campaigns", options.journeys), ("rules", 12 * options.journeys)):
        command = [sys.executable, "-m", f"tests.bench.{name}", str(journeys)]
        subprocess.run(command, cwd=PROJECT, check=True)


def multiply(contents: list[bytes], rows: int, file: Path) -> None:
    """One file of `rows` rows: those of some headed files, again and again under new ids."""
    header, _, _ = contents[0].partition(b"\n")
    lines = [line for content in contents for line in content.split(b"\n")[1:] if line]
    with file.open("wb") as target:
        target.write(header + b"\n")
        for number in range(rows):
            again, at = divmod(number, len(lines))
            quote = b'"' if lines[at].startswith(b'"') else b""
            target.write(b"%b%d-%b\n" % (quote, again, lines[at].removeprefix(b'"')))


def report(title: str, home: Path, measured: str) -> None:
    """The bare read and one measure, side by side."""
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    print(f"{title}: {size / 1e6:,.0f} MB on disk, {os.cpu_count()} cores\n")
    print(f"{'':<24}{'wall s':>9}{'processor s':>13}{'peak GB':>9}{'× read':>9}")
    read = 0.0
    for name in ("bare read", measured):
        command = [sys.executable, "-m", "tests.bench.night", "--measure", name, "--home", str(home)]
        told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
        found = json.loads(told.splitlines()[-1])
        read = read or found["wall"]
        print(
            f"{name:<24}{found['wall']:>9.1f}{found['processor']:>13.1f}"
            f"{found['peak']:>9.2f}{found['wall'] / read:>9.1f}"
        )
        for step, seconds in found["steps"].items():
            print(f"  {step:<22}{seconds:>9.1f}{'':>22}{seconds / read:>9.1f}")
    print()


if __name__ == "__main__":
    main()
