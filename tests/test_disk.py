"""What the service makes is nobody else's, and what must outlast a power cut is on the disk first."""

import errno
import os
import resource
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from dagster_project import definitions
from dagster_project.cli import main as cli
from dagster_project.contracts.lake_tables import ANSWERS
from dagster_project.contracts.rights import RESTRICTIONS
from dagster_project.drops.claim import sweep
from dagster_project.drops.troubles import Troubles
from dagster_project.files.disk import replacing, replacing_folder
from dagster_project.lake.home import LockedError
from dagster_project.lake.keys import KeyFileError, secret
from dagster_project.lake.rotation import rotate
from dagster_project.lake.store import Lake
from dagster_project.proof.signing import signer
from dagster_project.runner import event_log
from dagster_project.settings import settings

from .conftest import use

ROW = pl.DataFrame(
    [["karavane-0", "karavane", "a.csv", None, "a.json", "{}"]], schema=ANSWERS.empty.schema, orient="row"
).with_columns(business_date=pl.date(2021, 3, 31))


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("entry", [cli, definitions, event_log])
def test_every_process_begins_by_keeping_its_files_and_its_memory_to_itself(
    entry: object, tmp_path: Path
) -> None:
    use(tmp_path)
    before = os.umask(0o022)
    try:
        if entry is cli:
            CliRunner().invoke(cli.main, ["keys", "status"])
        else:
            spec = spec_from_file_location("again", str(vars(entry)["__file__"]))
            assert spec and spec.loader
            spec.loader.exec_module(module_from_spec(spec))  # others hold what the first gave them
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(before)
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


@pytest.mark.parametrize(
    "place", ["", "lake/active/journeys", "exports/pmgf/registre", "nights", "warehouse"]
)
def test_what_a_killed_night_has_half_written_goes_with_the_next_lock(tmp_path: Path, place: str) -> None:
    lake = use(tmp_path)
    half, other = tmp_path / place / ".0123456789abcdef.writing", tmp_path / place / "whole.pdf"
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_text("half")
    other.write_text("whole")
    with lake.lock():
        assert not half.exists() and other.exists()


@pytest.mark.parametrize("died_before_renaming", [True, False])
def test_a_folder_that_a_killed_night_was_replacing_is_whole_at_the_next_lock(
    tmp_path: Path, died_before_renaming: bool
) -> None:
    lake, folder = use(tmp_path), tmp_path / "exports" / "pmgf" / "pmgf_2021"
    for name in (".pmgf_2021.before", ".pmgf_2021.writing" if died_before_renaming else "pmgf_2021"):
        folder.with_name(name).mkdir(parents=True)
        (folder.with_name(name) / "which").write_text(name)
    with lake.lock():  # before anything looks at what has gone out
        assert [file.name for file in folder.parent.iterdir()] == ["pmgf_2021"]
    assert (folder / "which").read_text() == (".pmgf_2021.before" if died_before_renaming else "pmgf_2021")


def test_a_folder_that_cannot_take_its_place_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(source: Path, target: Path) -> None:
        if source.suffix == ".writing":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    real, folder = os.replace, tmp_path / "pmgf_2021"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="Input/output"), replacing_folder(folder):
        pass
    assert [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*")] == ["pmgf_2021/manifest.json"]


def test_what_others_could_read_is_closed_before_a_night(tmp_path: Path) -> None:
    lake = use(tmp_path)
    ours = (tmp_path / "lake" / "active", tmp_path / "dagster" / "history", tmp_path / "requests" / "x")
    shared = (tmp_path / "exports" / "pmgf", tmp_path / "drops" / "karavane" / "incoming")
    for folder in (*ours, *shared):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with lake.lock():
        sweep(lake.drops, Troubles())
    assert {_mode(path) & 0o077 for folder in ours for path in (folder, folder / "file")} == {0}
    # Groups and ACLs of authorities and operators stay.
    assert {_mode(path) for path in (shared[0], lake.exports, lake.drops, lake.drops / "karavane")} == {0o750}


def test_a_key_that_others_can_read_is_refused_with_what_to_run(tmp_path: Path) -> None:
    lake = use(tmp_path)
    readers: dict[str, Callable[[], object]] = {
        "identity.key": lambda: secret(lake.keys, "identity", None),
        "signing.pem": lambda: signer(lake),
    }
    for name, read in readers.items():
        read()
        (lake.keys / name).chmod(0o644)
        for refused in (read, lambda: lake.lock().__enter__()):
            with pytest.raises((KeyFileError, LockedError), match=f"chmod 600 {lake.keys / name};"):
                refused()
        (lake.keys / name).chmod(0o600)
    (lake.keys / "signing.pem").chmod(0o440)  # as systemd lays a credential for one user
    assert signer(lake)


def test_keys_come_from_the_credentials_that_systemd_hands_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = use(tmp_path)
    (tmp_path / "entrepot_active_key").write_text("ab" * 32 + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    settings.cache_clear()
    assert lake.key("active") == bytes.fromhex("ab" * 32) and not lake.keys.exists()
    with pytest.raises(KeyFileError, match="entrepot_archive_key is not among them"):
        lake.key("archive")  # forgotten: none is made in its place
    settings.cache_clear()


def test_what_must_outlast_a_power_cut_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = use(tmp_path)
    lake.write(ANSWERS, ROW, "karavane-0-1")
    synced: set[int] = set()
    named: list[tuple[str, bool, int]] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        real_sync(descriptor)

    def replace(source: Path, target: Path) -> None:
        named.append((Path(target).name, source.stat().st_ino in synced, Path(target).parent.stat().st_ino))
        synced.discard(named[-1][2])
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    assert rotate(lake, "active") == 1
    assert [name for name, _, _ in named] == ["KEY", "karavane-0-1.parquet", "KEY", "active.key"]
    rows = RESTRICTIONS.empty
    lake.write(RESTRICTIONS, rows, "x")
    with replacing_folder(tmp_path / "exports" / "pmgf" / "c") as beside:
        (beside / "manifest.json").write_text("{}")
    assert [one for one in named if not one[1] or one[2] not in synced] == []
    assert (tmp_path / "exports" / "pmgf" / "c" / "manifest.json").stat().st_ino in synced
    named.clear()
    with replacing(tmp_path / "plain") as beside:  # what a night makes again need not wait for the disk
        beside.write_text("x")
    assert named[0][1] is False


def test_a_home_that_an_older_version_made_beside_the_catalogue_is_told_not_begun_anew(
    tmp_path: Path,
) -> None:
    (tmp_path / "lake").mkdir()
    told = f"made its home in {tmp_path}, .* into {tmp_path}/home, and the witness"
    with pytest.raises(LockedError, match=told), Lake(tmp_path / "home").lock():
        pass
    assert not (tmp_path / "home").exists()
