"""Which tests are slow: those that run dbt, as a night does, or LibreOffice.

It is read from their code, so that nobody has to mark them; `make quick` runs the others. One of those that
runs dbt all the same fails and says what to write.
"""

from collections.abc import Iterator
from inspect import isfunction
from types import CodeType, ModuleType
from typing import Any, NoReturn

import pytest

# By the names under which tests call what starts dbt, or LibreOffice.
STARTERS = {
    *("run_night", "execute_night", "run_steps", "run_models", "dbt_run", "build", "evaluate", "evaluated"),
    *("evaluating", "simulate", "simulated", "replay"),
}


def is_slow(item: pytest.Function) -> bool:
    """Whether a test or one of its fixtures starts one."""
    fixtures = [fixture.func for same in item._fixtureinfo.name2fixturedefs.values() for fixture in same]
    return any(starts(one) for one in (item.function, *fixtures))


def starts(called: Any) -> bool:
    """Whether a function or class names a starter, itself or through functions of the tests."""
    return not STARTERS.isdisjoint(_reached(called, set()))


def refused(*_: Any, **__: Any) -> NoReturn:
    """What a test that is taken for quick meets in place of dbt."""
    pytest.fail("This test runs dbt and is not known to: write @pytest.mark.slow above it.")


def _reached(called: Any, seen: set[Any]) -> Iterator[str]:
    if isinstance(called, type):
        for method in vars(called).values():
            yield from _reached(method, seen)
        return
    if hasattr(called, "hypothesis"):
        called = called.hypothesis.inner_test
    called = getattr(called, "__wrapped__", called)
    if not isfunction(called) or called in seen:
        return
    seen.add(called)
    names = set(_names(called.__code__))
    yield from names
    for name in names:
        value = called.__globals__.get(name)
        # Of a module, what is used of it.
        inside = [vars(value).get(one) for one in names] if isinstance(value, ModuleType) else [value]
        for one in inside:
            if str(getattr(one, "__module__", "")).startswith("tests."):
                yield from _reached(one, seen)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
        else:  # a command by its name, alone or in a list of words
            yield from (word for word in (constant, *_words(constant)) if isinstance(word, str))


def _words(constant: Any) -> tuple[Any, ...]:
    return constant if isinstance(constant, tuple) else ()
