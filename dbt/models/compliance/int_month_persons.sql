{{ config(materialized='by_month', meta={'day': 'month_on'}, tags=['personal_data']) }}
with journeys as (
    select
        operator_id,
        cast(date_trunc('month', start_on) as date) as month_on,
        journey_number,
        unnest([
            { 'role': 'driver', 'identity_key': driver_identity_key },
            { 'role': 'passenger', 'identity_key': passenger_identity_key }
        ], recursive := true)
    from {{ ref('int_evaluated_journeys') }}
)

select
    operator_id,
    month_on,
    role,
    identity_key,
    min(journey_number) as journey_number
from journeys
group by all
