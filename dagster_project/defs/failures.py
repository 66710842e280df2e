"""The border between our code and Dagster: no message that may repeat a cell passes it (see errors)."""

import errno
import functools
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import dagster as dg
import duckdb

from dagster_project.errors import is_ours, safe_message
from dagster_project.lake.preflight import remedy, tellable
from dagster_project.lake.store import Lake

_P = ParamSpec("_P")
_R = TypeVar("_R")
_REMEDY = (
    ". Its message is kept nowhere, for it may repeat a cell. Remedy: `entrepot ledger verify` says whether "
    "a file of the ledger is damaged; else look at that place; to see the message, run the step under a "
    "debugger on a copy of the home."
)
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EIO, errno.EROFS)


@contextmanager
def without_values() -> Iterator[None]:
    """Let out of an error only what may be told. Raises dagster.Failure, without a cause."""
    try:
        yield
    except (dg.Failure, dg.RetryRequested, dg.DagsterError) as error:
        raise error from None  # what it was raised upon may repeat a cell
    except Exception as error:
        message = (
            safe_message(error) if is_ours(error) else safe_message(error) + (_of_the_disk(error) or _REMEDY)
        )
        raise dg.Failure(message) from None


def _of_the_disk(error: Exception) -> str:
    """Of an error of the disk its file and what to do; nothing of any other."""
    lake = Lake()
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        raw_place = str(error).partition("\n")[0]
    elif isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        raw_place = os.fsdecode(error.filename or "")
    else:
        return ""
    is_ours_to_tell = f"{lake.home}/" in raw_place or isinstance(error, duckdb.OutOfMemoryException)
    place = tellable(raw_place, lake) if is_ours_to_tell else ""
    return f"{place and f': {place}'}. {remedy(error, lake)}"


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
