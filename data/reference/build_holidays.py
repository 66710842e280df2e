"""Make holidays.parquet out of a pinned public package (see SOURCES.md).

`python data/reference/build_holidays.py [CACHE]`; the same package gives the same bytes.
"""

import csv
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import polars as pl

WHEEL = "vacances_scolaires_france-0.12.0-py3-none-any.whl"
SHA256 = "eeb279f0e29e81cdca42fec821fa3b4e3405490accb1b0aa28689e761d76e7f8"
FIRST_YEAR = 2020
# The départements of each zone's academies (arrêtés du calendrier scolaire, since 2018).
ZONES = {
    "a": "01 03 07 15 16 17 19 21 23 24 25 26 33 38 39 40 42 43 47 58 63 64 69 70 71 73 74 79 86 87 89 90",
    "b": "02 04 05 06 08 10 13 14 18 22 27 28 29 35 36 37 41 44 45 49 50 51 52 53 54 55 56 57 59 60 61 62 "
    "67 68 72 76 80 83 84 85 88",
    "c": "09 11 12 30 31 32 34 46 48 65 66 75 77 78 81 82 91 92 93 94 95",
}
FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)  # days: Monday, Ascension, Whit Monday


def fetch(cache: Path) -> zipfile.ZipFile:
    """The wheel, downloaded where CACHE lacks it; raise ValueError if it is not the pinned one."""
    if not (cache / WHEEL).exists():
        order = ["pip", "download", "--no-deps", "vacances-scolaires-france==0.12.0"]
        subprocess.run([sys.executable, "-m", *order], cwd=cache, check=True)
    if hashlib.sha256((cache / WHEEL).read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{WHEEL} is not the pinned file: delete it from the cache or review the new one")
    return zipfile.ZipFile(cache / WHEEL)


def school_holidays(wheel: zipfile.ZipFile) -> Iterator[tuple[str, date, date]]:
    """Each run of days without school, by département."""
    table = io.TextIOWrapper(wheel.open("vacances_scolaires_france/data/data.csv"), "utf-8")
    days = [row for row in csv.DictReader(table) if int(row["date"][:4]) >= FIRST_YEAR]
    for zone, codes in ZONES.items():
        for is_free, run in groupby(days, lambda row: row[f"vacances_zone_{zone}"] == "True"):  # noqa: B023
            on = [date.fromisoformat(row["date"]) for row in run]
            if is_free:
                yield from ((code, on[0], on[-1]) for code in codes.split())


def easter(year: int) -> date:
    """Easter Sunday (Meeus, Jones and Butcher)."""
    century, golden = year // 100, year % 19
    leap, shift = century // 4, (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap - shift + 15) % 30
    after = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - moon - year % 4) % 7
    months = (golden + 11 * moon + 22 * after) // 451
    days = moon + after - 7 * months + 114
    return date(year, days // 31, days % 31 + 1)


def main(cache: Path) -> None:
    """Build the table beside this file and print what it holds."""
    school = list(school_holidays(fetch(cache)))
    last_year = max(to_on for _, _, to_on in school).year
    public = [
        (None, day, day)
        for year in range(FIRST_YEAR, last_year + 1)
        for day in (
            *(date(year, *on) for on in FIXED),
            *(easter(year) + timedelta(after) for after in AFTER_EASTER),
        )
    ]
    columns = {"departement_code": pl.String, "from_on": pl.Date, "to_on": pl.Date}
    table = pl.DataFrame([*public, *school], schema=columns, orient="row").unique().sort(*columns)
    path = Path(__file__).with_name("holidays.parquet")
    table.write_parquet(path)
    print(
        f"{path.name}: {table.height} rows, {path.stat().st_size / 1e3:.0f} kB, until {table['to_on'].max()}"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else directory))
