"""SQL that lies beside its module, where editors and sqlfluff read it as SQL.

A module's file has its name, and a comment `-- name: …` above each statement. A lake's tables, or some of
their files, are shown to a statement as views (`Lake.show`). What is composed of columns at run time stays in
Python, some lines each: a file would need a template language.
"""

import re
from functools import cache
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def statements(module: str) -> dict[str, str]:
    """The statements of the `.sql` file beside a module (its `__file__`), by name, without the last `;`."""
    _, *parts = _NAME.split(Path(module).with_suffix(".sql").read_text("utf-8"))
    return {name: text.rstrip().removesuffix(";") for name, text in zip(parts[::2], parts[1::2], strict=True)}
