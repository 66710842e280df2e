"""Which columns the lake's files have: written beside them by who makes the lake, compared before any run.

Not here: the columns themselves (contracts), how an older lake gets them (migration). Why: D-200.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from dagster_project.contracts.lake_tables import TABLES
from dagster_project.files.disk import put
from dagster_project.lake.home import Home

_Columns = Mapping[str, Mapping[str, str]]
_REMEDY = "Remedy: make a copy (entrepot backup), then entrepot migrate."


class SchemaError(Exception):
    """A lake of another version; the message names tables and columns, and what to type."""


def check(home: Home) -> None:
    """Raise SchemaError where the lake was written by a version with other columns."""
    if not _file(home).exists():
        if not is_new(home):
            raise SchemaError(f"The lake in {home.home} does not say which version wrote it. {_REMEDY}")
    elif (theirs := _theirs(home)) != (ours := _ours()):
        raise SchemaError(f"The lake in {home.home}: {'; '.join(_differences(theirs, ours))}. {_REMEDY}")


def _theirs(home: Home) -> _Columns:
    try:
        return dict(json.loads(_file(home).read_text("utf-8")))
    except (ValueError, TypeError):
        raise SchemaError(f"{_file(home)} is damaged. Remedy: bring it back from a backup.") from None


def is_new(home: Home) -> bool:
    """Whether the lake holds nothing yet, nor says what it will."""
    return not _file(home).exists() and not any(
        any((home.zone(table.zone) / table.name).glob("**/*.parquet")) for table in TABLES.values()
    )


def mark(home: Home) -> None:
    """Write down that the lake's files have the columns of this version."""
    put(_file(home), json.dumps(_ours(), indent=1) + "\n")


def _ours() -> _Columns:
    return {
        name: {column: str(dtype) for column, dtype in table.empty.schema.items()}
        for name, table in TABLES.items()
    }


def _differences(theirs: _Columns, ours: _Columns) -> Iterator[str]:
    for name in sorted(ours.keys() | theirs.keys()):
        before, now = theirs.get(name, {}), ours.get(name, {})
        yield from (f"{name}.{column} is new" for column in now if column not in before)
        yield from (f"{name}.{column} is no more" for column in before if column not in now)
        for column in now.keys() & before.keys():
            if now[column] != before[column]:
                yield f"{name}.{column} is {now[column]}, was {before[column]}"
        if now.keys() == before.keys() and list(now) != list(before):
            yield f"{name} has its columns in another order"


def _file(home: Home) -> Path:
    return home.zone("") / "SCHEMA.json"
