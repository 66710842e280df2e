{{ config(meta={'lake': 'journeys'}) }}
with source as (
    select * from {{ source('lake', 'journeys') }}
),

-- The register commits a drop: rows of a night that was killed half-way do not count.
committed as (
    select source.*
    from source
    semi join {{ ref('stg_drops') }} as drops on source.drop_id = drops.drop_id and drops.refused_code is null
)

select * from committed
