"""What archived months keep, and what an attacker could draw from them: measured while the persons are known.

The attacker knows one exact journey of a person, place and time, and looks for that person's others, in
the archive and in the exports of authorities. A success rate is the mean over every journey he could know,
not a sample; the worst case is that of the least protected person. Not here: the ladder
(dbt/models/archive), the bound that stops a night (dbt/tests).
"""

import duckdb
import polars as pl

from dagster_project.archive.call_lines import call_lines

# A person in a journey, and what the archive shows of it: its row, the same way in another row or back, the
# same row in another month. Null where no step of the ladder took the journey.
_SIGHTINGS = """
    create or replace temp table sightings as
    with archived as (
        select
            journey_number,
            hash(month_on, step, way, start_slot, day_kind, distance_band_km, operator_class) as archived_row,
            hash(step, way, start_slot, day_kind, distance_band_km, operator_class) as habit,
            hash(month_on, step, way) as way_there,
            hash(month_on, step, back) as way_back
        from (
            select
                *,
                (origin_code, origin_cell, destination_code, destination_cell) as way,
                (destination_code, destination_cell, origin_code, origin_cell) as back
            from archive.int_archive_generalised
        )
    )
    select journey_number, person, archived_row, habit, way_there, way_back,
        if(archived_row is null, null, hash(archived_row, seen_by)) as unseen_part
    from (
        select journey_number, seen_by, unnest([driver_identity_key, passenger_identity_key]) as person
        from archive.int_archive_journeys
    )
    left join archived using (journey_number)
"""
# How many journeys of a pool are a person's (own), and how many there are (a journey is two sightings).
_POOL = """
    create or replace temp table {pool}_pool as
    select {pool} as pool, person, count(*) as own, sum(count(*)) over (partition by {pool}) / 2 as journeys
    from sightings where {pool} is not null group by {pool}, person
"""
_CANDIDATES = """
    select median(journeys)
    from sightings join archived_row_pool as p on archived_row = p.pool and sightings.person = p.person
"""
_ATTACKS = {
    # Another row like the one that holds the known journey.
    "same_row": """
        select (own - 1) / (journeys - 1)
        from sightings
        left join archived_row_pool as p on archived_row = p.pool and sightings.person = p.person
    """,
    # A row the other way, at whatever time.
    "way_back": """
        select own / journeys
        from sightings left join way_there_pool as p on way_back = p.pool and sightings.person = p.person
    """,
    # The same row in the other months archived tonight.
    "other_months": """
        select (h.own - p.own) / nullif(h.journeys - p.journeys, 0)
        from sightings
        left join archived_row_pool as p on archived_row = p.pool and sightings.person = p.person
        left join habit_pool as h on habit = h.pool and sightings.person = h.person
    """,
    # A row that is in none of the exports: authorities, alone or together, take out those that they know.
    "not_in_exports": """
        select own / journeys
        from sightings left join unseen_part_pool as p on unseen_part = p.pool and sightings.person = p.person
    """,
}
# In an export the known journey is among those with its quarters of an hour and cells: one of them is
# picked, and its pseudonym gives all else that the authority sees of that person.
_SEEN = """
    create or replace temp table seen as
    with views as (
        select distinct on (authority_id, operator_id, operator_journey_id)
            hash(operator_id, operator_journey_id) as journey,
            authority_id,
            hash(authority_id, start_datetime, end_datetime, start_lat, start_lon, end_lat, end_lon) as looks,
            {'driver': driver_identity_key, 'passenger': passenger_identity_key} as persons
        from authorities.authority_views as views
        semi join archive.archive_accounts as due
            on due.month_on = views.month_on and due.subject = 'journeys'
    )
    select journey, authority_id, looks, unnest(['driver', 'passenger']) as role,
        unnest([persons.driver, persons.passenger]) as person
    from views
"""
_READ = """
    with travelled as (select person, count(*) as journeys from sightings group by person),
    known as (
        select
            person,
            count(*) over (partition by looks, role) as candidates,
            count(*) over (partition by looks, role, person) / candidates as named,
            count(*) over (partition by authority_id, person) as visible
        from seen
    )
    select median(candidates), avg(named), avg(named * (visible - 1) / nullif(journeys - 1, 0))
    from known join travelled using (person)
"""
# Two authorities have no pseudonym in common; what both see of one journey still tells them who is who.
_LINKED = """
    with persons as (select person from seen group by person having count(distinct authority_id) > 1),
    linked as (
        select distinct person from seen group by person, journey having count(distinct authority_id) > 1
    )
    select count(persons.person), count(linked.person) from persons left join linked using (person)
"""


def measures(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """All measures of the journeys that the cache holds ready, by name; none where none is due."""
    rows = connection.sql("select * from archive.archived_journeys").pl()
    kept = utility(connection)
    return kept | diversity(rows) | attacks(connection) if kept else {}


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
    connection.execute(_SIGHTINGS)
    for pool in ("archived_row", "way_there", "habit", "unseen_part"):
        connection.execute(_POOL.format(pool=pool))
    metrics: dict[str, float] = {}
    for name, attack in _ATTACKS.items():
        mean, worst = _one(
            connection,
            f"select avg(coalesce(success, 0)), coalesce(max(success), 0) from ({attack}) as tried(success)",
        )
        metrics |= {f"archive_{name}_mean": mean, f"archive_{name}_worst": worst}
    metrics["archive_worst"] = max(metrics.values())
    (candidates,) = _one(connection, _CANDIDATES)
    connection.execute(_SEEN)
    export_candidates, named, read = _one(connection, _READ)
    persons, linked = _one(connection, _LINKED)
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


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[float, ...]:
    (row,) = connection.sql(query).fetchall()
    return tuple(row)
