"""dbt's work, done once for each set of rows: for tests of many nights on the same few journeys."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dagster_project.lake.encryption import Database
from dagster_project.warehouse import dbt_run


@contextmanager
def remembering(folder: Path) -> Iterator[None]:
    """For as long as the block lasts, dbt makes a database of the same rows once; then it is laid there.

    Most nights of the list differ by a file of exports: half of their time went into the same tables. For
    homes at one path: the views of what is laid there read the files of the home that it was made in.
    """
    made: dict[str, list[dbt_run.NodeResult]] = {}
    made_last: dict[Path, str] = {}

    def run(database: Database, output: Path, arguments: list[str], *given: Any) -> list[dbt_run.NodeResult]:
        digest = sha256(repr((_rows_read(database, output), arguments, given[0], given[2:])).encode())
        if _has_models(database):
            digest.update(made_last[database.file].encode())
        kept = folder / digest.hexdigest()
        if kept.name in made:
            shutil.copyfile(kept, database.file)
        else:
            made[kept.name] = real(database, output, arguments, *given)
            shutil.copyfile(database.file, kept)
        made_last[database.file] = kept.name
        return made[kept.name]

    real = dbt_run.run
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_run, "run", run)
        yield


def _rows_read(database: Database, output: Path) -> list[object]:
    """What the models read of the lake and the catalogue, table by table, in whatever order."""
    parsed = dbt_run.manifest(output)
    read = {name for node in parsed.nodes.values() for name in node.depends_on_nodes}
    names = sorted(f"{one.schema}.{one.identifier}" for key, one in parsed.sources.items() if key in read)
    with database.open(read_only=True) as connection:
        content = "select count(*), sum(hash(read)), bit_xor(hash(read)) from {} as read"
        return [(name, connection.execute(content.format(name)).fetchall()) for name in names]


def _has_models(database: Database) -> bool:
    with database.open(read_only=True) as connection:
        return bool(connection.execute("from duckdb_tables() where schema_name = 'active'").fetchall())
