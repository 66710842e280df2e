{{ config(
    materialized='by_month',
    meta={'around': {
        'int_accepted_journeys': 'start_on', 'int_late_journeys': 'start_on', 'int_final_days': 'day_on',
    }},
) }}
-- Keys as numbers, so that twelve months pass in seconds; md5 where it breaks a tie, for it stays the same for ever.
-- A month's journeys with those around it. What a decision sets aside is nobody's neighbour. In a month that is final,
-- what was judged stays as it is (fraud_verdicts); what came or became valid later is judged against it. What is
-- refused as too close is here to show where a trip was cut, and for nothing else.
with set_aside as (
    select
        operator_id,
        operator_journey_id
    from {{ ref('stg_fraud_decisions') }}
    where rule_code is null
    group by operator_id, operator_journey_id
    having arg_max(effect, decided_on) = 'exclude'
),

months as (
    select distinct cast(date_trunc('month', start_on) as date) as month_on
    from {{ ref('int_accepted_journeys') }}
    where {{ is_made_now("date_trunc('month', start_on)") }}
)

select
    months.month_on,
    date_trunc('month', journeys.start_on) = months.month_on as is_own,
    final_days.day_on is not null and (late.operator_id is null or journeys.outcome != 'valid') as is_settled,
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.start_on,
    journeys.outcome = 'valid' as is_standing,
    md5_number_lower(concat(journeys.operator_id, '|', journeys.operator_journey_id)) as journey,
    hash(journeys.operator_id) as operator,
    hash(journeys.operator_id, journeys.operator_trip_id) as trip,
    hash(journeys.driver_identity_key) as driver,
    hash(journeys.passenger_identity_key) as passenger,
    hash(journeys.start_place_code, journeys.end_place_code) as places,
    cast(epoch(journeys.start_at) as integer) as start_s,
    cast(epoch(journeys.end_at) as integer) as end_s,
    cast(journeys.distance_m as integer) as distance_m,
    cast(journeys.start_lat as float) as start_lat,
    cast(journeys.start_lon as float) as start_lon,
    cast(journeys.end_lat as float) as end_lat,
    cast(journeys.end_lon as float) as end_lon
from {{ ref('int_accepted_journeys') }} as journeys
inner join months
    on
        journeys.start_on >= months.month_on - {{ days_around().before }}
        and journeys.start_on < months.month_on + interval 1 month + interval {{ days_around().after }} day
left join {{ ref('int_final_days') }} as final_days
    on journeys.start_on = final_days.day_on
left join {{ ref('int_late_journeys') }} as late
    on journeys.operator_id = late.operator_id and journeys.operator_journey_id = late.operator_journey_id
anti join set_aside
    on journeys.operator_id = set_aside.operator_id and journeys.operator_journey_id = set_aside.operator_journey_id
where journeys.outcome = 'valid' or journeys.refusal_codes = ['too_close_trips']
