{{ config(
    materialized='by_month',
    meta={'day': 'month_on', 'around': {'int_authority_selections': 'start_on', 'int_payer_incentives': 'start_on'}}
) }}
{% set is_by_person = "breaches.breach in ('passenger_above_share', 'driver_above_share')" %}
{% set hectometres = half_up('stretch.length_mm', '100000') %}
-- What an authority may know of a breach is what it may know of the journeys: it is told of cars all of whose journeys
-- its campaigns have, kilometres to a hectometre, and counts the others. Why: D-224.
with journeys as (
    select * from {{ ref('int_shared_journeys') }}
),

paid as (
    select
        journeys.trip_number,
        journeys.operator_journey_id,
        payers.authority_id,
        payers.computed_driver_cents + payers.computed_passenger_cents as own_cents
    from journeys
    inner join {{ ref('int_payer_incentives') }} as payers on journeys.journey_number = payers.journey_number
    where payers.authority_id is not null and own_cents > 0
),

paying as (
    select distinct
        authority_id,
        trip_number
    from paid
),

seen as (
    select distinct
        authority_id,
        operator_id,
        operator_journey_id
    from {{ ref('int_authority_selections') }}
    where selection_id != 'territoire'
),

cars as (
    select
        paying.authority_id,
        paying.trip_number,
        any_value(journeys.operator_trip_id) as operator_trip_id,
        min(journeys.end_s) as end_s,
        count(*) = count(seen.operator_journey_id) as is_whole
    from paying
    inner join journeys on paying.trip_number = journeys.trip_number
    left join seen
        on
            paying.authority_id = seen.authority_id
            and journeys.operator_id = seen.operator_id
            and journeys.operator_journey_id = seen.operator_journey_id
    group by paying.authority_id, paying.trip_number
),

found as (
    select
        cars.authority_id,
        cars.is_whole,
        cars.operator_trip_id,
        cars.end_s,
        breaches.*,
        cast(sum(paid.own_cents) as bigint) as own_cents
    from {{ ref('shared_cost_breaches') }} as breaches
    inner join cars on breaches.trip_number = cars.trip_number
    inner join paid
        on
            cars.authority_id = paid.authority_id
            and breaches.trip_number = paid.trip_number
            and (breaches.breach != 'passenger_above_share' or breaches.declared_id = paid.operator_journey_id)
    group by all
)

select
    breaches.authority_id,
    breaches.operator_id,
    operators.operator_name,
    breaches.trip_month_on as month_on,
    breaches.breach,
    breaches.is_whole,
    breaches.own_cents,
    if(is_whole and breach = 'passenger_above_share', declared_id, null) as operator_journey_id,
    if(is_whole, operator_trip_id, null) as operator_trip_id,
    if(is_whole, {{ quarter_hour('to_timestamp(end_s)') }}, null) as end_slot_at,
    if(is_whole, given_cents, null) as given_cents,
    if(is_whole, {{ share_to_cents(
        "cast(list_sum(list_transform(stretches, lambda stretch: " ~ hectometres ~ " * 100000 * thousandths_per_km * if("
        ~ is_by_person ~ ", " ~ parts() ~ " // stretch.occupants, " ~ parts() ~ "))) as hugeint) * seats"
    ) }}, null) as limit_cents,
    if(is_whole, concat(
        '(',
        array_to_string(list_transform(
            stretches, lambda stretch: concat(
                printf('%d,%d km', {{ hectometres }} // 10, {{ hectometres }} % 10),
                if({{ is_by_person }}, concat(' ÷ ', stretch.occupants), '')
            )
        ), ' + '),
        ')',
        if(seats > 1, concat(' × ', seats, ' places'), ''),
        printf(' × %d,%03d €/km', thousandths_per_km // 1000, thousandths_per_km % 1000)
    ), null) as limit_words
from found as breaches
inner join {{ source('catalogue', 'operators') }} as operators on breaches.operator_id = operators.operator_id
-- So that one authority's rows are read without all others'.
order by breaches.authority_id
