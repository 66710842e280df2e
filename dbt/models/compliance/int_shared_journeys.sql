select
    numbered.journey_number,
    numbered.operator_id,
    numbered.operator_journey_id,
    numbered.operator_trip_id,
    min(numbered.journey_number) over cars as trip_number,
    count(*) over cars as trip_journeys,
    epoch_us(journeys.start_at) // 1000000 as start_s,
    epoch_us(journeys.end_at) // 1000000 as end_s,
    cast(date_trunc('month', journeys.start_on) as date) as month_on,
    numbered.distance_m,
    numbered.seats,
    numbered.driver_revenue_cents,
    journeys.incentives
from {{ ref('int_evaluated_journeys') }} as numbered
inner join {{ ref('journeys') }} as journeys
    on numbered.operator_id = journeys.operator_id and numbered.operator_journey_id = journeys.operator_journey_id
window cars as (partition by numbered.operator_id, numbered.operator_trip_id)
