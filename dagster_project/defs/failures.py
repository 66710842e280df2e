"""The border between our code and Dagster: no message that may repeat a cell passes it (see errors)."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import dagster as dg

from dagster_project.errors import is_ours, safe_message

_P = ParamSpec("_P")
_R = TypeVar("_R")
_REMEDY = (
    ". Its message is kept nowhere, for it may repeat a cell. Remedy: look at that place; to see the "
    "message, run the step under a debugger on a copy of the home."
)


@contextmanager
def without_values() -> Iterator[None]:
    """Let out of an error only what may be told. Raises dagster.Failure, without a cause."""
    try:
        yield
    except (dg.Failure, dg.RetryRequested, dg.DagsterError) as error:
        raise error from None  # what it was raised upon may repeat a cell
    except Exception as error:
        raise dg.Failure(safe_message(error) if is_ours(error) else safe_message(error) + _REMEDY) from None


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
