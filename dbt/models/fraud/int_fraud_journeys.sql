-- Keys as numbers, so that twelve months pass in seconds; md5 where it breaks a tie, for it stays the same for ever.
-- Of final months, those in which something is to be judged.
with days as (
    select *
    from {{ ref('int_judged_days') }}
    where
        month_on in (
            select date_trunc('month', candidates.start_on)
            from {{ ref('int_fraud_candidates') }} as candidates
            where not candidates.is_settled
        )
)

select
    days.month_on,
    days.is_own,
    journeys.is_settled,
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.start_on,
    journeys.outcome = 'valid' as is_standing,
    md5_number_lower(concat(journeys.operator_id, '|', journeys.operator_journey_id)) as journey,
    hash(journeys.operator_id) as operator,
    hash(journeys.operator_id, operator_trip_id) as trip,
    hash(driver_identity_key) as driver,
    hash(passenger_identity_key) as passenger,
    hash(start_place_code, end_place_code) as places,
    cast(epoch(start_at) as integer) as start_s,
    cast(epoch(end_at) as integer) as end_s,
    cast(distance_m as integer) as distance_m,
    cast(start_lat as float) as start_lat,
    cast(start_lon as float) as start_lon,
    cast(end_lat as float) as end_lat,
    cast(end_lon as float) as end_lon
from {{ ref('int_fraud_candidates') }} as journeys
inner join days on journeys.start_on = days.start_on
