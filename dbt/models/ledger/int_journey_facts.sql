{{ config(materialized='view') }}
{% set facts = [
    'operator_class', 'epoch_us(start_at)', 'distance_m', 'seats', 'operator_trip_id', 'driver_identity_key',
    'passenger_identity_key', 'passenger_over_18', 'passenger_contribution_cents', 'driver_revenue_cents',
    'start_lat', 'start_lon', 'start_place_code', 'end_lat', 'end_lon', 'end_place_code',
] %}
-- All that an amount depends on: a correction that changes none of it moves no closed entry.
select
    operator_id,
    operator_journey_id,
    status,
    outcome,
    refusal_codes[1] as refusal_code,
    md5(array_to_string([
        {% for fact in facts %}
            coalesce(cast({{ fact }} as varchar), ''){{ ',' if not loop.last }}
        {% endfor %}
    ], '|')) as facts_digest
from {{ ref('journeys') }}
