{{ config(materialized='table', meta={'day': 'start_on'}) }}
-- Journeys of persons whose data may not be used, by each day on which a version of them starts.
with restricted as (
    {% for role in ["driver", "passenger"] %}
        select
            journeys.operator_id,
            journeys.operator_journey_id
        from {{ ref('int_deliveries') }} as journeys
        inner join {{ source('lake', 'restrictions') }} as restrictions
            on journeys.{{ role }}_identity_key = restrictions.identity_key
        {{ "union" if not loop.last }}
    {% endfor %}
)

select distinct
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.start_on
from {{ ref('int_deliveries') }} as journeys
semi join restricted
    on
        journeys.operator_id = restricted.operator_id
        and journeys.operator_journey_id = restricted.operator_journey_id
