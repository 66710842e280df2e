"""A delivered file, opened once and copied to a private folder while it is hashed: only the copy is read.

Whatever its operator does to the file afterwards, what is registered is what was read.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from dagster_project.contracts.moments import PARIS, first_instant
from dagster_project.contracts.terms import TERMS
from dagster_project.drops.claim import Offer
from dagster_project.drops.troubles import Troubles
from dagster_project.files import folders
from dagster_project.files.folders import is_ordinary

_BLOCK = 1 << 20


class ChangedDropError(Exception):
    """The file grew, went or was exchanged: nothing of it is kept, and it waits for the next night."""


@dataclass(frozen=True)
class Drop:
    """One complete file: its operator, its identity and the instant it was delivered (UTC)."""

    operator_id: str
    path: Path
    sha256: str
    size_bytes: int
    dropped_at: datetime

    @property
    def drop_id(self) -> str:
        """Identity of the drop: the same bytes of the same operator are one drop."""
        return f"{self.operator_id}-{self.sha256[:16]}"

    @property
    def delivered_on(self) -> date:
        """The day in Paris in which it came; midnight ends a day."""
        return (self.dropped_at - timedelta.resolution).astimezone(PARIS).date()

    @property
    def shown_name(self) -> str:
        """The file's name as text, whatever its bytes."""
        return os.fsencode(self.path.name).decode("utf-8", "replace")


@contextmanager
def taken(
    offer: Offer, drops: Path, scratch: Path, max_bytes: int, troubles: Troubles
) -> Iterator[tuple[Drop, Path]]:
    """The drop, and our copy of it for as long as the block lasts; of one that is too large, its beginning.

    Raises ChangedDropError; that it cannot be opened is told.
    """
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = scratch / f"{secrets.token_hex(8)}.drop"
    try:
        sha256 = _copied(offer, drops, copy, max_bytes, troubles)
        yield Drop(offer.operator_id, offer.path, sha256, offer.size_bytes, offer.delivered_at), copy
    finally:
        copy.unlink(missing_ok=True)


def _copied(offer: Offer, drops: Path, copy: Path, max_bytes: int, troubles: Troubles) -> str:
    with ExitStack() as opened:
        opened_file = None
        with troubles.telling(offer.operator_id, "incoming/"), suppress(FileNotFoundError):
            incoming = opened.enter_context(folders.within(drops, offer.operator_id, "incoming"))
            opened_file = opened.enter_context(incoming.reading(offer.path.name))
        if not opened_file or not (offer.is_same(opened_file[1]) and is_ordinary(opened_file[1])):
            raise ChangedDropError
        content, status = opened_file
        with suppress(OSError):  # its owner's to do, where the service is not that
            os.fchmod(content.fileno(), status.st_mode & 0o770)
        sha256 = copied(content, copy, status.st_size, max_bytes)
        if not offer.is_same(os.fstat(content.fileno())):
            raise ChangedDropError
    return sha256


def possible(dropped_at: datetime, business_date: date) -> tuple[datetime, bool]:
    """A file's time, or the end of the night's day where it cannot be; and whether that is to be told.

    A clock that runs ahead must not make a delivery win for ever, nor one that was never set lose every
    row: a journey that ended before such a time would be past its term. The night runs in the small hours
    of the next day: what comes until then is usual.
    """
    midnight = first_instant(business_date + timedelta(days=1))
    if TERMS["journeys"].kept_from(business_date) <= dropped_at <= midnight:
        return dropped_at, False
    return midnight, not midnight < dropped_at <= midnight + timedelta(days=1)


def is_still_there(offer: Offer, drops: Path) -> bool:
    """The file stands where it was offered, unchanged."""
    try:
        with folders.within(drops, offer.operator_id, "incoming") as incoming:
            return offer.is_same(incoming.status(offer.path.name))
    except OSError:
        return False


def copied(content: BinaryIO, copy: Path, size: int, max_bytes: int) -> str:
    """Copy a file and hash it; one that is too large is known by its first bytes and its size."""
    digest = hashlib.sha256()
    left = size if size <= max_bytes else _BLOCK
    with copy.open("xb") as target:
        while left > 0 and (block := content.read(min(_BLOCK, left))):
            digest.update(block)
            target.write(block)
            left -= len(block)
    if size > max_bytes:
        digest.update(f"{size}".encode())
    return digest.hexdigest()
