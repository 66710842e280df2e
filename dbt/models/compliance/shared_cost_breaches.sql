{{ config(materialized='by_month', meta={'day': 'trip_month_on'}, tags=['personal_data']) }}
with of_trips as (
    select
        operator_id,
        operator_trip_id as declared_id,
        trip_number,
        month_on as trip_month_on,
        month_on,
        1 as seats,
        unnest([
            {
                breach: 'driver_above_share',
                holds: is_driver_above_share,
                limit_cents: driver_share_cents,
                given_cents: driver_incentive_cents
            },
            {
                breach: 'cost_covered',
                holds: is_cost_covered,
                limit_cents: cost_cents,
                given_cents: driver_incentive_cents + passenger_incentive_cents
            },
            {
                breach: 'cost_covered_by_authorities',
                holds: is_cost_covered_by_authorities,
                limit_cents: cost_cents,
                given_cents: authority_incentive_cents
            },
            {
                breach: 'driver_above_cost',
                holds: is_driver_above_cost,
                limit_cents: cost_cents,
                given_cents: driver_income_cents
            }
        ], max_depth := 2)
    from {{ ref('trip_shared_costs') }}
),

breaches as (
    select * exclude (holds)
    from of_trips
    where holds
    union all by name
    select
        operator_id,
        operator_journey_id as declared_id,
        trip_number,
        trip_month_on,
        month_on,
        seats,
        'passenger_above_share' as breach,
        passenger_share_cents as limit_cents,
        passenger_incentive_cents as given_cents
    from {{ ref('journey_shared_costs') }}
    where is_passenger_above_share
),

stretches as (
    select
        breaches.breach,
        breaches.operator_id,
        breaches.declared_id,
        breaches.trip_number,
        segments.occupants,
        segments.thousandths_per_km,
        min(segments.start_s) as first_s,
        cast(sum(segments.length_mm) as bigint) as length_mm
    from breaches
    left join {{ ref('int_shared_journeys') }} as journeys
        on
            breaches.operator_id = journeys.operator_id
            -- Of trips none; as a condition of its own, every breach would be held against every journey.
            and if(breaches.breach = 'passenger_above_share', breaches.declared_id, null)
            = journeys.operator_journey_id
    inner join {{ ref('int_trip_segments') }} as segments
        on
            breaches.trip_number = segments.trip_number
            and segments.start_s >= coalesce(journeys.start_s, segments.start_s)
            and segments.end_s <= coalesce(journeys.end_s, segments.end_s)
    group by all
),

-- Sorted as lists are, in a fifth of the time of an aggregate that has an order.
listed as (
    select
        breach,
        operator_id,
        declared_id,
        trip_number,
        any_value(thousandths_per_km) as thousandths_per_km,
        list_sort(list({ 'first_s': first_s, 'occupants': occupants, 'length_mm': length_mm })) as in_order
    from stretches
    group by all
)

select
    breaches.*,
    listed.thousandths_per_km,
    list_transform(
        listed.in_order,
        lambda stretch: { 'occupants': stretch.occupants, 'length_mm': stretch.length_mm }
    ) as stretches
from breaches
inner join listed using (breach, operator_id, declared_id, trip_number)
