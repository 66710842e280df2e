"""Which files the lake holds, as the last run left them: one that is torn, missing or replaced is named.

A file's content is read where its date or size is another, and once in four weeks whatever they say: a disk
changes a bit and no date. A run takes the register away while it works and writes it as it leaves. So
nothing is held against what a killed run left: the run after it writes down what is there. Not here: what
the chain of closings proves by itself (dagster_project/ledger/chain.py), room (preflight). Why: D-311.
"""

import hashlib
import json
import logging
import os
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

from dagster_project.files.disk import put

_NAME = "LAKE_FILES.json"
_PASSING = ("scratch", "merging", "catalogue")  # the last is written anew by each night
# Their chain proves them; where it is broken, a night stops at its closings, and has taken its drops.
_CHAINED = frozenset({"closings", "checkpoints", "ledger_entries", "campaign_cap_uses"})
_ENDS = (b"PAR1", b"PARE")  # of Parquet, plain and encrypted
_MOST_TOLD = 20
TURN_DAYS = 28
_LOG = logging.getLogger(__name__)
_File = tuple[int, int, str]  # bytes, instant of the last change in nanoseconds, SHA-256


class RegisterError(Exception):
    """The register itself cannot be read; the message says what to do."""


def read(home: Path) -> dict[str, _File]:
    """The files that the last run left, by their place in the home; none after a killed one.

    Raises RegisterError.
    """
    file = home / _NAME
    try:
        return json.loads(file.read_text("utf-8")) if file.exists() else {}
    except ValueError:
        raise RegisterError(
            f"{file} is not as the last run wrote it, so nobody knows whether a file of the lake is gone. "
            "Remedy: compare the lake with a backup, delete this file, run it again."
        ) from None


def refusal_message(home: Path, known: Mapping[str, _File]) -> str:
    """What cannot be read, or is not as it was left, and what to do; empty where all is well."""
    fault_lines = [f"{name} {fault}" for name, fault in faults(home, known).items()]
    if not fault_lines:
        return ""
    more = f" and {len(fault_lines) - _MOST_TOLD} more" if len(fault_lines) > _MOST_TOLD else ""
    return (
        f"The lake cannot be read: {'; '.join(fault_lines[:_MOST_TOLD])}{more}. Remedy: give the file to "
        "this user (chown, chmod) where it is another's; else entrepot restore --damaged. Where no "
        f"copy has it, and what it held may be missing for good, delete {home / _NAME}. Then run it again."
    )


def faults(home: Path, known: Mapping[str, _File]) -> dict[str, str]:
    """Of each file that cannot be read, or is not as it was left: what is wrong with it."""
    torn = {name: fault for name in _files(home) if (fault := _fault(home / name))}
    return torn | dict(_changes(home, known, torn, _turns(home) if known else ()))


@contextmanager
def rewritten(home: Path, known: Mapping[str, _File]) -> Iterator[None]:
    """Take the register away, and write what is there once the block is done."""
    file = home / _NAME
    file.unlink(missing_ok=True)
    try:
        yield
    finally:
        try:
            put(file, json.dumps(dict(_held(home, known)), indent=0))
        except OSError as error:
            _LOG.warning("%s is not written (%s): the next run has nothing to go by.", file, error.strerror)


def _files(home: Path) -> Iterator[str]:
    """Every file of a table, by its place in the home."""
    for folder, folders, names in os.walk(home / "lake"):
        folders[:] = sorted(set(folders) - set(_PASSING))
        for name in sorted(names):
            if name.endswith(".parquet"):
                yield os.path.relpath(os.path.join(folder, name), home)  # noqa: PTH118, speed


def _fault(file: Path) -> str | None:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        return f"cannot be opened ({os.strerror(error.errno or 0)})"
    try:
        size = os.fstat(descriptor).st_size
        head = os.pread(descriptor, 4, 0)
        tail = os.pread(descriptor, 4, max(size - 4, 0))
    except OSError as error:
        return f"cannot be read ({os.strerror(error.errno or 0)})"
    finally:
        os.close(descriptor)
    return None if head in _ENDS and tail == head else f"is not whole ({size} bytes)"


def _turns(home: Path) -> Container[int]:
    """The turns that have come since the last run, of four weeks' days."""
    now = datetime.now(UTC).date().toordinal()
    last = datetime.fromtimestamp((home / _NAME).stat().st_mtime, UTC).date().toordinal()
    return {day % TURN_DAYS for day in range(max(last, now - TURN_DAYS) + 1, now + 1)}


def _changes(
    home: Path, known: Mapping[str, _File], torn: Mapping[str, str], turns: Container[int]
) -> Iterator[tuple[str, str]]:
    for name, (size, changed_ns, sha256) in known.items():
        file = home / name
        if name in torn:
            continue
        if not file.exists():
            yield name, "is gone"
        elif (now := file.stat()).st_size != size:
            yield name, f"is another ({now.st_size} bytes, {size} before)"
        elif (now.st_mtime_ns != changed_ns or crc32(name.encode()) % TURN_DAYS in turns) and digest_of(
            file
        ) != sha256:
            yield name, "is another (of as many bytes)"


def _held(home: Path, known: Mapping[str, _File]) -> Iterator[tuple[str, _File]]:
    """Every file that is there; what has not changed since has the hash that is known."""
    for name in _files(home):
        if not _CHAINED.isdisjoint(Path(name).parts):
            continue
        now = (home / name).stat()
        size, changed_ns, sha256 = known.get(name, (0, 0, ""))
        is_known = (now.st_size, now.st_mtime_ns) == (size, changed_ns)
        yield name, (now.st_size, now.st_mtime_ns, sha256 if is_known else digest_of(home / name))


def digest_of(file: Path) -> str:
    """Its SHA-256, in hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
