{{ config(meta={'closing_tables': ['settlements']}) }}
with source as (
    select * from {{ source('lake', 'settlements') }}
),

-- The row in closings commits a closing: what one that was killed half-way has left does not count.
committed as (
    select source.*
    from source
    semi join {{ ref('stg_closings') }} as closings on source.closing_number = closings.closing_number
)

-- An entry whose journey may not be used stands, as one whose journey is gone.
select committed.*
from committed
anti join {{ ref('stg_restricted_journeys') }} as restricted
    on
        committed.operator_id = restricted.operator_id
        and committed.operator_journey_id = restricted.operator_journey_id
