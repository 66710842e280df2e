"""The keys of the encrypted zones: where they stand, changing one, destroying one.

Only these keys can change. Those of identities, pseudonyms, ledger, attestations encrypt nothing, they give
names: a new one would rename everybody, and caps, authorities and the ledger would know nobody again.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb

from dagster_project.files.disk import replacing, sync
from dagster_project.lake import encryption, keys
from dagster_project.lake.keys import KeyFileError, fingerprint
from dagster_project.lake.store import Lake
from dagster_project.settings import settings

_PLAIN = "plain"  # in the place of the former key, where an older version's files are being encrypted


def status(lake: Lake) -> Iterator[tuple[str, str]]:
    """Each zone, then each key that names things, and how it stands, in a sentence."""
    for zone in keys.ZONES:
        files = sum(1 for _ in lake.zone(zone).rglob("*.parquet"))
        if not files and not keys.is_encrypted(lake.zone(zone)):
            yield zone, "empty"
            continue
        try:
            key = lake.key(zone)
        except KeyFileError as error:
            yield zone, str(error)
        else:
            named = _from_settings(zone, key) or f"keys/{zone}.key"
            yield zone, f"{files} files under the key {fingerprint(key)}, which {named} holds"
    for name in keys.NAMES:
        if not lake.is_in_use(name):
            yield name, "nothing was made with it yet"
            continue
        try:
            key = lake.secret(name, make=False)
        except KeyFileError as error:
            yield name, str(error)
        else:
            yield name, f"the key {fingerprint(key)} is here"


def rotate(lake: Lake, zone: str) -> int:
    """Put every file of a zone under a new key; returns how many files. Raises KeyFileError.

    Killed half-way, it goes on where it was. Files of an older version, not encrypted yet, are encrypted.
    """
    folder = lake.zone(zone)
    if not keys.is_encrypted(folder) and not any(folder.rglob("*.parquet")):
        return 0
    _settle(lake, zone)
    old, new = _both(lake, zone)
    keys.put_under(folder, fingerprint(old) if old else _PLAIN, fingerprint(new))
    files = sorted(folder.rglob("*.parquet"))
    for file in files:
        _change(file, old, new)
    keys.put_under(folder, fingerprint(new))
    _settle(lake, zone)
    return len(files)


def destroy(lake: Lake, zone: str) -> None:
    """Make a zone and every copy of it unreadable: its keys go first, then its files and caches.

    Raises KeyFileError where a key stands in the settings, which only their owner can destroy.
    """
    for name in (zone, f"{zone}.next"):
        (lake.keys / f"{name}.key").unlink(missing_ok=True)
    shutil.rmtree(lake.zone(zone), ignore_errors=True)
    shutil.rmtree(lake.scratch, ignore_errors=True)
    if zone == "active":
        shutil.rmtree(lake.building.parent, ignore_errors=True)
        lake.cache_file.unlink(missing_ok=True)
        shutil.rmtree(lake.months, ignore_errors=True)
    if getattr(settings(), f"{zone}_key") or getattr(settings(), f"{zone}_key_next"):
        raise KeyFileError(
            f"The files of lake/{zone} are gone, but copies stay readable while their key is kept where "
            f"ENTREPOT_{zone.upper()}_KEY comes from. Remedy: destroy it there, and set another."
        )


def _both(lake: Lake, zone: str) -> tuple[bytes | None, bytes]:
    """The key that files are under (none: not encrypted) and the one they will be under."""
    given = getattr(settings(), f"{zone}_key"), getattr(settings(), f"{zone}_key_next")
    marks = keys.marks(lake.zone(zone))
    at_hand = {fingerprint(key): key for key in keys.known(zone, lake.keys, *given)}
    if len(marks) == 2:  # a rotation that was killed
        if missing := [mark for mark in marks if mark != _PLAIN and mark not in at_hand]:
            raise KeyFileError(
                f"lake/{zone} is changing from the key {marks[0]} to {marks[1]}; {missing[0]} is not there. "
                f"Remedy: give it back in the settings (ENTREPOT_{zone.upper()}_KEY, …_NEXT) or as a file."
            )
        return at_hand.get(marks[0]), at_hand[marks[1]]
    if not marks:
        return None, keys.secret(lake.keys, zone, given[0])
    old = lake.key(zone)
    if not _from_settings(zone, old):
        return old, keys.secret(lake.keys, f"{zone}.next", None)
    following = bytes.fromhex(given[1].get_secret_value()) if given[1] else old
    if following == old:
        raise KeyFileError(
            f"The key of lake/{zone} is given by the settings, so its successor must be, too. "
            f"Remedy: set ENTREPOT_{zone.upper()}_KEY_NEXT to 64 other hex digits, and rotate again."
        )
    return old, following


def _change(file: Path, old: bytes | None, new: bytes) -> None:
    with encryption.parquet(new) as connection:
        if _is_under(connection, file, new):
            return  # before the rotation was killed
        if old:
            encryption.add_keys(connection, old)
        with replacing(file, durable=True) as beside:
            encryption.write(connection, f"(from {encryption.source([file], old)})", beside, new)


def _is_under(connection: duckdb.DuckDBPyConnection, file: Path, key: bytes) -> bool:
    with suppress(duckdb.InvalidInputException):
        connection.execute(f"from {encryption.source([file], key)} limit 0")
        return True
    return False


def _settle(lake: Lake, zone: str) -> None:
    """The following key's file becomes the zone's, once the zone is under it."""
    file = lake.keys / f"{zone}.next.key"
    if file.exists() and keys.marks(lake.zone(zone)) == [
        fingerprint(keys.secret(lake.keys, file.stem, None))
    ]:
        os.replace(file, lake.keys / f"{zone}.key")  # the former key is gone: all is on the disk by now
        sync(lake.keys)


def _from_settings(zone: str, key: bytes) -> str | None:
    for name in (f"{zone}_key", f"{zone}_key_next"):
        given = getattr(settings(), name)
        if given and bytes.fromhex(given.get_secret_value()) == key:
            return f"ENTREPOT_{name.upper()}"
    return None
