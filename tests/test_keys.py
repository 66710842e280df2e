"""What is encrypted cannot be read without its key, changes its key whole, and is gone with it."""

import os
import re
import shutil
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from dagster_project.cli import clean
from dagster_project.cli import main as cli
from dagster_project.contracts.archive import ARCHIVED_JOURNEYS
from dagster_project.contracts.lake_tables import IDENTITIES, JOURNEYS, TABLES
from dagster_project.lake.encryption import Database
from dagster_project.lake.keys import NAMES, ZONES, KeyFileError, fingerprint, secret
from dagster_project.lake.rotation import rotate
from dagster_project.lake.store import Lake
from dagster_project.runner.night import run_night
from dagster_project.sample import demo
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading

from .conftest import REFERENCE, SPEC, copy_home, use


@pytest.fixture
def copy(house: Lake, tmp_path: Path) -> Lake:
    """The sample's house, to break."""
    copy_home(house, tmp_path / "copy")
    return use(tmp_path / "copy")


@pytest.fixture
def young(houses: dict[str, Lake], tmp_path: Path) -> Lake:
    """The house after its first night, to break: all zones, in fewer files."""
    copy_home(houses["first"], tmp_path / "young")
    return use(tmp_path / "young")


def _run(*command: str) -> str:
    outcome = CliRunner().invoke(cli.main, command)
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_every_table_of_an_encrypted_zone_and_the_cache_are_ciphertext(house: Lake) -> None:
    use(house.home)
    encrypted = [file for zone in ZONES for file in house.zone(zone).rglob("*.parquet")]
    assert {file.parent.parent.name for file in encrypted} >= {"journeys", "identities"}
    for file in encrypted:
        assert file.read_bytes()[-4:] == b"PARE"  # Parquet's magic of an encrypted footer
        with pytest.raises(pl.exceptions.ComputeError):
            pl.read_parquet(file)
    with pytest.raises(duckdb.CatalogException, match="without a key"):
        duckdb.connect(str(house.cache_file))
    assert not list(house.home.rglob("*.wal"))
    plain = [table for table in TABLES.values() if table.zone not in ZONES]
    of_persons = {table.name for table in plain if table.personal_columns}
    assert plain and of_persons <= {"campaign_cap_uses"}


def test_without_its_key_a_zone_gives_an_error_that_says_what_to_do_and_no_data(
    copy: Lake,
) -> None:
    key = copy.keys / "active.key"
    kept = key.read_text()
    key.unlink()
    told = r"ENTREPOT_ACTIVE_KEY nor keys/active\.key .*Remedy"
    with pytest.raises(KeyFileError, match=told):
        copy.read(IDENTITIES)
    with pytest.raises(KeyFileError, match=told), reading(copy):
        pass
    assert re.search(told, "".join(run_night(date(2021, 7, 31)).failures))
    assert not key.exists()  # a lost key is not made anew in silence
    assert "ENTREPOT_ACTIVE_KEY" in CliRunner().invoke(cli.main, ["keys", "status"]).output
    key.write_text("0" * 64)
    with pytest.raises(KeyFileError, match=told):
        copy.read(IDENTITIES)
    with pytest.raises(KeyFileError, match="not under"), Database(copy.cache_file, bytes(32)).open():
        pass
    key.write_text(kept)
    assert copy.read(IDENTITIES).height


def test_no_naming_key_is_made_anew_once_something_was_made_with_it(
    copy: Lake,
) -> None:
    copy.check_keys()
    request = copy.home.parent / "demande"
    request.touch(0o600)
    request.write_text("telephone: 06 39 98 01 23\n")
    asked = ("person", "access", "--date", "2021-08-01", "--file", str(request))
    for name in NAMES:
        key, mark = copy.keys / f"{name}.key", copy.zone("warehouse") / f"KEY.{name}"
        kept, marked = key.read_text(), mark.read_text()
        assert marked == fingerprint(bytes.fromhex(kept))
        told = rf"ENTREPOT_{name.removesuffix('s').upper()}_KEY.*Remedy: give it back"
        key.write_text("0" * 64)
        with pytest.raises(KeyFileError, match=told):
            copy.check_keys()
        key.unlink()
        with pytest.raises(KeyFileError, match=told):
            copy.secret(name)
        outcome = CliRunner().invoke(cli.main, asked)
        assert outcome.exit_code == 1 and re.search(told, outcome.output)
        assert name in CliRunner().invoke(cli.main, ["keys", "status"]).output
        mark.unlink()  # as an older version has left what it made
        with pytest.raises(KeyFileError, match=rf"{name}\.key is not in the keys folder.*Remedy"):
            copy.check_keys()
        assert not key.exists() and not mark.exists()
        if name == "ledger":  # which would pay twice
            failures = run_night(date(2021, 7, 31)).failures
            assert re.search(r"ledger\.key is not in the keys folder.*Remedy", "".join(failures))
        key.write_text(kept)
        copy.check_keys()
        assert mark.read_text() == marked


