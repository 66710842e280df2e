{{ config(materialized='by_month', meta={'day': 'trip_month_on', 'around': {'int_journey_incentives': 'start_on'}}) }}
with shares as (
    select
        journeys.journey_number,
        {{ share_to_cents(
            'sum(segments.length_mm * segments.thousandths_per_km * (' ~ parts() ~ ' // segments.occupants))'
            ~ ' * any_value(journeys.seats)'
        ) }} as passenger_share_cents
    from {{ ref('int_shared_journeys') }} as journeys
    inner join {{ ref('int_trip_segments') }} as segments
        on
            journeys.trip_number = segments.trip_number
            and journeys.start_s <= segments.start_s
            and journeys.end_s >= segments.end_s
    group by journeys.journey_number
)

select
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.trip_number,
    journeys.trip_month_on,
    journeys.month_on,
    journeys.seats,
    shares.passenger_share_cents,
    coalesce(incentives.passenger_incentive_cents, 0) as passenger_incentive_cents,
    coalesce(incentives.passenger_incentive_cents > shares.passenger_share_cents, false) as is_passenger_above_share
from {{ ref('int_shared_journeys') }} as journeys
inner join shares on journeys.journey_number = shares.journey_number
left join {{ ref('int_journey_incentives') }} as incentives on journeys.journey_number = incentives.journey_number
