"""A small real house for the tests: its own ENTREPOT_HOME, real drops, real nights."""

import inspect
import os
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import DagsterInstance
from filelock import FileLock
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings

from dagster_project.drops.known import Known
from dagster_project.geography.locate import load_places
from dagster_project.lake.store import Lake
from dagster_project.proof import witness
from dagster_project.runner import instance
from dagster_project.runner.instance import use_dagster_home
from dagster_project.runner.night import run_night
from dagster_project.sample import Drop, Spec, faulty_files, generate
from dagster_project.sample.demo import deliver
from dagster_project.settings import PROJECT, settings
from dagster_project.warehouse import dbt_run
from tests.support import quick
from tests.support.nights import run_steps
from tests.support.schematrons import Check, rules
from tests.support.templates import compiled_once

REFERENCE = PROJECT / "data" / "reference"
LAKES = sorted((Path(__file__).parent / "lakes").glob("*.tar.xz"))
_CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
# Derandomised: a test that fails on another day or machine is a bug of the test.
hypothesis_settings.register_profile(
    "suite", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_CHECKS,
    phases=[Phase.explicit, Phase.generate],  # what fails is made small by `make fuzz`, which has the time
)  # fmt: skip
hypothesis_settings.register_profile("fuzz", max_examples=5_000, deadline=None, suppress_health_check=_CHECKS)
hypothesis_settings.register_profile("quick", hypothesis_settings.get_profile("suite"), max_examples=20)
hypothesis_settings.load_profile("suite")
compiled_once()

SPEC = Spec(journeys=1_500, nights=3)
# Drops do not grow here, years pass between two nights, and each process of a run has a core.
_SETTINGS = {
    "ENTREPOT_SETTLE_S": "0", "ENTREPOT_LOCK_WAIT_S": "0", "ENTREPOT_THREADS": "1",
    "ENTREPOT_MOST_DAYS_AHEAD": "5000", "ENTREPOT_MOST_REMOVED_PERCENT": "100",
}  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def _no_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever the machine sets, tests run in a folder of their own."""
    set_here = [name for name in os.environ if name.startswith("ENTREPOT_") or name == "DAGSTER_HOME"]
    kept = {name: os.environ.pop(name) for name in set_here}
    instance._GIVEN = None
    os.environ["ENTREPOT_HOME"] = str(tmp_path_factory.mktemp("unused"))
    os.environ |= _SETTINGS
    settings.cache_clear()
    yield
    for name in ("ENTREPOT_HOME", *_SETTINGS):
        del os.environ[name]
    os.environ |= kept


@contextmanager
def _made_by_month() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_run, "SMALL_BYTES", 0)
        yield


@pytest.fixture
def large_base() -> Iterator[None]:
    """Models are made month by month, as of a large base; a small one, which tests have, has tables."""
    with _made_by_month():
        yield


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set some of the installation's settings for one test; None unsets one."""

    def given(**chosen: object) -> None:
        for name, value in chosen.items():
            monkeypatch.setenv(f"ENTREPOT_{name.upper()}", "" if value is None else str(value))
        settings.cache_clear()

    yield given
    monkeypatch.undo()
    settings.cache_clear()


def make_known(operators: frozenset[str], chunk_bytes: int = 1 << 16, max_bytes: int = 20_000_000) -> Known:
    """What a night knows before it opens a file; small chunks, so that files span several."""
    return Known(
        operators=operators,
        closed=lambda operator, day: None,
        places=load_places(REFERENCE),
        known_places=pl.read_parquet(REFERENCE / "territories.parquet")["place_code"].unique(),
        identity_key=bytes(32),
        chunk_bytes=chunk_bytes,
        max_bytes=max_bytes,
    )


def use(home: Path) -> Lake:
    """Make `home` the installation of this process."""
    os.environ["ENTREPOT_HOME"] = str(home)
    settings.cache_clear()
    return Lake(home)


@contextmanager
def dagster_of(lake: Lake) -> Iterator[DagsterInstance]:
    """Dagster's storage of an installation."""
    use(lake.home)
    with DagsterInstance.from_config(str(use_dagster_home())) as storage:
        yield storage


def run_sample(home: Path, drops: list[Drop], nights: list[date], *, steps_alone: bool = False) -> Lake:
    """Deliver each night's drops, and what banks and platforms have said since; run the job, or its steps."""
    lake = use(home)
    for night in nights:
        deliver(lake, [drop for drop in drops if drop.business_date == night])
        if steps_alone:
            run_steps(night)
        else:
            assert not run_night(night).failures
    return lake


def unpacked(folder: Path, archive: Path | None = None) -> Lake:
    """The home that a released version left, by default the last one: 80 journeys, closed."""
    with tarfile.open(archive or LAKES[-1]) as content:
        content.extractall(folder, filter="data")
    return use(folder / "home")


def copy_home(lake: Lake, home: Path) -> None:
    """Copy a whole installation: its home, and the witness of its closings beside it."""
    shutil.copytree(lake.home, home)
    seen = witness.file(lake)
    if seen.exists():
        shutil.copyfile(seen, witness.file(Lake(home)))