def test_an_empty_house_makes_its_keys_and_asking_makes_none(tmp_path: Path) -> None:
    lake = use(tmp_path / "home")
    lake.check_keys()
    assert not lake.home.exists()
    for name in NAMES:
        with pytest.raises(KeyFileError, match="where it is"):
            lake.secret(name, make=False)
        assert lake.secret(name) == lake.secret(name, make=False)
        assert (lake.keys / f"{name}.key").stat().st_mode & 0o777 == 0o600
    lake.check_keys()


def test_clean_removes_only_what_a_night_makes_again(
    copy: Lake, nights: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clean, "PROJECT", copy.home.parent)  # where dbt leaves files of its own
    (copy.requests / "a").mkdir(parents=True)
    (copy.requests / "a" / "acces.json").write_text("{}")
    (copy.drops / "karavane" / "incoming" / "waits.csv").write_text("x")
    before = {file for file in copy.home.rglob("*") if file.is_file()}
    told = _run("clean")
    gone = before - {file for file in copy.home.rglob("*") if file.is_file()}
    made = (copy.cache_file.parent, copy.catalogue, copy.scratch)
    assert copy.cache_file in gone
    assert [file for file in gone if not any(file.is_relative_to(one) for one in made)] == []
    for name in ("keys", "lake", "drops", "exports", "requests", "dagster"):
        assert f"left: {name}" in told
    assert "closings" in _run("ledger", "verify")
    # The demonstration runs its last night again, which makes the rest; no drop is delivered twice.
    monkeypatch.setattr(demo, "_SPEC", SPEC)
    monkeypatch.setattr(demo, "_requests", lambda _: ())  # this house was asked for no attestation
    assert demo.pending(copy, REFERENCE) == {nights[-1]: []}
    # What a person asks needs the cache, which says what stays refused beside their journeys.
    refused = CliRunner().invoke(
        cli.main, ["person", "erase", "--yes", "--date", "2021-08-01"], input="06 39 98 01 23\n"
    )
    assert refused.exit_code == 1 and "entrepot nightly --date 2021-07" in refused.output


