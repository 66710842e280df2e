-- Keys as numbers, so that twelve months pass in seconds; md5 where it breaks a tie, for it stays the same for ever.
-- What a decision sets aside is nobody's neighbour. A month that is final keeps its labels (fraud_verdicts);
-- its last two days are neighbours still. What is refused as too close is here to show where a trip was cut, and for
-- nothing else (is_standing).
with open_months as (
    select coalesce(cast(max(month_on) + interval 1 month as date), date '0001-01-01') as from_on
    from {{ ref('stg_fraud_counts') }}
),

set_aside as (
    select
        operator_id,
        operator_journey_id
    from {{ ref('stg_fraud_decisions') }}
    where rule_code is null
    group by operator_id, operator_journey_id
    having arg_max(effect, decided_on) = 'exclude'
)

select
    journeys.operator_id,
    journeys.operator_journey_id,
    start_on,
    outcome = 'valid' as is_standing,
    outcome = 'valid' and start_on >= open_months.from_on as is_open,
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
from {{ ref('int_accepted_journeys') }} as journeys
cross join open_months
anti join set_aside
    on journeys.operator_id = set_aside.operator_id and journeys.operator_journey_id = set_aside.operator_journey_id
where
    (outcome = 'valid' or refusal_codes = ['too_close_trips'])
    and start_on >= open_months.from_on - interval 2 day
