"""Folders drawn side by side come out in order, each with temporary tables of its own."""

from collections.abc import Callable

import duckdb
import pytest

from dagster_project.reports.shared.side_by_side import side_by_side


@pytest.mark.parametrize("threads", [1, 3])
def test_all_are_made_in_order_with_tables_of_their_own(threads: int, configure: Callable[..., None]) -> None:
    configure(threads=threads)

    def drawn(number: int, own: duckdb.DuckDBPyConnection) -> list[tuple[int]]:
        own.execute(f"create or replace temp table lines as select {number} + a from given.t")
        return own.execute("from lines").fetchall()

    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as own; create schema own.given; use own")
        connection.execute("create table given.t as select 100 as a")
        made = list(side_by_side(drawn, range(20), connection))
        assert made == [(number, [(100 + number,)]) for number in range(20)]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_that_fails_is_raised_and_the_others_are_left(
    threads: int, configure: Callable[..., None]
) -> None:
    configure(threads=threads)
    begun = []

    def drawn(number: int, own: duckdb.DuckDBPyConnection) -> None:
        begun.append(number)
        own.execute("select sum(hash(i)) from range(2_000_000) as numbers(i)").fetchall()
        if number == 1:
            raise ValueError("one")

    with duckdb.connect() as connection, pytest.raises(ValueError, match="one"):
        list(side_by_side(drawn, range(1_000), connection))
    assert len(begun) < 100