def test_a_rotation_killed_anywhere_is_ended_by_the_next_and_no_old_copy_opens(
    young: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_key = (young.keys / "active.key").read_text()
    before = young.read(JOURNEYS)
    old_file = next(young.folder(IDENTITIES).rglob("*.parquet"))
    shutil.copy(old_file, young.home / "backup.parquet")
    replace, files = os.replace, sum(1 for _ in young.zone("active").rglob("*.parquet"))
    for kill_at in (
        1,
        2,
        files // 2,
        files + 2,
        files + 3,
    ):  # the mark, files, the mark again, the key's file
        calls = count(1)

        def killed(*names: Any, calls: Any = calls, kill_at: int = kill_at) -> None:
            if next(calls) == kill_at:
                raise KeyboardInterrupt
            replace(*names)

        monkeypatch.setattr(os, "replace", killed)
        with young.lock():
            with pytest.raises(KeyboardInterrupt):
                rotate(young, "active")
            monkeypatch.setattr(os, "replace", replace)
        if 1 < kill_at < files + 3:
            with pytest.raises(KeyFileError, match="keys rotate active"):
                young.read(JOURNEYS)
        with young.lock():
            rotate(young, "active")
        assert_frame_equal(young.read(JOURNEYS), before, check_exact=True)
    _run("keys", "rotate", "active")
    new_key = (young.keys / "active.key").read_text()
    assert new_key != old_key and not (young.keys / "active.next.key").exists()
    shutil.copy(young.home / "backup.parquet", old_file)
    with pytest.raises(duckdb.InvalidInputException):
        young.read(IDENTITIES)
    with reading(young) as connection:
        assert connection.sql("select count(*) from active.journeys").fetchall()[0][0]


def test_files_of_an_older_version_are_refused_with_the_remedy_and_encrypted_by_it(young: Lake) -> None:
    rows = {file: young.rows(JOURNEYS, [file]) for file in young.folder(JOURNEYS).rglob("*.parquet")}
    for table in TABLES.values():
        if table.zone == "active":
            for file in young.folder(table).rglob("*.parquet"):
                young.rows(table, [file]).write_parquet(file)
    (young.zone("active") / "KEY").unlink()
    (young.home / "LAKE_FILES.json").unlink()
    with pytest.raises(KeyFileError, match=r"older version.*entrepot keys rotate active"):
        young.read(JOURNEYS)
    _run("keys", "rotate", "active")
    assert rows
    for file, before in rows.items():
        assert_frame_equal(young.rows(JOURNEYS, [file]), before, check_exact=True)


def test_a_key_of_the_settings_changes_to_its_successor(young: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_ACTIVE_KEY", (young.keys / "active.key").read_text())
    (young.keys / "active.key").unlink()
    before = use(young.home).read(IDENTITIES)
    assert "ENTREPOT_ACTIVE_KEY_NEXT" in CliRunner().invoke(cli.main, ["keys", "rotate", "active"]).output
    monkeypatch.setenv("ENTREPOT_ACTIVE_KEY_NEXT", "ab" * 32)
    settings.cache_clear()
    assert "ENTREPOT_ACTIVE_KEY_NEXT holds" in _run("keys", "rotate", "active")
    monkeypatch.setenv("ENTREPOT_ACTIVE_KEY", "ab" * 32)
    monkeypatch.delenv("ENTREPOT_ACTIVE_KEY_NEXT")
    assert_frame_equal(use(young.home).read(IDENTITIES), before, check_exact=True)
    told = CliRunner().invoke(cli.main, ["keys", "destroy", "active", "--yes"]).output
    assert "copies stay readable" in told
    monkeypatch.delenv("ENTREPOT_ACTIVE_KEY")
    settings.cache_clear()


def test_a_destroyed_key_takes_every_copy_of_its_zone_and_leaves_the_ledger(copy: Lake) -> None:
    shutil.copytree(copy.zone("active"), copy.home / "backup")
    _run("keys", "destroy", "active", "--yes")
    assert not copy.zone("active").exists() and not copy.cache_file.exists()
    shutil.copytree(copy.home / "backup", copy.zone("active"))
    with pytest.raises(KeyFileError, match="cannot be read"):
        copy.read(IDENTITIES)
    assert "closings" in _run("ledger", "verify")


def test_the_archive_is_read_with_its_own_key_alone_and_is_lost_with_it_in_every_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, analyst = use(tmp_path / "whole"), tmp_path / "analyst"
    assert "nothing is archived" in CliRunner().invoke(cli.main, ["archive", "from archived_journeys"]).output
    group = dict.fromkeys(ARCHIVED_JOURNEYS.columns) | {
        "month_on": date(2021, 3, 1),
        "step": 7,
        "journeys": 6,
    }
    group |= {"origin_code": "a", "destination_code": "b", "month": "2021-03"}
    schema = ARCHIVED_JOURNEYS.empty.schema | {"month": pl.String}
    whole.write(ARCHIVED_JOURNEYS, pl.DataFrame([group], schema=schema), "2021-03")
    shutil.copytree(whole.zone("archive"), analyst / "lake" / "archive")
    shutil.copytree(whole.zone("archive"), tmp_path / "backup")
    key = (whole.keys / "archive.key").read_text()
    assert (whole.keys / "archive.key").stat().st_mode & 0o777 == 0o600
    use(analyst)
    asked = ["archive", "select sum(journeys) as journeys from archived_journeys"]
    assert "ENTREPOT_ARCHIVE_KEY" in CliRunner().invoke(cli.main, asked).output
    monkeypatch.setenv("ENTREPOT_ARCHIVE_KEY", key)
    use(analyst)
    assert _run(*asked) == "journeys\n6\n"
    assert not (analyst / "keys").exists() and not (analyst / "lake" / "active").exists()
    monkeypatch.delenv("ENTREPOT_ARCHIVE_KEY")
    whole = use(tmp_path / "whole")
    _run("keys", "destroy", "archive", "--yes")
    shutil.copytree(tmp_path / "backup", whole.zone("archive"))
    assert "cannot be read" in CliRunner().invoke(cli.main, asked).output
    for copy in (whole.zone("archive"), tmp_path / "backup"):
        for file in copy.rglob("*.parquet"):
            assert file.read_bytes()[-4:] == b"PARE"
            with pytest.raises(pl.exceptions.ComputeError):
                pl.read_parquet(file)


def test_a_damaged_key_stops_before_it_makes_other_people(tmp_path: Path) -> None:
    made = secret(tmp_path, "identity", None)
    assert secret(tmp_path, "identity", None) == made
    assert (tmp_path / "identity.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "identity.key").write_text("")
    with pytest.raises(KeyFileError, match="damaged"):
        secret(tmp_path, "identity", None)
