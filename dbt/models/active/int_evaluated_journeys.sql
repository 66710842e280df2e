{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
with areas as (
    select * from {{ ref('int_evaluated_areas') }}
)

select
    -- In the order of all journeys: by month, then within it.
    (year(journeys.start_on) * 12 + month(journeys.start_on)) * {{ 2 ** 32 }} + row_number() over (
        partition by date_trunc('month', journeys.start_on)
        order by journeys.start_at, journeys.operator_id, journeys.operator_journey_id
    ) as journey_number,
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.operator_trip_id,
    journeys.operator_class,
    journeys.start_at,
    journeys.start_on,
    journeys.distance_m,
    greatest(coalesce(journeys.seats, 1), 1) as seats,
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    journeys.passenger_over_18,
    coalesce(journeys.passenger_contribution_cents, 0) as passenger_contribution_cents,
    coalesce(journeys.driver_revenue_cents, 0) as driver_revenue_cents,
    journeys.start_lat,
    journeys.start_lon,
    journeys.end_lat,
    journeys.end_lon,
    start_area.area_id as start_area_id,
    end_area.area_id as end_area_id
from {{ ref('journeys') }} as journeys
left join areas as start_area
    on
        journeys.start_place_code = start_area.place_code
        and journeys.territory_year = start_area.year
        and journeys.start_on between start_area.from_on and start_area.to_on
left join areas as end_area
    on
        journeys.end_place_code = end_area.place_code
        and journeys.territory_year = end_area.year
        and journeys.start_on between end_area.from_on and end_area.to_on
where journeys.outcome = 'valid'
