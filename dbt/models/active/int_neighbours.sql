{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
-- Journeys that count against others: not cancelled, and refused for nothing of their own. One whose neighbours are
-- being erased has its verdict written down (retention), and counts or not by that.
select
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.operator_trip_id,
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    journeys.start_on,
    journeys.start_at,
    journeys.end_at,
    journeys.start_place_code,
    journeys.end_place_code,
    journeys.start_lat,
    journeys.start_lon,
    journeys.end_lat,
    journeys.end_lon,
    journeys.distance_m,
    days.least_gap_minutes,
    days.most_trips
from {{ ref('int_journeys_placed') }} as journeys
left join {{ ref('int_acceptance_days') }} as days
    on journeys.operator_id = days.operator_id and journeys.start_on = days.start_on
anti join {{ ref('int_own_refusals') }} as refusals
    on
        journeys.operator_id = refusals.operator_id
        and journeys.operator_journey_id = refusals.operator_journey_id
anti join (
    from {{ ref('int_kept_verdicts') }}
    where refusal_codes != []
) as kept
    on
        journeys.operator_id = kept.operator_id
        and journeys.operator_journey_id = kept.operator_journey_id
where journeys.status != 'cancelled'
