-- name: deliveries
-- All rows under an id of which a row is past its term: $kept_from, UTC.
create or replace temp table deliveries as
select journeys.*
from held_journeys as journeys
semi join old_journeys as old
    on
        old.end_at < $kept_from
        and journeys.operator_id = old.operator_id
        and journeys.operator_journey_id = old.operator_journey_id;

-- name: expired
-- A journey goes whole once its standing version is past its term; a stray, too, once it is itself.
with journeys as (
    select
        operator_id,
        operator_journey_id,
        arg_max(end_at, (dropped_at, drop_id, drop_row)) filter (not is_stray) < $kept_from as is_whole
    from versions
    group by all
)

select
    operator_id,
    operator_journey_id,
    drop_id,
    drop_row,
    is_whole
from versions
inner join journeys using (operator_id, operator_journey_id)
where is_whole or (is_stray and end_at < $kept_from)
order by all;

-- name: uses
from gone_entries
union distinct
select
    closing_number,
    entry_number
from held_cap_uses as uses
anti join held_settlements using (closing_number, entry_number)
where regexp_extract(uses.filename, 'month=([0-9-]+)', 1) <= $month
order by all;

-- name: ended_limitations
-- Files of limitations, one a key, of persons of whom nothing is left under any key of their request: who is known
-- by a phone and by an account may travel again under the other.
with kept as (
    from held_journeys anti join gone using (drop_id, drop_row)
),

travelling as (
    select driver_identity_key as identity_key from kept
    union distinct
    select passenger_identity_key as identity_key from kept
),

asked as (
    select
        unnest(string_split(person_digests, ' ')) as person_digest,
        person_digests as person
    from held_requests
    where kind = 'restrict'
),

limited as (
    select
        restrictions.filename,
        coalesce(max(asked.person), restrictions.person_digest) as person,
        bool_or(travelling.identity_key is not null) as is_travelling
    from held_restrictions as restrictions
    left join asked on restrictions.person_digest = asked.person_digest
    left join travelling on restrictions.identity_key = travelling.identity_key
    group by restrictions.filename, restrictions.person_digest
)

select filename
from limited
qualify not bool_or(is_travelling) over (partition by person)
order by filename;
