"""What the installation asks of the disk: its files are nobody else's, and there after a power cut.

Not here: operators' folders (folders), what keys are (keys).
"""

import os
import resource
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_OURS = ("lake", "warehouse", "dagster", "requests", "keys")
_SHARED = ("drops", "payments", "exports")  # with operators and authorities, each by a group or an ACL

# Hidden beside its place (.x.writing), what is being written; of a folder (.x.before), what it replaces.
WRITING, MOVED_ASIDE = ".writing", ".before"


class OpenToOthersError(Exception):
    """Others can read what is the service's alone; the message says what to run."""


def begin() -> None:
    """At the start of every process: what it makes is nobody else's, and a crash leaves no memory behind."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close(home: Path) -> None:
    """Take from others what an older version, or a careless copy, let them read.

    Raises OpenToOthersError where it cannot, and for a key: who has read it still has it.
    """
    for bits, names in ((0o077, _OURS), (0o007, _SHARED)):
        for folder in filter(Path.is_dir, (home / name for name in names)):
            if folder.stat().st_mode & bits:
                _close(folder, bits)
    for key in sorted((home / "keys").glob("*")):
        only_ours(key)


def only_ours(key: Path, forbidden: int = 0o077) -> None:
    """Raise OpenToOthersError where others may read or write a file that holds a key."""
    if (mode := key.stat().st_mode & 0o777) & forbidden:
        raise OpenToOthersError(
            f"Others can read the key {key.name} (mode {mode:04o}). Remedy: chmod 600 {key}; where others "
            "use this machine, they may have it: change it, as docs/deploiement.md says."
        )


def sync(*paths: Path) -> None:
    """See files, or what folders say is in them, on the disk."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """See a folder of ours on the disk, with all that is in it."""
    sync(*folder.rglob("*"), folder)


@contextmanager
def replacing(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """A path beside `target` to write to; it takes `target`'s place once the block succeeds.

    `durable`: its bytes are on the disk before that, and its name after: a power cut leaves one or the other.
    """
    is_new = not target.parent.exists()
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{secrets.token_hex(8)}{WRITING}")
    try:
        yield beside
        if durable:
            sync(beside)
        os.replace(beside, target)
        if durable:
            sync(target.parent, *([target.parent.parent] if is_new else []))
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A new folder to write to; it takes `folder`'s place whole, on the disk, once the block succeeds."""
    beside, before = (folder.with_name(f".{folder.name}{step}") for step in (WRITING, MOVED_ASIDE))
    try:
        beside.mkdir(parents=True)
        yield beside
        sync_tree(beside)
        if folder.exists():
            os.replace(folder, before)
        os.replace(beside, folder)
        sync(folder.parent)
    finally:
        for leftover in (before, beside):
            settle(leftover)


def settle(leftover: Path) -> None:
    """What was moved aside goes back to its place, if nothing is there; what else is left beside one goes."""
    place = leftover.with_name(leftover.stem[1:])
    if leftover.suffix == MOVED_ASIDE and leftover.exists() and not place.exists():
        os.replace(leftover, place)
    elif leftover.is_dir():
        shutil.rmtree(leftover, ignore_errors=True)
    else:
        leftover.unlink(missing_ok=True)


def put(file: Path, text: str) -> None:
    """Write a small file, whole or not at all, and see it on the disk."""
    with replacing(file, durable=True) as beside:
        beside.write_text(text, "utf-8")


def move(moves: Mapping[Path, Path]) -> None:
    """Give finished files of the same file system their places; then they are on the disk, as their names."""
    folders = {target.parent for target in moves.values()}
    new = {folder.parent for folder in folders if not folder.exists()}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    for file, target in moves.items():
        sync(file)
        os.replace(file, target)
    sync(*folders, *new)


def _close(folder: Path, bits: int) -> None:
    try:
        for path in (folder, *_below(folder)):
            path.chmod(path.stat().st_mode & 0o7777 & ~bits)
    except PermissionError:
        whose = "go" if bits & 0o070 else "o"
        raise OpenToOthersError(
            f"Others can read {folder}, which is not this user's to close. "
            f"Remedy: chown -R {os.geteuid()} {folder} && chmod -R {whose}-rwx {folder}"
        ) from None


def _below(folder: Path) -> Iterator[Path]:
    """All of a folder that is ours alone. Keys are told, not mended; operators' folders see drops."""
    if folder.name not in ("keys", "drops", "payments"):
        yield from (path for path in folder.rglob("*") if not path.is_symlink())
