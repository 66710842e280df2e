with source as (
    select * from {{ source('lake', 'fraud_traces') }}
)

select source.*
from source
anti join {{ ref('stg_restricted_journeys') }} as restricted
    on
        source.operator_id = restricted.operator_id
        and source.operator_journey_id = restricted.operator_journey_id
