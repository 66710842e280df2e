{{ config(meta={'closing_tables': ['cap_uses', 'campaign_cap_uses']}) }}
with source as (
    select * from {{ source('lake', 'cap_uses') }}
    union all
    select * from {{ source('lake', 'campaign_cap_uses') }}
),

-- The row in closings commits a closing: what one that was killed half-way has left does not count.
committed as (
    select source.*
    from source
    semi join {{ ref('stg_closings') }} as closings on source.closing_number = closings.closing_number
)

select * from committed
