"""The units and the compose file of a server name commands, settings and secrets that there are."""

import re
import subprocess
from pathlib import Path

import yaml

from dagster_project.cli import main as cli
from dagster_project.settings import PROJECT, Settings

DEPLOY = PROJECT / "deploy"
KEYS = {
    f"entrepot_{name}" for name in Settings.model_fields if name.endswith("_key") and name != "signing_key"
}
SETTINGS = {f"ENTREPOT_{name.upper()}" for name in Settings.model_fields}


def test_the_unit_gives_every_key_as_a_credential_and_forbids_core_dumps() -> None:
    unit = (DEPLOY / "entrepot-nuit.service").read_text("utf-8").splitlines()
    given = {line.partition("=")[2] for line in unit if line.startswith("LoadCredentialEncrypted=")}
    makes_no_copy = KEYS - {"entrepot_backup_key"}
    assert given == {*makes_no_copy, "entrepot_notify", "signing.pem", "seal.pem"}
    assert {"UMask=0077", "LimitCORE=0", "Environment=ENTREPOT_SEAL=%d/seal.pem"} <= set(unit)


def test_units_and_containers_name_commands_and_settings_that_there_are() -> None:
    units = {file.stem: file.read_text("utf-8") for file in DEPLOY.glob("entrepot-*.service")}
    assert {file.stem for file in DEPLOY.glob("*.timer")} == units.keys() - {"entrepot-pages"}
    services = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))["services"]
    started = [found for unit in units.values() for found in re.findall(r"venv/bin/entrepot (\w+)", unit)]
    started += [one["command"][1] for one in services.values() if one.get("command", [""])[0] == "entrepot"]
    assert len(started) == len(units) + 1 and set(started) <= cli.main.commands.keys()
    named = {name for unit in units.values() for name in re.findall(r"^Environment=(\w+)", unit, re.M)}
    named |= {name for one in services.values() for name in one.get("environment", {})}
    assert {name for name in named if name.startswith("ENTREPOT_")} <= SETTINGS


def test_a_command_by_hand_has_all_that_the_night_and_the_copy_have(tmp_path: Path) -> None:
    fake = tmp_path / "systemd-run"
    fake.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    fake.chmod(0o700)
    names = {"PATH": f"{tmp_path}:/usr/bin:/bin", "UNIT_FOLDER": str(DEPLOY)}
    command = ["sh", DEPLOY / "commande.sh", "ledger", "verify"]
    said = subprocess.run(command, env=names, capture_output=True, text=True, check=True).stdout
    given = set(said.splitlines())
    units = [(DEPLOY / f"entrepot-{name}.service").read_text("utf-8") for name in ("nuit", "copie")]
    lines = {line for unit in units for line in unit.splitlines() if re.match("User|Environment|Load", line)}
    assert {f"--property={line}" for line in lines if "%d" not in line} <= given
    (shell,) = (line for line in given if line.startswith("export "))
    exported = shell.partition(";")[0].replace("$CREDENTIALS_DIRECTORY", "%d").split()[1:]
    assert {f"Environment={words}" for words in exported} == {line for line in lines if "%d" in line}
    assert said.endswith("\nledger\nverify\n")


def test_the_code_server_alone_holds_the_keys_and_the_home() -> None:
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))
    services, secrets = compose["services"], compose["secrets"]
    assert {*services["code"]["secrets"]} == {*KEYS, "entrepot_notify", "signing.pem", "seal.pem"}
    assert [name for name, one in services.items() if "secrets" in one] == ["code"]
    assert {*services["code"]["secrets"]} == secrets.keys()
    holders = [name for name, one in services.items() if "ENTREPOT_HOME" in str(one.get("volumes"))]
    assert holders == ["code"]
    # A file that is mounted alone stays the one that it was: who was removed would stay in.
    folders = [volume.split(":")[-2:] for volume in services["pages"]["volumes"]]
    assert folders == [[str(Path(services["pages"]["environment"]["ENTREPOT_USERS"]).parent), "ro"]]


def test_what_tells_that_a_night_or_a_copy_is_missing_waits_for_neither_and_can_tell() -> None:
    watch, copy = ((DEPLOY / f"entrepot-{name}.service").read_text("utf-8") for name in ("veille", "copie"))
    assert "entrepot-nuit" not in watch and "RequiresMountsFor" not in watch
    assert [unit for unit in (watch, copy) if "LoadCredentialEncrypted=entrepot_notify\n" not in unit] == []


def test_staging_writes_to_no_folder_of_production_and_has_its_own_address(tmp_path: Path) -> None:
    subprocess.run(["sh", DEPLOY / "staging.sh", tmp_path], check=True)
    units = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    assert set(units) == {f"entrepot-staging-{file.name[9:]}" for file in DEPLOY.glob("entrepot-*")}
    after = {one for unit in units.values() for one in re.findall(r"^OnSuccess=(.*)", unit, re.M)}
    assert after and after <= units.keys()
    places = [
        one for unit in units.values() for one in re.findall(r"(?:/var/lib/|/srv/|https://)[\w.-]+", unit)
    ]
    assert places and [one for one in places if "staging" not in one] == []
    own = re.compile(r"^(?:User|Group|LoadCredentialEncrypted)=(.*)", re.M)
    held = [one for unit in units.values() for one in own.findall(unit)]
    assert held and [one for one in held if "staging" not in one] == [], "its keys and its user are its own"
    services = {name: unit for name, unit in units.items() if name.endswith(".service")}
    line = "Environment=ENTREPOT_ENVIRONMENT=staging\n"
    assert [name for name, unit in services.items() if unit.count(line) != 1] == []
