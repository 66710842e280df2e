"""The page of `make bench`: hours of measures must not be lost to it."""

from pathlib import Path
from xml.etree import ElementTree

from tests.bench import country_report


def _run(months: int, seconds: float) -> country_report.Run:
    def measure(kind: str, name: str) -> dict[str, object]:
        return {"kind": kind, "name": name, "wall_s": seconds, "processor_s": seconds, "peak_gb": 1.0}

    night = {"steps": {"evaluation": seconds, "documents": seconds}, "models": {}}
    return {
        **{"months": months, "journeys": 100, "rows": months * 1_000_000, "day": "2025-01-01"},
        **{"machine": "a machine", "files": 10, "gb": 1.5},
        "found": [
            measure("floor", "read of 2025-01"),
            measure("load", "load of 2025-01") | {"rows": months * 1_000_000} | night,
            measure("first", "all from nothing & more") | night,
        ],
    }


def test_the_page_says_how_costs_grow_with_the_base(tmp_path: Path) -> None:
    country_report.write([_run(1, 30), _run(4, 240)], tmp_path, ["Told."])
    page = (tmp_path / "bench.md").read_text("utf-8")
    # Eight times the cost of four times the rows.
    assert "| all from nothing & more | 30 (30; 1.0) | 240 (240; 1.0) | 1.50 |" in page
    assert "| all tables from nothing, seconds per million rows | ≤ 25 | 60 | 120 |" in page
    assert ElementTree.parse(tmp_path / "bench.svg").getroot().tag.endswith("svg")


def test_of_one_size_no_growth_is_told(tmp_path: Path) -> None:
    country_report.write([_run(1, 30)], tmp_path, [])
    assert "| all from nothing & more | 30 (30; 1.0) |  |" in (tmp_path / "bench.md").read_text("utf-8")
