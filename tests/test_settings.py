"""A wrong setting stops at the start, with its name, where it was read and the remedy."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from dagster_project.cli.main import main
from dagster_project.settings import SettingsError, settings


@pytest.fixture(autouse=True)
def _fresh() -> None:
    settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ENTREPOT_THREADS", "zero", "ENTREPOT_THREADS (environment)"),
        ("ENTREPOT_MEMORY_LIMIT", "2 gigas", "2GB"),
        ("ENTREPOT_CATALOGUE", "/nowhere", "has no folder campaigns"),
        ("ENTREPOT_HOMME", "/tmp", "did you mean ENTREPOT_HOME?"),
        ("ENTREPOT_IDENTITY_KEY", "too short to be true", "64 hex digits"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        settings()
    assert told in str(error.value) and "Remedy" in str(error.value)
    settings.cache_clear()
    outcome = CliRunner().invoke(main, ["feedback", "x"])
    assert outcome.exit_code == 1 and told in outcome.output


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_IDENTITY_KEY", "0123secret")
    with pytest.raises(SettingsError) as error:
        settings()
    assert "0123secret" not in str(error.value)


def test_a_home_that_is_a_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("ENTREPOT_HOME", str(file))
    with pytest.raises(SettingsError, match="is a file"):
        settings()
