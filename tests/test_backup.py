"""A copy of the home: encrypted, read back by hash, and brought back as it must be today."""

import errno
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from dagster_project.backup import copies
from dagster_project.backup import restore as restoring
from dagster_project.cli import main as cli
from dagster_project.contracts.lake_tables import IDENTITIES, JOURNEYS
from dagster_project.contracts.ledger import CHECKPOINTS, CLOSINGS, LEDGER_ENTRIES, part_of
from dagster_project.contracts.moments import PARIS
from dagster_project.contracts.rights import REQUESTS, RESTRICTIONS
from dagster_project.contracts.terms import TERMS
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.ledger import chain, checkpoints
from dagster_project.proof import witness
from dagster_project.retention.needles import Needles
from dagster_project.retention.search import search
from dagster_project.rights.erasure import erase
from dagster_project.rights.limits import lift, rectify, restrict
from dagster_project.rights.person import find
from dagster_project.rights.requests import witnessed
from dagster_project.watch import tell

from .conftest import unpacked, use

ASKED_ON = date(2021, 5, 4)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not shutil.which("restic") and not os.environ.get("CI"), reason="restic is not installed"
    ),
]


@pytest.fixture
def copied(tmp_path: Path, configure: Callable[..., None]) -> Lake:
    """A small home, with a copy of it."""
    unpacked(tmp_path)
    configure(backup=tmp_path / "copies", home=tmp_path / "home", most_days_ahead=400)
    lake = Lake(tmp_path / "home")
    copies.make(lake)
    return lake


def _run(*command: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.main, command)
    return result.exit_code, result.output


