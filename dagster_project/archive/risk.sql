-- name: sightings
-- A person in a journey, and what the archive shows of it: its row, the same way in another row or back, the
-- same row in another month. Null where no step of the ladder took the journey.
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

select
    journey_number,
    person,
    archived_row,
    habit,
    way_there,
    way_back,
    if(archived_row is null, null, hash(archived_row, seen_by)) as unseen_part
from (
    select
        journey_number,
        seen_by,
        unnest([driver_identity_key, passenger_identity_key]) as person
    from archive.int_archive_journeys
)
left join archived using (journey_number);

-- name: candidates
select median(journeys)
from sightings inner join archived_row_pool as p on archived_row = p.pool and sightings.person = p.person;

-- name: seen
-- In an export the known journey is among those with its quarters of an hour and cells: one of them is
-- picked, and its pseudonym gives all else that the authority sees of that person.
create or replace temp table seen as
with views as (
    select distinct on (authority_id, operator_id, operator_journey_id)
        hash(operator_id, operator_journey_id) as journey,
        authority_id,
        hash(authority_id, start_datetime, end_datetime, start_lat, start_lon, end_lat, end_lon) as looks,
        { 'driver': driver_identity_key, 'passenger': passenger_identity_key } as persons
    from authorities.authority_views as views
    semi join archive.archive_accounts as due
        on views.month_on = due.month_on and due.subject = 'journeys'
)

select
    journey,
    authority_id,
    looks,
    unnest(['driver', 'passenger']) as role,
    unnest([persons.driver, persons.passenger]) as person
from views;

-- name: exports_read
with travelled as (
    select
        person,
        count(*) as journeys
    from sightings
    group by person
),

known as (
    select
        person,
        count(*) over (partition by looks, role) as candidates,
        count(*) over (partition by looks, role, person) / candidates as named,
        count(*) over (partition by authority_id, person) as visible
    from seen
)

select
    median(candidates),
    avg(named),
    avg(named * (visible - 1) / nullif(journeys - 1, 0))
from known inner join travelled using (person);

-- name: linked
-- Two authorities have no pseudonym in common; what both see of one journey still tells them who is who.
with persons as (
    select person from seen
    group by person
    having count(distinct authority_id) > 1
),

linked as (
    select distinct person
    from (
        select
            person,
            journey
        from seen
        group by person, journey
        having count(distinct authority_id) > 1
    )
)

select
    count(persons.person),
    count(linked.person)
from persons left join linked using (person);

-- name: same_row
-- Another row like the one that holds the known journey.
select (own - 1) / (journeys - 1)
from sightings
left join archived_row_pool as p on archived_row = p.pool and sightings.person = p.person;

-- name: way_back
-- A row the other way, at whatever time.
select own / journeys
from sightings left join way_there_pool as p on way_back = p.pool and sightings.person = p.person;

-- name: other_months
-- The same row in the other months archived tonight.
select (h.own - p.own) / nullif(h.journeys - p.journeys, 0)
from sightings
left join archived_row_pool as p on archived_row = p.pool and sightings.person = p.person
left join habit_pool as h on habit = h.pool and sightings.person = h.person;

-- name: not_in_exports
-- A row that is in none of the exports: authorities, alone or together, take out those that they know.
select own / journeys
from sightings left join unseen_part_pool as p on unseen_part = p.pool and sightings.person = p.person;
