"""What archived months keep, and what an attacker could draw from them: measured while the persons are known.

The attacker knows one exact journey of a person, place and time, and looks for that person's others, in
the archive and in the exports of authorities. A success rate is the mean over every journey he could know,
not a sample; the worst case is that of the least protected person. Not here: the ladder
(dbt/models/archive), the bound that stops a night (dbt/tests).
"""

from collections.abc import Mapping

import duckdb
import polars as pl

from dagster_project.archive.call_lines import call_lines
from dagster_project.contracts.archive import K
from dagster_project.files.statements import statements

_SQL = statements(__file__)
# How many journeys of a pool are a person's (own), and how many there are (a journey is two sightings).
_POOL = """
    create or replace temp table {pool}_pool as
    select {pool} as pool, person, count(*) as own, sum(count(*)) over (partition by {pool}) / 2 as journeys
    from sightings where {pool} is not null group by {pool}, person
"""
_ATTACKS = ("same_row", "way_back", "other_months", "not_in_exports")


def measures(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """All measures of the journeys that the cache holds ready, by name; none where none is due."""
    rows = connection.sql("select * from archive.archived_journeys").pl()
    kept = utility(connection)
    return kept | diversity(rows) | attacks(connection) if kept else {}


def bounds(measured: Mapping[str, float]) -> tuple[bool, bool]:
    """Whether every row stands for K journeys at least, and an attacker is right once in K at worst."""
    return measured.get("k", K) >= K, measured.get("archive_worst", 0) * K <= 1


def utility(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Shares of journeys per step of the ladder (0: suppressed), and of person-kilometres kept."""
    steps = connection.sql(
        "select coalesce(step, 0) as step, count(*), sum(distance_m * seats) from archive.int_archive_ladder "
        "join archive.int_archive_journeys using (journey_number) group by all order by all"
    ).fetchall()
    journeys, person_m = sum(row[1] for row in steps), sum(row[2] for row in steps)
    shares = {f"share_step_{step}": count / journeys for step, count, _ in steps}
    return (
        shares | {"share_person_km_kept": sum(row[2] for row in steps if row[0]) / person_m} if steps else {}
    )


def diversity(rows: pl.DataFrame) -> dict[str, float]:
    """k and l, counted from nothing but the archived rows; empty where there are none.

    k: the fewest journeys alike in every column. l: the destinations of those that start alike (place, slot,
    kind of day): least, median, and the share of journeys whose destination their start gives away.
    """
    if rows.is_empty():
        return {}
    alike = rows.group_by(pl.exclude("journeys")).agg(pl.col("journeys").sum())
    start = ("month_on", "step", "origin_code", "origin_cell", "start_slot", "day_kind")
    ends = pl.struct("destination_code", "destination_cell").n_unique()
    starts = rows.group_by(start).agg(ends.alias("ends"), pl.col("journeys").sum())
    journeys = starts.select(pl.col("ends").repeat_by("journeys").list.explode())
    return {
        "k": alike.select(pl.col("journeys").min()).item(),
        "l_least": journeys.select(pl.col("ends").min()).item(),
        "l_median": journeys.select(pl.col("ends").median()).item(),
        "share_with_one_destination": journeys.select((pl.col("ends") == 1).mean()).item(),
    }


def attacks(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Success of each attack: mean over known journeys, and worst case."""
    connection.execute(_SQL["sightings"])
    for pool in ("archived_row", "way_there", "habit", "unseen_part"):
        connection.execute(_POOL.format(pool=pool))
    metrics: dict[str, float] = {}
    for name in _ATTACKS:
        mean, worst = _only_row(
            connection,
            "select avg(coalesce(success, 0)), coalesce(max(success), 0) "
            f"from ({_SQL[name]}) as tried(success)",
        )
        metrics |= {f"archive_{name}_mean": mean, f"archive_{name}_worst": worst}
    metrics["archive_worst"] = max(metrics.values())
    (candidates,) = _only_row(connection, _SQL["candidates"])
    connection.execute(_SQL["seen"])
    export_candidates, named, read = _only_row(connection, _SQL["exports_read"])
    persons, linked = _only_row(connection, _SQL["linked"])
    return (
        metrics
        | call_lines(connection)
        | {
            "archive_candidates_median": candidates or 0.0,
            "export_candidates_median": export_candidates or 0.0,
            "export_person_named": named or 0.0,
            "export_other_journeys_read": read or 0.0,
            "persons_of_two_authorities": persons,
            "share_of_them_linked_by_a_common_journey": linked / persons if persons else 0.0,
        }
    )


def _only_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[float, ...]:
    (row,) = connection.sql(query).fetchall()
    return tuple(row)
