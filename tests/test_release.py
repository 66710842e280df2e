"""What is released is the same wherever it is built, lists what it needs, and says under which licences."""

import json
import os
import shutil
import zipfile
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest

from dagster_project.settings import PROJECT
from tools import audit, release


class _Package(metadata.Distribution):
    """A distribution that says this of itself."""

    def __init__(self, name: str, told: dict[str, str]) -> None:
        self._told = Message()
        for header, value in ({"Name": name, "Version": "1"} | told).items():
            self._told[header] = value

    @property
    def metadata(self) -> Message:
        return self._told

    def read_text(self, filename: str) -> None:
        return None

    def locate_file(self, path: object) -> Path:
        return Path()


def test_every_installed_package_has_a_licence_without_duties_or_stands_in_notice() -> None:
    notice = (PROJECT / "NOTICE").read_text("utf-8")
    assert not list(audit.licence_problems(metadata.distributions(), notice, audit.pins()))
    for named in ("python-stdnum", "text-unidecode", "certifi", "orjson"):
        assert f"| {named} |" in notice


_OSI = "License :: OSI Approved ::"


@pytest.mark.parametrize(
    ("told", "is_free"),
    [
        ({"License-Expression": "MIT"}, True),
        ({"License-Expression": "BSD-3-Clause AND (GPL-3.0-only OR MIT)"}, True),
        ({"License-Expression": "MIT AND MPL-2.0"}, False),
        ({"License-Expression": "AGPL-3.0-only"}, False),
        ({"Classifier": f"{_OSI} MIT License"}, True),
        ({"Classifier": f"{_OSI} GNU General Public License (GPL)", "License": "MIT"}, False),
        ({"License": "Apache-2.0"}, True),
        ({}, False),
    ],
    ids=str,
)
def test_a_licence_is_weighed_by_what_the_package_says(told: dict[str, str], *, is_free: bool) -> None:
    package = _Package("new_one", told)
    assert bool(list(audit.licence_problems([package], "", set()))) != is_free
    assert not list(audit.licence_problems([package], "| new-one | weighed |", {"new-one"}))


def test_a_name_in_notice_that_nothing_installs_is_told() -> None:
    (told,) = audit.licence_problems([], "| gone | MPL-2.0 |", set())
    assert "gone stands in NOTICE" in told


_FLAW = {"id": "CVE-1", "fix_versions": ["3"]}


@pytest.mark.parametrize(
    ("answered", "code", "told"),
    [
        ([{"name": "polars", "version": "2", "vulns": [_FLAW]}], 1, "polars 2: CVE-1, mended in ['3']"),
        ([{"name": "polars", "skip_reason": "not there"}], 2, "not there"),
        (None, 2, "ConnectionError"),
    ],
    ids=["found", "not known there", "not reached"],
)
def test_an_audit_says_what_it_found_and_what_it_could_not_check(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answered: object,
    code: int,
    told: str,
) -> None:
    stdout = json.dumps({"dependencies": answered}) if answered else ""
    answer = audit.read(stdout, "Traceback\nrequests.ConnectionError: no such host\n")
    monkeypatch.setattr(audit, "vulnerabilities", lambda service: answer)
    assert audit.main() == code
    shown = capsys.readouterr().out
    assert told in shown and "NOT CHECKED" in shown and ("cryptography" in shown) == (code == 1)


def test_an_audit_of_everything_without_a_finding_is_green(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "vulnerabilities", lambda service: ([], audit.pins(), ""))
    assert audit.main() == 0


def test_two_builds_of_the_wheel_are_the_same_bytes(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for name in ("dagster_project", "pyproject.toml", "README.md", "LICENSE", "NOTICE", ".gitignore"):
        kind = shutil.copytree if (PROJECT / name).is_dir() else shutil.copyfile
        kind(PROJECT / name, copy / name)
    for file in copy.rglob("*.py"):
        os.utime(file, (10**9, 10**9))
        file.chmod(0o600)
    first = release.build(PROJECT, tmp_path / "first", "1700000000", "wheel")
    os.environ["TZ"] = "Pacific/Auckland"
    try:
        again = release.build(copy, tmp_path / "again", "1700000000", "wheel")
    finally:
        del os.environ["TZ"]
    assert first == again and len(first) == 1
    (wheel,) = (tmp_path / "first").iterdir()
    listed = "\n".join(zipfile.ZipFile(wheel).namelist())
    assert "licenses/NOTICE" in listed and "tests/" not in listed


def test_the_bill_of_materials_holds_what_runs_and_nothing_of_development() -> None:
    names = release.needed("entrepot-covoiturage")
    assert {"dagster", "python-stdnum", "text-unidecode", "certifi", "orjson", "cryptography"} <= names
    assert not names & {"pytest", "hypothesis", "saxonche", "ruff", "pip-audit"}
    root = {"bom-ref": "root", "name": "entrepot-covoiturage"}
    listed = {
        "metadata": {"component": root},
        "components": [{"bom-ref": "p", "name": "polars"}, {"bom-ref": "t", "name": "pytest"}],
        "dependencies": [{"ref": "root", "dependsOn": ["p"]}, {"ref": "p", "dependsOn": ["t"]}, {"ref": "t"}],
    }
    bill = release.materials(listed, names)
    assert [one["name"] for one in bill["components"]] == ["polars"]
    assert bill["dependencies"] == [{"ref": "root", "dependsOn": ["p"]}, {"ref": "p", "dependsOn": []}]
