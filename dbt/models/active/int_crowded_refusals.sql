{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
-- More trips than a person may have in a local day: in the order of their starts, then of their ids, the first ones are
-- kept. Each of the two persons is counted alone, in whatever role; a car counts once a day. What is refused for
-- another reason counts against nobody; that the other person has too many does not change this one's count.
-- Why: D-043.
with rides as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        journeys.operator_trip_id,
        journeys.start_on,
        journeys.start_at,
        journeys.most_trips,
        unnest([journeys.driver_identity_key, journeys.passenger_identity_key]) as identity_key
    from {{ ref('int_neighbours') }} as journeys
    anti join {{ ref('int_close_refusals') }} as refusals
        on
            journeys.operator_id = refusals.operator_id
            and journeys.operator_journey_id = refusals.operator_journey_id
    where journeys.most_trips is not null
),

-- A day of few journeys is one of few trips: numbers tell it.
busy_days as (
    select hash(operator_id, identity_key, start_on) as day_hash
    from rides
    group by day_hash
    having count(*) > max(most_trips)
),

of_busy as (
    select *
    from rides
    where hash(operator_id, identity_key, start_on) in (select day_hash from busy_days)
),

trips as (
    select
        operator_id,
        identity_key,
        start_on,
        operator_trip_id,
        min(start_at) as first_start_at,
        max(most_trips) as most_trips
    from of_busy
    group by operator_id, identity_key, start_on, operator_trip_id
),

refused as (
    select *
    from trips
    qualify
        row_number() over (
            partition by operator_id, identity_key, start_on
            order by first_start_at, operator_trip_id
        ) > most_trips
)

select distinct
    operator_id,
    operator_journey_id,
    start_on,
    ['too_many_trips'] as refusal_codes
from of_busy
semi join refused using (operator_id, identity_key, start_on, operator_trip_id)