def kill_at(patch: pytest.MonkeyPatch, call: int) -> None:
    """Die at that renaming or removal of a file."""
    calls = count(1)

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def killed(*arguments: Any, **named: Any) -> Any:
            if next(calls) == call:
                raise KeyboardInterrupt
            return real(*arguments, **named)

        return killed

    patch.setattr(os, "replace", dying(os.replace))
    patch.setattr(Path, "unlink", dying(Path.unlink))


@pytest.fixture(scope="session")
def sample() -> tuple[list[Drop], pl.DataFrame]:
    """Drops of four operators and the truth of every row."""
    drops, truth = generate(SPEC, REFERENCE)
    return list(drops), truth


@pytest.fixture(scope="session")
def nights(sample: tuple[list[Drop], pl.DataFrame]) -> list[date]:
    """The sample's business dates."""
    return sorted({drop.business_date for drop in sample[0]})


@pytest.fixture(scope="session")
def houses(
    tmp_path_factory: pytest.TempPathFactory, sample: tuple[list[Drop], pl.DataFrame], nights: list[date]
) -> dict[str, Lake]:
    """`first`: the sample's first night, run; `house`: all of them. Made once for all processes of a run.

    Before the last night, operators also sent files that are none.
    """
    mine, is_alone = tmp_path_factory.getbasetemp(), "PYTEST_XDIST_WORKER" not in os.environ
    shared = mine if is_alone else mine.parent
    made = {name: Lake(shared / "houses" / name) for name in ("first", "house")}
    with FileLock(shared / "houses.lock"):
        if not (shared / "houses" / "ready").exists():
            _build_houses(made, sample[0], nights)
            (shared / "houses" / "ready").touch()
    copies = {name: Lake(mine / f"{name} of the sample") for name in made}
    for name, copy in copies.items():
        copy_home(made[name], copy.home)
    return copies


def _build_houses(made: dict[str, Lake], drops: list[Drop], nights: list[date]) -> None:
    house = run_sample(made["house"].home, drops, nights[:1])
    copy_home(house, made["first"].home)
    with _made_by_month():
        run_sample(house.home, drops, nights[1:-1], steps_alone=True)
    incoming = house.drops / "alpimob" / "incoming"
    for name, content, _ in faulty_files():
        (incoming / name).write_bytes(content)
    trapped(house.drops / "alpimob")
    stranger = house.drops / "inconnu" / "incoming"
    stranger.mkdir(parents=True)
    (stranger / "trajets.csv").write_bytes(drops[0].content)
    with _made_by_month():
        run_sample(house.home, drops, nights[-1:])


def pytest_sessionfinish() -> None:
    """pytest clears what killed runs left in /tmp one level after the other: `trapped` is 1 500 deep."""
    sys.setrecursionlimit(10_000)


def trapped(operator: Path) -> None:
    """What an operator may put in the way of a night; dated so that retention removes it the same night."""
    for folder in ("suivi_des_trajets.csv", ".0123456789abcdef.writing"):
        (operator / "feedback" / folder).unlink(missing_ok=True)
        (operator / "feedback" / folder).mkdir()
        os.utime(operator / "feedback" / folder, (1_500_000_000, 1_500_000_000))
    (operator / "feedback" / "suivi_des_trajets.json").unlink(missing_ok=True)
    os.mkfifo(operator / "feedback" / "suivi_des_trajets.json")
    path = str(operator / "processed" / "2020-01-01")
    for _ in range(1_500):
        os.mkdir(path)  # noqa: PTH102 -- a Path of that depth is slow
        path += "/d"


@pytest.fixture(scope="session")
def house(houses: dict[str, Lake]) -> Lake:
    """The installation after the sample's nights; tests read it, or change a copy."""
    return use(houses["house"].home)


@pytest.fixture(autouse=True)
def _is_at_home(request: pytest.FixtureRequest) -> None:
    """A test that asks for the house is in it, whichever home the one before was in."""
    if "house" in inspect.signature(request.function).parameters:
        use(request.getfixturevalue("house").home)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the machine's Chromium is."""
    found = shutil.which("chromium")
    if found is None:
        missing = "Chromium (chromium) is not installed: no page is opened"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow: `make quick` is the rest. In which order files come saves minutes.

    One process makes the common house, the other has long files meanwhile; the short ones fill the end.
    """
    for item in items:
        if isinstance(item, pytest.Function) and quick.is_slow(item):
            item.add_marker("slow")
    of_house = [item.path for item in items if "houses" in getattr(item, "fixturenames", ())]
    long = {item.path for item in items if item.get_closest_marker("slow")}.difference(of_house)
    rank = dict.fromkeys(of_house, 2) | dict.fromkeys(of_house[:1], 0) | dict.fromkeys(long, 1)
    items.sort(key=lambda item: rank.get(item.path, 3))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test of `make quick` that runs dbt fails, and so does one whose fixture does."""
    with pytest.MonkeyPatch.context() as patch:
        if not item.get_closest_marker("slow"):
            patch.setattr("dagster_project.warehouse.dbt_run.run", quick.refused)
        return (yield)


@pytest.fixture(scope="session")
def broken_rules() -> Iterator[Check]:
    """A function from the XML of an invoice to the rules that it breaks, its profile's and the French."""
    with rules() as check:
        yield check
