{{ config(materialized='view') }}
select
    operator_id,
    operator_journey_id,
    {{ facts_digest() }} as facts_digest
from {{ ref('journeys') }}
