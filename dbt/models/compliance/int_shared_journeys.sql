{{ config(
    materialized='by_month',
    meta={'day': 'trip_month_on', 'around': {'int_evaluated_journeys': 'start_on', 'journeys': 'start_on'}}
) }}
-- A month's cars need no more than the days around it: a trip ends with a pause, after a day it is told day by day, and
-- an id on more journeys than a car drives says nothing. Why: D-194.
{% set pause_s, most_s, most_journeys = 12 * 3600, 24 * 3600, 60 %}
{% set trip = 'operator_id, operator_trip_id' %}
with numbered as (
    select
        evaluated.journey_number,
        evaluated.operator_id,
        evaluated.operator_journey_id,
        evaluated.operator_trip_id,
        evaluated.start_on,
        evaluated.distance_m,
        evaluated.seats,
        evaluated.driver_revenue_cents,
        epoch_us(journeys.start_at) // 1000000 as start_s,
        epoch_us(journeys.end_at) // 1000000 as end_s
    from {{ ref('int_evaluated_journeys') }} as evaluated
    inner join {{ ref('journeys') }} as journeys
        on
            evaluated.operator_id = journeys.operator_id
            and evaluated.operator_journey_id = journeys.operator_journey_id
),

follows as (
    select
        *,
        start_s - lag(start_s) over (partition by {{ trip }} order by start_s, journey_number) < {{ pause_s }}
            as is_same_way
    from numbered
),

ways as (
    select
        *,
        count(*) filter (where is_same_way is not true) over (
            partition by {{ trip }} order by start_s, journey_number
        ) as way
    from follows
),

dated as (
    select
        *,
        if(max(start_s) over trips - min(start_s) over trips > {{ most_s }}, start_on, null) as day_on
    from ways
    window trips as (partition by {{ trip }}, way)
),

counted as (
    select
        *,
        if(count(*) over trips > {{ most_journeys }}, journey_number, null) as own_number
    from dated
    window trips as (partition by {{ trip }}, way, day_on)
)

select
    journey_number,
    operator_id,
    operator_journey_id,
    operator_trip_id,
    min(journey_number) over cars as trip_number,
    cast(date_trunc('month', min(start_on) over cars) as date) as trip_month_on,
    count(*) over cars as trip_journeys,
    start_s,
    end_s,
    cast(date_trunc('month', start_on) as date) as month_on,
    distance_m,
    seats,
    driver_revenue_cents
from counted
window cars as (partition by {{ trip }}, way, day_on, own_number)
