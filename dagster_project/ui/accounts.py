"""Who may open Dagster's pages, and as what. Passwords lie hashed in one 0600 file; sessions live in memory.

Not here: cookies, addresses (gate).
"""

import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENGINEER, VIEWER = ROLES = ("engineer", "viewer")
MIN_PASSWORD = 12
_HOURS = 12

Entries = Mapping[str, Mapping[str, str]]  # by name: role, salt, hash


class AccountError(Exception):
    """The file of users, a name or a password is not fit; the message says what to do."""


@dataclass(frozen=True)
class Users:
    """The file of users: read at each request, so that whoever is removed is out at once."""

    file: Path

    def entries(self) -> Entries:
        """Everybody's role and hashed password. Raises AccountError where others may read the file."""
        if not self.file.exists():
            return {}
        if self.file.stat().st_mode & 0o077:
            raise AccountError(f"{self.file} can be read by others. Remedy: chmod 600 {self.file}")
        try:
            entries: Entries = json.loads(self.file.read_text("utf-8"))
        except ValueError:
            raise AccountError(f"{self.file} is damaged. Remedy: restore it, or add its users anew") from None
        return entries

    def add(self, name: str, role: str, password: str) -> None:
        """Add somebody, or give them another role and password. Raises AccountError."""
        if not name.isidentifier() or not name.isascii():
            raise AccountError("a name is letters, digits and _, e.g. anne_martin")
        if len(password) < MIN_PASSWORD:
            raise AccountError(f"a password has {MIN_PASSWORD} characters at least")
        salt = secrets.token_bytes(16)
        entry = {"role": role, "salt": salt.hex(), "hash": _hash(password, salt).hex()}
        self._write({**self.entries(), name: entry})

    def remove(self, name: str) -> None:
        """Take somebody out; their sessions end. Raises AccountError."""
        entries = self.entries()
        if name not in entries:
            raise AccountError(f"nobody is named {name}; known: {', '.join(sorted(entries)) or 'nobody'}")
        self._write({other: entry for other, entry in entries.items() if other != name})

    def known(self, name: str, password: str) -> bool:
        """Whether this is the password; it takes as long for a name that nobody has."""
        entry = self.entries().get(name, {"salt": "00" * 16, "hash": ""})
        given_hash = _hash(password, bytes.fromhex(entry["salt"]))
        return hmac.compare_digest(given_hash, bytes.fromhex(entry["hash"]))

    def _write(self, entries: Entries) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump(entries, handle, indent=1, sort_keys=True)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(beside, self.file)


class Sessions:
    """Who is logged in: by the digest of a token that their browser alone has, for twelve hours at most."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._open: dict[bytes, tuple[str, Mapping[str, str] | None, float]] = {}

    def begin(self, name: str | None) -> str:
        """A new session's token; None is whoever started the server (development)."""
        token = secrets.token_urlsafe(32)
        entry = self._users.entries()[name] if name else None
        self._open[_digest(token)] = (name or "", entry, time.monotonic() + _HOURS * 3600)
        return token

    def role(self, token: str) -> str | None:
        """What this session may do; None once it is over, or its user is gone or has another password."""
        name, entry, until = self._open.get(_digest(token), ("", None, 0.0))
        if time.monotonic() > until or (self._users.entries().get(name) if name else None) != entry:
            self.end(token)
            return None
        return entry["role"] if entry else ENGINEER

    def end(self, token: str) -> None:
        """Log out."""
        self._open.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=64 << 20)