def test_what_was_asked_and_what_expired_since_is_done_before_anybody_reads_a_copy(
    copied: Lake, tmp_path: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    last = copied.read(JOURNEYS).sort("end_at", descending=True)["driver_identity_key"]
    phone = dict(copied.read(IDENTITIES).select("identity_key", "phone").drop_nulls().iter_rows())
    phones = [phone[key] for key in last.unique(maintain_order=True) if key in phone]
    gone, limited, renamed, freed = (find(copied, {"phone": phone}) for phone in phones[:4])
    rectify(copied, renamed, {"lastname": "Nouvellenom"}, ASKED_ON)
    restrict(copied, limited, ASKED_ON)
    restrict(copied, freed, ASKED_ON)
    lift(copied, freed, ASKED_ON)
    lift(copied, renamed, ASKED_ON)
    erase(copied, gone, ASKED_ON)
    seen, asked = witness.file(copied), list(witnessed(copied))
    assert [one.kind for one in asked] == ["rectify", "restrict", "restrict", "lift", "lift", "erase"]
    before = copied.read(JOURNEYS)
    latest = TERMS["journeys"].ends_on(before["end_at"].min().date())
    # Another machine, which was given keys and witness.
    there = tmp_path / "there"
    configure(backup=tmp_path / "copies", home=there, witness=seen)
    command = ("restore", "--date", str(latest))
    code, said = _run(*command)
    assert code == 1 and "backup.key into keys/" in said
    shutil.copytree(copied.keys, there / "keys")
    with monkeypatch.context() as patch:  # killed half-way
        patch.setattr(restoring, "witnessed", _killed)
        assert "Aborted" in _run(*command)[1]
    code, said = _run("nightly", "--date", str(latest))
    assert code == 1 and "Remedy: run the same entrepot restore again" in said
    code, said = _run(*command)
    assert code == 0, said
    assert "1 erasures, 2 limitations, 2 lifted" in said and "1 persons had data rectified since" in said
    assert "Nouvellenom" not in said and str(gone.given["phone"]) not in said
    restored = Lake(there)
    kept_from = TERMS["journeys"].kept_from(latest)
    kept = before.filter(pl.col("end_at") >= kept_from)
    assert 0 < kept.height < before.height
    assert_frame_equal(restored.read(JOURNEYS).sort(pl.all()), kept.sort(pl.all()), check_exact=True)
    travels = {*kept["driver_identity_key"], *kept["passenger_identity_key"]}
    limited_keys = {*limited.keys, *renamed.keys}
    assert (
        limited_keys - travels and limited_keys & travels
    )  # known by an account, too, that has no journey yet
    assert set(restored.read(RESTRICTIONS)["identity_key"]) == limited_keys
    assert restored.read(REQUESTS).filter(kind="erase")["files_found"].to_list() == [0]
    hits, files = search(restored, Needles(gone.values))
    assert hits == [] and files > 100
    # Requests that were done again are no new ones; the home is open again, and holds what the ledger held.
    assert list(witnessed(restored)) == asked
    code, said = _run("ledger", "verify")
    assert code == 0, said
    code, said = _run(*command)
    assert code == 1 and "move the home aside" in said


def test_without_the_witness_that_saw_what_was_asked_the_home_stays_closed(
    copied: Lake, tmp_path: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = copied.read(IDENTITIES)["phone"].drop_nulls()[0]
    restrict(copied, find(copied, {"phone": phone}), ASKED_ON)
    copies.make(copied)
    there = Lake(tmp_path / "there")
    shutil.copytree(copied.keys, there.keys)
    configure(backup=tmp_path / "copies", home=there.home, witness=tmp_path / "another.jsonl")
    command = ("restore", "--date", str(ASKED_ON))
    code, said = _run(*command)  # whatever the copy knows: somebody may have asked since
    assert code == 1 and "there is no witness at" in said and there.half_restored.exists()
    (tmp_path / "another.jsonl").touch()
    code, said = _run(*command)
    assert code == 1 and "0 requests of persons, and had 1" in said and there.half_restored.exists()
    monkeypatch.setattr(restoring, "make_all", lambda *_: Troubles())  # what a reader would find
    code, said = _run(*command, "--witness-is-lost")
    assert code == 1 and "0 requests of persons, and had 1" in said and not there.half_restored.exists()


def test_a_damaged_file_comes_back_from_the_newest_copy_that_has_it_as_it_must_be(
    copied: Lake, tmp_path: Path, configure: Callable[..., None]
) -> None:
    with copied.lock():  # a run leaves a register of the lake's files
        pass
    (copy,) = copies.copies(copied)
    assert _run("restore", "--damaged") == (0, "nothing is gone, torn or another than it must be\n")
    of_closing = (CLOSINGS, LEDGER_ENTRIES, CHECKPOINTS)
    ledger = [copied.folder(table) / f"{part_of(1)}.parquet" for table in of_closing]
    ledger.append(copied.folder(LEDGER_ENTRIES) / f"{part_of(2)}.parquet")  # its closing stays as it is
    identities, journeys = (next(copied.folder(table).rglob("*.parquet")) for table in (IDENTITIES, JOURNEYS))
    before = {file: file.read_bytes() for file in (*ledger, identities, journeys)}
    ledger[0].unlink()
    for number, file in ((1, ledger[1]), (2, ledger[3])):  # a word, no amount
        entries = copied.read(LEDGER_ENTRIES, part_of(number)).with_columns(reason=pl.lit("another"))
        assert entries.height
        copied.replace(LEDGER_ENTRIES, entries, file)
    copied.replace(CHECKPOINTS, copied.read(CHECKPOINTS, part_of(2)), ledger[2])
    copies.make(copied)  # at five in the morning, before anybody has come
    identities.unlink()
    journeys.write_bytes(before[journeys][:-20])
    code, said = _run("backup")
    assert code == 1 and "restore --damaged" in said
    configure(witness=tmp_path / "another.jsonl")
    code, said = _run("restore", "--damaged")
    assert code == 1 and "which files the ledger must have is not known" in said
    configure(witness=None, backup=None)
    code, said = _run("restore", "--damaged")
    assert code == 1 and "No place for copies is set" in said
    configure(backup=tmp_path / "copies")
    code, said = _run("restore", "--damaged")
    assert code == 0 and said.count(f"is back, from copy {copy.copy_id} of ") == len(ledger), said
    assert {file: file.read_bytes() for file in before} == before
    assert [*chain.problems(copied), *checkpoints.problems(copied, rebuild=True)] == []

    # Somebody is erased: no copy may give them back.
    phone = copied.read(IDENTITIES)["phone"].drop_nulls()[0]
    with copied.lock():
        erase(copied, find(copied, {"phone": phone}), ASKED_ON)
    for file in copied.folder(IDENTITIES).rglob("*.parquet"):
        file.unlink()
    code, said = _run("restore", "--damaged")
    assert code == 1 and "no copy has it as it must be" in said
    assert "is gone" in _run("backup")[1], "the next run still knows that they are missing"


def test_a_copy_that_was_never_made_is_late_two_days_after_the_home(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    lake = use(tmp_path / "home")
    with lake.lock():
        os.utime(lake.home / "ENVIRONMENT", (0, 0))
    assert not copies.is_late(lake), "none is asked for"
    configure(backup=tmp_path / "copies")
    assert copies.is_late(lake) and _run("watch", "--date", "2021-03-01")[1].count("aucune copie") == 1
    os.utime(lake.home / "ENVIRONMENT")
    assert not copies.is_late(lake)


def test_a_restore_refuses_a_date_to_come() -> None:
    tomorrow = datetime.now(PARIS).date() + timedelta(days=1)
    code, said = _run("restore", "--date", str(tomorrow))
    assert code == 2 and "is yet to come" in said


def test_a_home_without_a_lake_is_not_as_it_was_closed(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    configure(home=tmp_path / "elsewhere")
    code, said = _run("ledger", "verify")
    assert code == 1 and "ENTREPOT_HOME says where the home is" in said


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "copies.json")


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_copy_is_encrypted_goes_after_its_term_and_is_found_damaged(
    copied: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = [file.read_bytes() for file in (tmp_path / "copies").rglob("*") if file.is_file()]
    names = (b"identities", b"ledger_entries", b"closing_number")
    assert stored and [name for name in names if any(name in content for content in stored)] == []
    (first,) = copies.copies(copied)
    assert "1 encrypted copies" in copies.not_searched(copied) and str(first.gone_on) in copies.not_searched(
        copied
    )
    environment = os.environ | {
        "RESTIC_REPOSITORY": str(tmp_path / "copies"),
        "RESTIC_PASSWORD": (copied.keys / "backup.key").read_text().strip(),
    }
    with subprocess.Popen(
        ["restic", "-q", "backup", "--stdin"], stdin=subprocess.PIPE, cwd=copied.home, env=environment
    ) as killed:
        while not list((tmp_path / "copies" / "locks").iterdir()):
            assert killed.poll() is None
            time.sleep(0.1)
        killed.kill()
    # An older one goes with the next that is made past its term.
    old = ["restic", "-q", "backup", "lake", "--tag", "production", "--time", "2021-01-01 00:00:00"]
    subprocess.run([*old, "--host", "entrepot"], cwd=copied.home, env=environment, check=True)
    assert len(copies.copies(copied)) == 2
    code, said = _run("backup")
    assert code == 0 and first.copy_id in said and "2021-01-01" not in said
    assert _run("backup", "--check")[0] == 0
    pack = max(
        (tmp_path / "copies" / "data").rglob("*"), key=lambda file: file.is_file() and file.stat().st_size
    )
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)
    code, said = _run("backup", "--check")
    assert code == 1 and "restic check" in said
    assert not copies.is_late(copied)
    told = json.loads((copied.zone("warehouse") / "copies.json").read_text("utf-8"))
    told["kept"] = ["2021-03-01T05:00:00+00:00"]
    (copied.zone("warehouse") / "copies.json").write_text(json.dumps(told), "utf-8")
    assert copies.is_late(copied) and "none of these removed" in copies.not_searched(copied)
    sent: list[str] = []
    monkeypatch.setattr(tell, "_send", lambda title, lines: sent.extend([title, *lines]) is None)
    assert _run("watch")[0] == 1 and sent[-3:-1] == [
        "la copie, ou sa relecture, a échoué",
        "aucune copie depuis deux jours",
    ]
    pack.unlink()
    code, said = _run("backup")
    assert code == 1 and sent[-3] == "la copie, ou sa relecture, a échoué" and "restic" in sent[-2]
    assert not copies.is_late(copied), "the copy was made; what fails is what others rest on"
    monkeypatch.setenv("PATH", "")
    assert "apt install restic" in _run("backup", "--list")[1]
    monkeypatch.setattr(copies, "make", _full)
    assert _run("backup")[0] == 1 and "Remedy: make room" in sent[-2]
