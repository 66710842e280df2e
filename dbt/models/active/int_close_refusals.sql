{{ config(materialized='by_month', meta={'day': 'start_on', 'around': {'int_neighbours': 'start_on'}}) }}
-- Trips of the same two persons, in whatever roles, that overlap or lie less than the gap apart. In the order of their
-- starts, then of their ids, a trip is kept where it is not too close to the last one kept: so what is refused
-- counts against nobody, and the verdict is a function of the set. Journeys of one car that follow each other are one,
-- until the two have been apart for as long as the gap: an operator may use a car's id again the next day.
-- Why: D-043, D-044.
with recursive rides as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        journeys.operator_trip_id,
        journeys.start_on,
        journeys.start_at,
        journeys.end_at,
        to_minutes(journeys.least_gap_minutes) as gap,
        least(journeys.driver_identity_key, journeys.passenger_identity_key) as lesser_key,
        greatest(journeys.driver_identity_key, journeys.passenger_identity_key) as greater_key,
        hash(journeys.operator_id, lesser_key, greater_key) as pair_hash
    from {{ ref('int_neighbours') }} as journeys
    where journeys.least_gap_minutes is not null
),

-- Most pairs ride apart, and numbers tell it: names are compared for the others only.
near_pairs as (
    select distinct pair_hash
    from (
        select
            pair_hash,
            start_at,
            gap,
            operator_trip_id,
            lag(operator_trip_id) over in_time as trip_before,
            max(end_at) over (in_time rows between unbounded preceding and 1 preceding) as busy_until
        from rides
        window in_time as (partition by pair_hash order by start_at, operator_trip_id, operator_journey_id)
    )
    where operator_trip_id != trip_before and start_at < busy_until + gap
),

in_order as (
    select
        *,
        dense_rank() over (order by operator_id, lesser_key, greater_key) as pair_number,
        coalesce(
            lag(operator_trip_id) over in_time != operator_trip_id
            or start_at >= gap + max(end_at) over (in_time rows between unbounded preceding and 1 preceding),
            true
        ) as is_another_car
    from rides
    semi join near_pairs using (pair_hash)
    window in_time as (
        partition by operator_id, lesser_key, greater_key
        order by start_at, operator_trip_id, operator_journey_id
    )
),

in_cars as (
    select
        *,
        count(*) filter (where is_another_car) over (
            order by pair_number, start_at, operator_trip_id, operator_journey_id
        ) as trip_number
    from in_order
),

numbered as (
    select
        pair_number,
        trip_number,
        min(start_at) as start_at,
        max(end_at) as end_at,
        max(gap) as gap
    from in_cars
    group by pair_number, trip_number
),

events as (
    select
        pair_number,
        end_at as opens_at,
        false as is_opening,
        trip_number,
        null as opened_trip
    from numbered
    union all
    select
        pair_number,
        start_at - gap,
        true,
        null,
        trip_number
    from numbered
),

-- The first trip that may follow each one; of its pair, the very first is kept.
leaps as (
    select
        trip_number,
        min(opened_trip) over (
            partition by pair_number order by opens_at, is_opening
            rows between current row and unbounded following
        ) as next_trip,
        trip_number = min(trip_number) over (partition by pair_number) as is_kept
    from events
    qualify not is_opening
),

-- From each pair's first trip, as far as leaps go: each pass leaps twice as far as the one before.
passes as (
    select
        0 as pass,
        *
    from leaps
    union all
    select
        passes.pass + 1,
        passes.trip_number,
        further.next_trip,
        passes.is_kept or landed.next_trip is not null
    from passes
    left join passes as further on passes.next_trip = further.trip_number
    left join (
        select distinct trips.next_trip
        from passes as trips
        where trips.is_kept
    ) as landed
        on passes.trip_number = landed.next_trip
    where (select count(trips.next_trip) from passes as trips) > 0
),

kept as (
    select trip_number
    from passes
    where is_kept
)

select
    operator_id,
    operator_journey_id,
    start_on,
    ['too_close_trips'] as refusal_codes
from in_cars
anti join kept using (trip_number)
