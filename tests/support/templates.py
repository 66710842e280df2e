"""dbt's templates, compiled once a process: the nights of a suite ask for the same texts again and again."""

from functools import cache
from types import CodeType
from typing import Any

from dbt_common.clients.jinja import MacroFuzzEnvironment


def compiled_once() -> None:
    """From now on dbt's environments of one kind share the code of a text."""
    compile_text = MacroFuzzEnvironment.compile
    environments: dict[type, MacroFuzzEnvironment] = {}

    @cache
    def code(kind: type, text: str, given: tuple[Any, ...]) -> CodeType:
        return compile_text(environments[kind], text, *given)

    def shared(environment: MacroFuzzEnvironment, source: Any, *given: Any) -> CodeType:
        environments.setdefault(type(environment), environment)
        return code(type(environment), str(source), given)

    MacroFuzzEnvironment.compile = shared
