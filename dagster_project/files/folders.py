"""A folder that somebody else may change at any moment, held by its descriptor.

Nothing here follows a link, waits for a pipe or leaves the folder, whatever is exchanged meanwhile.
Errors are OSError. Not here: whose folder it is (drops), what is removed when (retention). Why: D-179.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

_NO_DETOUR = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_IN_THE_WAY = (IsADirectoryError, NotADirectoryError)


class Folder:
    """An open folder; `descriptor` is its own."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def close_to_others(self) -> None:
        """Leave it to its owner, its group, and those whom an ACL names."""
        mode = stat.S_IMODE(os.fstat(self.descriptor).st_mode)
        if mode & 0o007:
            os.fchmod(self.descriptor, mode & ~0o007)

    def names(self) -> list[str]:
        """What is in it, sorted."""
        return sorted(os.listdir(self.descriptor))  # noqa: PTH208 -- by descriptor

    def status(self, name: str) -> os.stat_result | None:
        """What stands under a name, itself and not what it points to; None: nothing."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    @contextmanager
    def below(self, name: str, *, make: bool = False) -> Iterator["Folder"]:
        """A folder in it, made where it is missing if asked for, open to its group; a link to one is none."""
        is_new = make and self.status(name) is None
        if is_new:
            os.mkdir(name, 0o700, dir_fd=self.descriptor)
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | _NO_DETOUR, dir_fd=self.descriptor)
        try:
            if is_new:  # whatever the umask: an operator enters by its group or ACL
                os.fchmod(descriptor, os.fstat(descriptor).st_mode & 0o7000 | 0o750)
            yield Folder(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def reading(self, name: str) -> Iterator[tuple[BufferedReader, os.stat_result]]:
        """A file's content and what it is, both of the same file. Raises OSError where it is none."""
        with _ordinary(os.open(name, os.O_RDONLY | _NO_DETOUR, dir_fd=self.descriptor)) as content:
            yield content, os.fstat(content.fileno())

    def write(self, name: str, content: bytes | Path) -> bool:
        """Put a content, or a copy of a file of ours, under a name in one step; group may read it.

        True where no file was in the way: a link or a pipe is replaced, a folder set aside.
        """
        beside = f".{secrets.token_hex(8)}.writing"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(beside, flags, 0o640, dir_fd=self.descriptor), "wb") as target:
            try:
                os.fchmod(target.fileno(), 0o640)  # whatever the umask: an operator reads by its group or ACL
                if isinstance(content, Path):
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, target)
                else:
                    target.write(content)
                target.flush()
                before = self.status(name)
                self._rename(beside, name)
            except OSError:
                with suppress(OSError):
                    os.unlink(beside, dir_fd=self.descriptor)
                raise
        return before is None or stat.S_ISREG(before.st_mode)

    def move(self, name: str, folder: "Folder", new_name: str) -> None:
        """Give what stands under a name to another folder."""
        os.replace(name, new_name, src_dir_fd=self.descriptor, dst_dir_fd=folder.descriptor)

    def remove(self, name: str) -> None:
        """Delete a file, a link (not what it points to), or a folder however deep; nothing: nothing.

        A folder in a folder is first moved up beside it: neither depth nor length of a path matters.
        """
        waiting = [name]
        while waiting:
            current = waiting.pop()
            status = self.status(current)
            if status is None:
                continue
            if not stat.S_ISDIR(status.st_mode):
                os.unlink(current, dir_fd=self.descriptor)
                continue
            with self.below(current) as inner:
                for entry in inner.names():
                    within = inner.status(entry)
                    if within and stat.S_ISDIR(within.st_mode):
                        waiting.append(f".{secrets.token_hex(8)}.removing")
                        inner.move(entry, self, waiting[-1])
                    elif within:
                        os.unlink(entry, dir_fd=inner.descriptor)
            os.rmdir(current, dir_fd=self.descriptor)

    def _rename(self, beside: str, name: str) -> None:
        try:
            self.move(beside, self, name)
        except _IN_THE_WAY:
            self.move(name, self, f".{secrets.token_hex(8)}.aside")
            self.move(beside, self, name)


@contextmanager
def within(ours: Path, *parts: str) -> Iterator[Folder]:
    """A folder of ours, or one below it, opened step by step: no link on the way is followed."""
    descriptor = os.open(ours, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            above = descriptor
            descriptor = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _NO_DETOUR, dir_fd=above)
            os.close(above)
        yield Folder(descriptor)
    finally:
        os.close(descriptor)


def reading(file: Path) -> BufferedReader:
    """A file's content by its path. Raises OSError where a link, a pipe or a folder stands there."""
    return _ordinary(os.open(file, os.O_RDONLY | _NO_DETOUR))


def is_ordinary(status: os.stat_result) -> bool:
    """A file that has this one name: a second may be another's."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def files_below(top: Path, unread: list[Path] | None = None) -> Iterator[Path]:
    """Every file below a folder, sorted, no link followed; `unread` gets the folders that cannot be read."""
    files, waiting = [], [str(top)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(entry.path)
        except FileNotFoundError:
            continue
        except OSError:
            if unread is not None:
                unread.append(Path(folder))
    return map(Path, sorted(files))


def _ordinary(descriptor: int) -> BufferedReader:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFileError
    return os.fdopen(descriptor, "rb")


class NotAFileError(OSError):
    """A link, a pipe, a device or a folder stands where a file is wanted."""
