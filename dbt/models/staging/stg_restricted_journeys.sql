{{ config(materialized='table', meta={'day': 'start_on'}) }}
-- Journeys of persons whose data may not be used, by each day on which a version of them starts.
with restricted as (
    {% for role in ["driver", "passenger"] %}
        select journeys.id_hash
        from {{ ref('int_deliveries') }} as journeys
        inner join {{ source('lake', 'restrictions') }} as restrictions
            on journeys.{{ role }}_identity_key = restrictions.identity_key
        {{ "union" if not loop.last }}
    {% endfor %}
)

select distinct
    operator_id,
    operator_journey_id,
    start_on
from {{ ref('int_deliveries') }}
where id_hash in (select id_hash from restricted)
