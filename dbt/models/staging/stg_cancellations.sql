with source as (
    select * from {{ source('lake', 'cancellations') }}
),

committed as (
    select source.*
    from source
    semi join {{ ref('stg_drops') }} as drops on source.drop_id = drops.drop_id and drops.refused_code is null
)

select * from committed
