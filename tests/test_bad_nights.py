"""What docs/mauvaise_nuit.md says is seen was seen: each line is provoked on a night, and read back."""

import html
import json
import re
import shutil
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine
from sqlalchemy.event import listen

from dagster_project.cli import main as cli
from dagster_project.contracts.lake_tables import DROPS, FINDINGS, JOURNEYS
from dagster_project.drops.claim import Offer
from dagster_project.drops.one_file import Reader
from dagster_project.lake.store import Lake
from dagster_project.proof import witness
from dagster_project.retention import surprise
from dagster_project.runner import event_log
from dagster_project.sample import Drop, Spec, generate, write
from dagster_project.settings import PROJECT, settings
from dagster_project.warehouse import dbt_run
from dagster_project.watch import missed, tell
from dagster_project.watch.remedies import REMEDIES

from .conftest import LAKES, REFERENCE, copy_home, unpacked, use
from .support.nights import run_steps

_CHECKS = ("every drop was taken", "no document is held back", "every operator sends as usual")
_GREEN: dict[str, object] = {"stands_in_for": [], "failures": [], "findings": []}
_PAGE = (PROJECT / "docs" / "mauvaise_nuit.md").read_text("utf-8")
_ROWS = [row for row in _PAGE.splitlines() if row.startswith("| `")]
_SEEN = [seen for row in _ROWS for seen in re.findall(r"`([^`]*)`", row.split(" | ")[0])]

Provoke = Callable[[Lake, pytest.MonkeyPatch], object]
# By how the words of the page begin: what provokes them (a generator as long as the night lasts), and when.
_PROVOKED: dict[str, tuple[Provoke, date]] = {}


def _by(beginning: str, on: date = date(2021, 4, 17)) -> Callable[[Provoke], Provoke]:
    def known(provoke: Provoke) -> Provoke:
        _PROVOKED[beginning] = (provoke, on)
        return provoke

    return known


