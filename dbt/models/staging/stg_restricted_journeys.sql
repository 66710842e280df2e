{{ config(materialized='table') }}
{% for role in ["driver", "passenger"] %}
    select
        journeys.operator_id,
        journeys.operator_journey_id
    from {{ ref('stg_journeys') }} as journeys
    inner join {{ source('lake', 'restrictions') }} as restrictions
        on journeys.{{ role }}_identity_key = restrictions.identity_key
    {{ "union" if not loop.last }}
{% endfor %}
