"""Folders of documents drawn side by side: half of what a workbook takes is zlib's, Polars' and DuckDB's.

Why: D-313.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import duckdb

from dagster_project.settings import settings

Given = TypeVar("Given")
Made = TypeVar("Made")


def side_by_side(
    make: Callable[[Given, duckdb.DuckDBPyConnection], Made],
    each: Iterable[Given],
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[tuple[Given, Made]]:
    """Each with what was made of it, in order; as many at once as there are threads (ENTREPOT_THREADS).

    `make` gets a connection of its own to the same database, for temporary tables are a connection's. What it
    raises is raised; what has not begun then is left.
    """
    given, threads = list(each), settings().threads
    (database,) = connection.execute("select current_database()").fetchall()[0]

    def made(item: Given) -> Made:
        with connection.cursor() as own:
            own.execute(f"use {database}")
            return make(item, own)

    with ThreadPoolExecutor(threads) as pool:
        yield from zip(given, pool.map(made, given) if threads > 1 else map(made, given), strict=True)