@_by("The night of … comes", on=date(2021, 6, 1))
def _the_clock_is_wrong(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("ENTREPOT_MOST_DAYS_AHEAD", "31")


@_by("Another run is at work")
def _another_run(lake: Lake, patch: pytest.MonkeyPatch) -> Iterator[None]:
    with lake.lock():
        yield


@_by("lake/… is under the key")
def _another_key(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    key = lake.keys / "active.key"
    key.write_bytes(bytes(reversed(key.read_bytes())))


@_by("What is kept here was made with")
def _a_lost_key(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    (lake.keys / "identity.key").unlink()


@_by("Others can read the key")
def _an_open_key(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    (lake.keys / "active.key").chmod(0o644)


@_by("signing.pem is missing")
def _a_lost_signing_key(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    (lake.keys / "signing.pem").unlink()


@_by("the witness … cannot be read")
def _a_witness_that_is_no_file(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    witness.file(lake).unlink()
    witness.file(lake).mkdir()


@_by("The home cannot be read or written")
def _a_file_of_another_kind(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    file = lake.zone("") / "SCHEMA.json"
    file.unlink()
    file.mkdir()


@_by("… has 204 MB free")
def _a_disk_almost_full(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    disk = namedtuple("disk", "total used free")
    patch.setattr(shutil, "disk_usage", lambda _: disk(10**9, 0, 3 * 10**6))


@_by("Dagster's storage, or the night's page")
def _a_disk_that_fills(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    """A log that may have no more pages: SQLite says the same of a disk without room."""

    def limited(*given: Any, **named: Any) -> Any:
        engine = create_engine(*given, **named)
        listen(engine, "connect", lambda opened, _: opened.execute("pragma max_page_count = 60"))
        return engine

    patch.setattr(event_log, "create_engine", limited)


def _ledger_file(lake: Lake) -> Path:
    return min(lake.zone("warehouse").glob("ledger_entries/*.parquet"))


@_by("The lake cannot be read: lake/… is not whole")
def _a_torn_file(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    file = _ledger_file(lake)
    file.write_bytes(file.read_bytes()[:-9])


@_by("The lake cannot be read: lake/… cannot be opened")
def _a_file_that_leads_nowhere(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    """Whose tests run as root may read every file: a link stands for a file of others."""
    file = _ledger_file(lake)
    file.unlink()
    file.symlink_to("nowhere")


@_by("The lake cannot be read: lake/… is gone")
def _a_lost_file(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    min(lake.folder(JOURNEYS).rglob("*.parquet")).unlink()


@_by("The lake cannot be read: lake/… is another")
def _a_changed_file(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    _change(min(lake.folder(JOURNEYS).rglob("*.parquet")))


def _change(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@_by("A copy was being brought back")
def _half_restored(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    lake.half_restored.touch()


@_by("The lake in … does not say")
def _of_the_first_version(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(lake.home)
    unpacked(lake.home.parent, LAKES[0])


@_by("The lake in …:")
def _of_a_version_with_other_columns(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    file = lake.zone("") / "SCHEMA.json"
    tables = json.loads(file.read_text("utf-8"))
    tables["journeys"].popitem()
    file.write_text(json.dumps(tables), "utf-8")


@_by("retention__removals: The night of …", on=date(2022, 5, 1))
def _most_of_the_base_goes(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(surprise, "_FEW_ROWS", 0)
    patch.setenv("ENTREPOT_MOST_REMOVED_PERCENT", "10")


@_by("ledger__closings: The ledger is not as it was closed")
def _a_changed_ledger(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    _ledger_file(lake).unlink()


def _model(name: str) -> Any:
    nodes = dbt_run.manifest(Lake().dbt_output).nodes.values()
    (found,) = (node for node in nodes if node.name == name)
    return found


@_by("evaluation: dbt: model.")
def _a_model_that_meets_a_value(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    code = "with t as (select '+33639980123x' as phone)\nselect cast(phone as integer) as drop_id from t"
    patch.setattr(_model("int_deliveries"), "raw_code", code)


@_by("evaluation: dbt: test.")
def _a_model_that_counts_twice(lake: Lake, patch: pytest.MonkeyPatch) -> None:
    model = _model("campaign_incentives")
    patch.setattr(model, "raw_code", f"from ({model.raw_code}) union all from ({model.raw_code})")


def _said(seen: str, text: str) -> bool:
    """`…` stands for anything in a line, a number for any."""
    parts = (re.sub(r"\d+", r"\\d+", re.escape(part)) for part in seen.split("…"))
    return bool(re.search(".*?".join(parts), text))


@pytest.mark.parametrize("beginning", _PROVOKED)
def test_a_bad_night_says_what_the_page_says(
    beginning: str, houses: dict[str, Lake], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(houses["first"], tmp_path / "home")
    lake, (provoke, day) = use(tmp_path / "home"), _PROVOKED[beginning]
    (seen,) = (one for one in _SEEN if one.startswith(beginning))
    told: list[str] = []
    monkeypatch.setattr(tell, "_send", lambda title, lines: told.extend(lines) is None)
    provoked = provoke(lake, monkeypatch)
    lasting = provoked if isinstance(provoked, Iterator) else iter(())
    next(lasting, None)
    settings.cache_clear()
    result = CliRunner().invoke(cli.main, ["nightly", "--date", day.isoformat()])
    next(lasting, None)
    assert result.exit_code == 1 and _said(seen, result.output), result.output
    assert _said(seen, "\n".join(told)), "who is to be told is told"
    assert "33639980123" not in "\n".join(told) + result.output
    page = lake.nights / f"{day}.html"
    if beginning.startswith(("A copy was", "The lake in", "The home", "Dagster's storage")):
        assert not page.exists()
        assert bool(lake.died()) == beginning.startswith("Dagster's storage"), "who takes it up tells Dagster"
        return
    night_of = json.loads(page.with_suffix(".json").read_text("utf-8"))
    assert _said(seen, "\n".join(night_of["failures"]))
    assert _said(seen, html.unescape(page.read_text("utf-8")))
    assert bool(night_of["run_id"]) == ("MB free" not in seen), "Dagster has this night to show"


# Lines of drops: a head, or cells of two lines, among them.
_USUAL, _TWICE = {"alpimob": 31, "covoit_leman": 30}, {"covoit_leman": 62}


def _few_rows(drop: Drop, lines: dict[str, int]) -> Drop:
    """The first lines of an operator's drop, as many as are given; all of one of whom nothing is said."""
    if drop.operator_id not in lines:
        return drop
    return replace(drop, spelled=lambda: b"\n".join(drop.content.splitlines()[: lines[drop.operator_id]]))


def test_the_night_after_three_days_off_does_all_that_is_due_and_tells_who_surprises(
    houses: dict[str, Lake], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(houses["first"], tmp_path / "home")
    lake, back_on = use(tmp_path / "home"), date(2021, 5, 14)
    fridays = [date(2021, 4, 23), date(2021, 4, 30), date(2021, 5, 7)]
    spec = Spec(seed=7, journeys=2_400, first_day=date(2021, 4, 17), last_day=back_on, nights=4)
    drops = generate(spec, REFERENCE)[0]
    assert {drop.business_date for drop in drops} == {*fridays, back_on}
    for friday in fridays:
        write([_few_rows(drop, _USUAL) for drop in drops if drop.business_date == friday], lake.drops)
        run_steps(friday, "drops")
    waiting = [drop for drop in drops if drop.business_date == back_on and drop.operator_id != "karavane"]
    # By one of the three days without a night: of one operator many times what is usual, of another twice.
    write([_few_rows(drop, _TWICE) for drop in waiting], lake.drops)
    shutil.copyfile(
        min(lake.drops.glob("alpimob/processed/*/*")), lake.drops / "alpimob" / "incoming" / "encore.csv"
    )
    for day in (back_on - timedelta(days=days) for days in range(4, 28)):
        (lake.nights / f"{day}.json").write_text(json.dumps(_GREEN | {"business_date": str(day)}), "utf-8")
    checks, read, messages = _model("call_checks"), Reader.read, list[str]()
    with monkeypatch.context() as patch:
        a_call_fails = "(operator_id = 'karavane' and check_name = 'caps_passed')::bigint as failing"
        patch.setattr(checks, "raw_code", f"select * replace ({a_call_fails}) from ({checks.raw_code})")
        patch.setattr(missed, "_yesterday", lambda: back_on)

        def reading(reader: Reader, offer: Offer) -> object:
            if offer.operator_id == "troisplaces":
                raise RuntimeError("+33639980123")
            return read(reader, offer)

        patch.setattr(Reader, "read", reading)
        patch.setattr(tell, "_send", lambda title, lines: messages.extend(lines) is None)
        result = CliRunner().invoke(cli.main, ["nightly", "--date", back_on.isoformat()])
    page = html.unescape((lake.nights / f"{back_on}.html").read_text("utf-8"))
    night_of = json.loads((lake.nights / f"{back_on}.json").read_text("utf-8"))
    found = {one["check"].replace("_", " "): one for one in night_of["findings"]}
    assert night_of["failures"] == [] and night_of["stands_in_for"] == [
        str(back_on - timedelta(days=days)) for days in (3, 2, 1)
    ]
    # All that waited is taken but what met an error of ours, the same bytes once; what fell due is closed.
    counts = night_of["figures"]["lake/drops"]["counts"]
    assert (counts["drops"], counts["known_drops"]) == (len(waiting), 1)
    register = lake.read(DROPS)
    taken = sorted(register.filter(business_date=back_on)["operator_id"])
    assert taken == sorted({drop.operator_id for drop in waiting} - {"troisplaces"})
    for table in (JOURNEYS, FINDINGS):
        assert set(lake.read(table)["drop_id"]) <= set(register["drop_id"]), "of neither is anything kept"
    assert list(lake.drops.glob(f"alpimob/processed/{back_on}/encore.csv"))
    assert [file.parent.parent.name for file in lake.drops.glob("*/incoming/*")] == ["troisplaces"]
    files = (file for file in lake.dagster.rglob("*") if file.is_file())
    assert [file for file in files if b"33639980123" in file.read_bytes()] == []
    assert night_of["figures"]["ledger/closings"]["closings"] > 0
    # What is grave is said at the terminal, what warns on the page alone.
    assert result.exit_code == 1 and [name for name in _CHECKS if name not in page] == []
    assert [found[name]["is_alarm"] for name in _CHECKS] == [True, True, False]
    assert [name.replace(" ", "_") in result.output for name in _CHECKS] == [True, True, False]
    told = found[_CHECKS[2]]["figures"]["operators"]
    rows, _, rest = told["alpimob, volume"].partition(" rows, where ")
    assert f"alpimob : {rows}, 30" in page and "covoit_leman : 60, 30" in page
    assert rest == "30 are usual in 7 days" and "covoit_leman" not in str(told)
    assert re.match(r"nothing, where \d+ rows are usual in 7 days", told["karavane, silence"])
    assert [who for who in told if "troisplaces" in who] == [], "it has sent: its drop waits"
    assert set(re.findall("karavane|alpimob", str(found[_CHECKS[1]]["figures"]))) == {"karavane"}
    assert "+33639980123" not in page + result.output + json.dumps(night_of) + "\n".join(messages)
    for remedy in (REMEDIES[name.replace(" ", "_")] for name in _CHECKS):
        assert remedy in page and remedy in "\n".join(messages)


def test_every_line_of_the_page_is_provoked() -> None:
    provoked = [*_PROVOKED, *_CHECKS]
    assert len(_SEEN) > 12
    assert [seen for seen in _SEEN if not seen.startswith(tuple(provoked))] == []
    assert [one for one in provoked if not any(seen.startswith(one) for seen in _SEEN)] == []
