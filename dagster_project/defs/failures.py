"""The border between our code and Dagster: no message that may repeat a cell passes it (see errors)."""

import errno
import functools
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import dagster as dg
import duckdb

from dagster_project.errors import is_ours, safe_message
from dagster_project.lake.preflight import free_space
from dagster_project.lake.store import Lake

_P = ParamSpec("_P")
_R = TypeVar("_R")
_REMEDY = (
    ". Its message is kept nowhere, for it may repeat a cell. Remedy: look at that place; to see the "
    "message, run the step under a debugger on a copy of the home."
)
_MODES = "Remedy: give it to the user of the night, or its folder (chown, chmod), then run the night again."
_DISK = "Remedy: look at the disk (dmesg), then run the night again: it names what is not whole."
_REMEDIES = {  # none: the room that is left
    **{errno.ENOSPC: "", errno.EDQUOT: ""},
    **{errno.EACCES: _MODES, errno.EPERM: _MODES},
    **{errno.EIO: _DISK, errno.EROFS: _DISK},
}
_OF_OTHERS = (("drops",), ("payments",), ("requests",))  # whose names may say who


@contextmanager
def without_values() -> Iterator[None]:
    """Let out of an error only what may be told. Raises dagster.Failure, without a cause."""
    try:
        yield
    except (dg.Failure, dg.RetryRequested, dg.DagsterError) as error:
        raise error from None  # what it was raised upon may repeat a cell
    except Exception as error:
        told = (
            safe_message(error) if is_ours(error) else safe_message(error) + (_of_the_disk(error) or _REMEDY)
        )
        raise dg.Failure(told) from None


def _of_the_disk(error: Exception) -> str:
    """Of an error of the disk its file and what to do; nothing of any other."""
    lake = Lake()
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        return f". {str(error).splitlines()[0]}. {free_space(lake)}"
    if not isinstance(error, OSError) or error.errno not in _REMEDIES:
        return ""
    file = Path(os.fsdecode(error.filename or ""))
    is_named = file.is_relative_to(lake.home) and file.relative_to(lake.home).parts[:1] not in _OF_OTHERS
    return f"{f': {file}' if is_named else ''}. {_REMEDIES[error.errno] or free_space(lake)}"


def tells_no_value(compute: Callable[_P, _R]) -> Callable[_P, _R]:
    """Wrap what Dagster calls, below Dagster's own decorator; a test finds the asset or sensor without it."""
    if inspect.isgeneratorfunction(compute):

        @functools.wraps(compute)
        def generating(*arguments: Any, **named: Any) -> Iterator[Any]:
            with without_values():
                yield from compute(*arguments, **named)

        return generating  # type: ignore[return-value]

    @functools.wraps(compute)
    def computing(*arguments: _P.args, **named: _P.kwargs) -> _R:
        with without_values():
            return compute(*arguments, **named)

    return computing
