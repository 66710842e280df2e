-- Keys as numbers, so that twelve months pass in seconds; md5 where it breaks a tie, for it stays the same for ever.
-- A month that is final keeps its labels (fraud_verdicts); its last two days are neighbours still.
with open_months as (
    select coalesce(cast(max(month_on) + interval 1 month as date), date '0001-01-01') as from_on
    from {{ ref('stg_fraud_counts') }}
)

select
    operator_id,
    operator_journey_id,
    start_on,
    start_on >= open_months.from_on as is_open,
    md5_number_lower(concat(operator_id, '|', operator_journey_id)) as journey,
    hash(operator_id) as operator,
    hash(operator_id, operator_trip_id) as trip,
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
from {{ ref('int_accepted_journeys') }}
cross join open_months
where outcome = 'valid' and start_on >= open_months.from_on - interval 2 day
