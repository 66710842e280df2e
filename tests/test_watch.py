"""A night leaves a page; who is to be told is told once, of a failure and of a night that is not there."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from dagster import AssetKey

from dagster_project.cli import main as cli
from dagster_project.lake.store import Lake
from dagster_project.runner.night import run_night
from dagster_project.watch import missed, tell
from dagster_project.watch.report import write_report

from .conftest import copy_home, dagster_of, use

NIGHT = date(2021, 6, 9)


@pytest.fixture
def hook(configure: Callable[..., None]) -> Iterator[list[dict[str, str]]]:
    """What a webhook is told; the settings name it."""
    told: list[dict[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    configure(notify=f"json://127.0.0.1:{server.server_port}/nuit")
    yield told
    server.shutdown()
    server.server_close()


def _watch(*arguments: str) -> int:
    return CliRunner().invoke(cli.main, ["watch", *arguments]).exit_code


def test_a_night_that_stops_is_told_once_with_its_remedy_and_one_that_ends_is_not(
    houses: dict[str, Lake], tmp_path: Path, hook: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(houses["first"], tmp_path / "home")
    lake = use(tmp_path / "home")
    day = f"{NIGHT:%Y-%m-%d}"
    assert _watch("--date", day) == 1
    assert [one["title"] for one in hook] == [f"Entrepôt (production) : la nuit du {day} n'a pas eu lieu"]
    ledger = next(lake.zone("warehouse").glob("ledger_entries/*.parquet"))
    kept = ledger.read_bytes()
    ledger.write_bytes(kept[:-1])
    (failure, *_) = run_night(NIGHT).failures
    page, told = (lake.nights / f"{day}.html").read_text("utf-8"), hook[-1]
    assert told["title"].endswith(f"la nuit du {day} s'est arrêtée")
    assert f"{ledger.relative_to(lake.home)} is not whole" in failure and failure in told["message"]
    assert "La nuit s'est arrêtée" in page
    assert _watch("--date", day) == 1 and hook[-1]["title"] == told["title"]
    ledger.write_bytes(kept)
    (damaged := lake.nights / "2021-06-05.json").write_text("{", "utf-8")
    count = len(hook)
    outcome = run_night(NIGHT)
    damaged.unlink()
    assert outcome.failures == []
    findings = json.loads((lake.nights / f"{day}.json").read_text("utf-8"))["findings"]
    assert [one for one in findings if one["is_alarm"] or one["since"] == day] == hook[count:] == []
    assert _watch("--date", day) == 0
    count = len(hook)
    with dagster_of(lake) as instance:
        (run,) = instance.get_runs(limit=1)
        assert not write_report(lake, instance, run.run_id, day)[1]  # as the sensor, which sees it, too
    assert len(hook) == count
    found = json.loads((lake.nights / f"{day}.json").read_text("utf-8"))["findings"]
    nights = {file.stem for file in lake.nights.glob("*.json")}
    since = {one["since"] for one in found}
    assert since <= nights and {one for one in since if one < day}, since
    # Had it been last night, with none on two days before: it stands in for them, and they are not missing.
    for file in lake.nights.glob("*.json"):
        file.unlink()
    before = {"business_date": "2021-06-06", "stands_in_for": [], "failures": [], "findings": []}
    (lake.nights / "2021-06-06.json").write_text(json.dumps(before), "utf-8")
    monkeypatch.setattr(missed, "_yesterday", lambda: NIGHT)
    with dagster_of(lake) as instance:
        report, is_new = write_report(lake, instance, run.run_id, day)
        again, _ = write_report(lake, instance, run.run_id, day)
        assert again.stands_in_for == report.stands_in_for, "seen again, it has done the same days"
        made = instance.get_materialized_partitions(AssetKey(["finance", "fund_calls"]))
    assert is_new and report.stands_in_for == ("2021-06-07", "2021-06-08")
    assert {"2021-06-07", "2021-06-08"} <= made
    assert "2021-06-06" in made, "a night whose run Dagster keeps no longer is not missing"
    page = (lake.nights / f"{day}.html").read_text("utf-8")
    assert "le travail des jours sans nuit : " in page and "2021-06-07, 2021-06-08.</p>" in page


def test_a_night_that_runs_still_and_a_damaged_page_are_told_as_such(
    tmp_path: Path, hook: list[dict[str, str]]
) -> None:
    lake, day = use(tmp_path), f"{NIGHT:%Y-%m-%d}"
    with lake.lock():
        assert _watch("--date", day) == 1 and hook[-1]["title"].endswith("encore occupé")
    lake.nights.mkdir()
    (lake.nights / f"{day}.json").write_text("{", "utf-8")
    assert _watch("--date", day) == 1 and hook[-1]["title"].endswith("n'a plus de page lisible")


def test_a_home_that_cannot_be_looked_at_is_told(
    tmp_path: Path, hook: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "nights"))

    use(tmp_path)
    monkeypatch.setattr(tell, "missing", closed)
    assert _watch("--date", f"{NIGHT:%Y-%m-%d}") == 1
    assert hook[-1]["title"].endswith("ne peut pas être lue") and "chown" in hook[-1]["message"]


def test_days_off_for_long_are_done_by_the_nights_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    first, back = date(2021, 1, 1), date(2021, 4, 30)
    done = {first}
    off = {first + timedelta(days=day) for day in range(1, (back - first).days)}
    assert missed.stands_in_for(back, done) == ()  # not of yesterday: others are still to come
    for night in (back, back + timedelta(days=1)):
        monkeypatch.setattr(missed, "_yesterday", lambda night=night: night)
        days = missed.stands_in_for(night, done)
        assert list(days) == sorted(off - done)[-62:] and days
        done |= {night, *days}
    assert off <= done and missed.stands_in_for(night, done) == ()


def test_an_address_that_takes_nothing_is_told_and_stops_no_night(configure: Callable[..., None]) -> None:
    configure(notify="json://127.0.0.1:9/nowhere")
    assert _watch("--try") == 1
    for nobody in (None, "\n"):  # as an empty file gives it
        configure(notify=nobody)
        assert _watch("--try") == 0
