"""ENTREPOT_* settings: the only place that reads the environment, and what systemd hands over as credentials.

Whoever needs one calls `settings()`: no function takes settings as a parameter, no object keeps them; the
catalogue's folder is given, so that a file may be checked against another one.
Not here: key files (see keys), paths inside the lake (see lake).
"""

import difflib
import hmac
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting has a wrong value; the message names it, says where it was read and what to do."""


class Settings(BaseSettings):
    """What an installation may choose. Every field is the variable ENTREPOT_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="ENTREPOT_", frozen=True, env_ignore_empty=True)

    home: Path = Field(
        default=PROJECT / "data" / "home",
        description="Folder that roots drops, lake, warehouse, exports, keys and Dagster's storage.",
    )
    catalogue: Path = Field(
        default=PROJECT / "data",
        description="Folder of campaigns/, operators/, authorities/ and reference/ (read only).",
    )
    private_catalogue: Path | None = Field(
        default=None,
        description="Folder of operators/, authorities/ and decisions/ that add to the catalogue's or "
        "replace them: contacts and bank details that must not be committed.",
    )
    environment: Literal["production", "staging"] = Field(
        default="production",
        description="production, or staging (préproduction), which takes in operators that are not yet in "
        "production. Each has a home of its own.",
    )
    memory_limit: str | None = Field(
        default=None,
        pattern=r"^[1-9][0-9]*(MB|GB)$",
        description="Memory that DuckDB may use, e.g. 2GB; past it, it spills to disk, slower. Unset: half "
        "of the machine's. Set it where the night runs in a container, or beside others.",
    )
    threads: int = Field(
        default=2,
        ge=1,
        le=256,
        description="Threads that DuckDB may use, and documents that are drawn at once; results do not "
        "depend on it.",
    )
    chunk_mb: int = Field(
        default=64, ge=1, le=1024, description="Megabytes of a drop held at once; bounds the night's memory."
    )
    settle_s: float = Field(
        default=5, ge=0, description="Seconds that a drop just written is given to grow before it is read."
    )
    max_drop_mb: int = Field(
        default=8_000, ge=1, description="Megabytes a drop may have, decompressed; a larger one is refused."
    )

    drop_days: int = Field(
        default=30, ge=0, le=365, description="Days that raw drops are kept once a night has taken them."
    )

    notify: SecretStr | None = Field(
        default=None,
        description="Who is told of a night that failed, left something to do or did not take place: "
        "addresses as Apprise writes them, with spaces between (mailtos://user:password@example.fr?to=... or "
        "jsons://example.fr/hook). No message names a person.",
    )
    lock_wait_s: float = Field(
        default=10_800,
        ge=0,
        description="Seconds that a night waits for another night or command to leave the warehouse.",
    )
    most_days_ahead: int = Field(
        default=31,
        ge=1,
        description="Days that a night may come after the last one; a later one stops until it is confirmed "
        "(`entrepot retention confirm`).",
    )
    most_removed_percent: int = Field(
        default=20,
        ge=0,
        le=100,
        description="Percent of the journeys that a night may remove; one that would remove more stops "
        "until it is confirmed.",
    )
    schedule: bool = Field(
        default=False,
        description="Whether Dagster's schedule runs a night at 02:00, Europe/Paris; in production alone. "
        "Leave it off where something else starts the nights.",
    )

    ui_address: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="Address under which browsers reach Dagster's pages through a proxy with TLS, e.g. "
        "https://entrepot.example.fr; unset: http://127.0.0.1:<port>, this machine alone.",
    )
    users: Path | None = Field(
        default=None,
        description="JSON file, 0600, of those who may open Dagster's pages (`entrepot users`); unset: in "
        "keys/.",
    )

    identity_key: SecretStr | None = Field(
        default=None,
        description="Secret of the identity keys, 64 hex digits; unset: made on first run in keys/, 0600.",
    )
    pseudonym_key: SecretStr | None = Field(
        default=None,
        description="Secret of the authorities' pseudonyms, 64 hex digits; unset: as above.",
    )
    ledger_key: SecretStr | None = Field(
        default=None,
        description="Secret of the journeys' digests in the ledger, 64 hex digits; unset: as above.",
    )
    attestation_key: SecretStr | None = Field(
        default=None,
        description="Secret of the attestations' verification codes, 64 hex digits; unset: as above.",
    )

    signing_key: Path | None = Field(
        default=None,
        description="PEM file, 0600, of the Ed25519 private key that signs checkpoints and manifests; unset: "
        "made on first run in keys/, which is for development.",
    )
    signing_command: str | None = Field(
        default=None,
        description="Command that signs instead, where that key lives off the machine: it reads a message on "
        "its standard input and writes the 64 bytes of its signature.",
    )
    signing_public: Path | None = Field(
        default=None,
        description="PEM file of the public keys of checkpoints and manifests, the present one first, then "
        "former ones; needed with `signing_command` and after a change of key.",
    )
    seal: Path | None = Field(
        default=None,
        description="PEM file, 0600, of the RSA private key that seals PDFs, then its certificate, its "
        "chain and former certificates; unset: made in keys/ with a certificate that no reader knows, which "
        "is for development.",
    )
    witness: Path | None = Field(
        default=None,
        description="File outside the home, best on another machine and append only, to which every "
        "checkpoint and record is added; unset: beside the home, as `<home>.witness.jsonl`, which protects "
        "from less.",
    )

    backup: str | None = Field(
        default=None,
        description="Where `entrepot backup` keeps encrypted copies: a folder on another machine's disk, or "
        "another repository as restic writes it (sftp:, s3:, rest:).",
    )
    backup_key: SecretStr | None = Field(
        default=None,
        description="Key of these copies, 64 hex digits; unset: made on first run in keys/. Keep it off the "
        "machine: without it no copy can be read.",
    )

    active_key: SecretStr | None = Field(
        default=None,
        description="Key of the active zone, 64 hex digits; unset: as above.",
    )
    active_key_next: SecretStr | None = Field(
        default=None,
        description="Where `active_key` is set: the key that `entrepot keys rotate active` changes to.",
    )
    archive_key: SecretStr | None = Field(
        default=None,
        description="Key of the archive zone, 64 hex digits; unset: as above.",
    )
    archive_key_next: SecretStr | None = Field(
        default=None,
        description="Where `archive_key` is set: the key that `entrepot keys rotate archive` changes to.",
    )

    @field_validator(
        *("identity_key", "pseudonym_key", "ledger_key", "attestation_key"),
        *("active_key", "active_key_next", "archive_key", "archive_key_next", "backup_key"),
    )
    @classmethod
    def _hex(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if key and not re.fullmatch(r"[0-9a-fA-F]{64}", key.get_secret_value()):
            raise ValueError("is not 64 hex digits")
        if key and info.data.get("environment") == "staging":  # a key given to both is not the same in both
            return SecretStr(hmac.digest(bytes.fromhex(key.get_secret_value()), b"staging", "sha256").hex())
        return key

    @field_validator("home", "catalogue", "private_catalogue")
    @classmethod
    def _absolute(cls, folder: Path | None) -> Path | None:
        if folder is None:
            return None
        folder = folder.expanduser().resolve()
        if folder.exists() and not folder.is_dir():
            raise ValueError("is a file; give a folder")
        nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
        # One that is there and closed is told by what reads it: the night, and who is told of it.
        if folder != nearest and not os.access(nearest, os.W_OK):
            raise ValueError("cannot be made here; give a folder that you may write to")
        return folder

    @field_validator("catalogue")
    @classmethod
    def _holds_a_catalogue(cls, folder: Path) -> Path:
        if missing := [n for n in ("campaigns", "operators", "authorities") if not (folder / n).is_dir()]:
            raise ValueError(f"has no folder {', '.join(missing)}; give the folder that holds them")
        return folder


def duckdb_memory() -> str:
    """What DuckDB may use: as set, else half of the machine's memory. Results do not depend on it."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return settings().memory_limit or f"{whole // 2 // 10**6}MB"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Raises SettingsError, one line per wrong variable."""
    known = {f"ENTREPOT_{name.upper()}" for name in Settings.model_fields}
    problems = [
        f"{name} (environment): no such setting.{_nearest(name, known)}"
        for name in sorted(os.environ)
        if name.startswith("ENTREPOT_") and name not in known
    ]
    try:
        read = Settings(_secrets_dir=os.environ.get("CREDENTIALS_DIRECTORY"))
    except ValidationError as error:
        problems += [_explain(problem) for problem in error.errors()]
    if problems:
        raise SettingsError("\n".join(problems))
    return read


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f" Remedy: did you mean {near[0]}?" if near else " Remedy: unset it; docs/settings.md lists them."


def _explain(problem: Any) -> str:
    name = f"ENTREPOT_{'_'.join(str(part) for part in problem['loc']).upper()}"
    field = Settings.model_fields.get(str(problem["loc"][0])) if problem["loc"] else None
    remedy = f" Remedy: unset it, or set it to: {field.description}" if field else ""
    shown = "" if "_KEY" in name else f"; it is {problem['input']!r}"
    return f"{name} (environment): {problem['msg']}{shown}.{remedy}"


def table() -> str:
    """The settings as a Markdown table, for docs/settings.md (a test keeps it true)."""
    rows = [
        f"| `ENTREPOT_{name.upper()}` | `{_shown(field.default)}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def _shown(default: object) -> str:
    if isinstance(default, Path):
        return f"{default.relative_to(PROJECT)}/"
    return "unset" if default is None else str(default)
