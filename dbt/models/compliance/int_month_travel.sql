{{ config(
    materialized='by_month',
    meta={'day': 'trip_month_on', 'around': {'campaign_incentives': 'start_on'}}
) }}
with journeys as (
    select * from {{ ref('int_shared_journeys') }}
),

-- "Par Opération": the journeys of a campaign's period and perimeter, months local to it; "globalement": all.
scoped as (
    select
        incentives.campaign_id,
        journeys.* replace (cast(date_trunc('month', incentives.start_on) as date) as month_on)
    from {{ ref('campaign_incentives') }} as incentives
    inner join journeys on incentives.journey_number = journeys.journey_number
    union all
    select
        null,
        *
    from journeys
),

-- A car counts in the month of its first journey, once.
cars as (
    select
        campaign_id,
        trip_number,
        min(month_on) as month_on
    from scoped
    group by all
),

counted as (
    select
        campaign_id,
        operator_id,
        month_on,
        trip_month_on,
        seats as passenger_journeys,
        distance_m * seats as passenger_m,
        0 as driver_journeys,
        0 as driver_m
    from scoped
    union all
    select
        cars.campaign_id,
        trips.operator_id,
        cars.month_on,
        trips.month_on as trip_month_on,
        0,
        0,
        1,
        trips.distance_m
    from cars
    inner join {{ ref('trip_shared_costs') }} as trips on cars.trip_number = trips.trip_number
)

select
    campaign_id,
    operator_id,
    month_on,
    trip_month_on,
    cast(sum(passenger_journeys) as bigint) as passenger_journeys,
    cast(sum(passenger_m) as bigint) as passenger_m,
    cast(sum(driver_journeys) as bigint) as driver_journeys,
    cast(sum(driver_m) as bigint) as driver_m
from counted
group by all
