{{ config(materialized='view') }}
with months as (
    select * from {{ ref('int_public_months') }}
),

-- A car counts where and when its first journey starts, once (as in half_yearly_indicators).
cars as (
    select
        operator_id,
        operator_journey_id
    from {{ ref('int_shared_journeys') }}
    where journey_number = trip_number and trip_month_on in (select month_on from months)
)

select
    months.month_on,
    months.is_new,
    hash(journeys.operator_id, journeys.operator_journey_id) as journey_hash,
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    greatest(coalesce(journeys.seats, 1), 1) as seats,
    journeys.distance_m,
    cars.operator_id is not null as starts_car,
    journeys.territory_year,
    journeys.start_place_code,
    journeys.end_place_code
from {{ ref('journeys') }} as journeys
inner join months on months.month_on = cast(date_trunc('month', journeys.start_on) as date)
left join cars
    on journeys.operator_id = cars.operator_id and journeys.operator_journey_id = cars.operator_journey_id
where journeys.outcome = 'valid'
