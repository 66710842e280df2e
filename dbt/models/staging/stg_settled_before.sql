with source as (
    select * from {{ source('lake', 'settled_before') }}
)

select * from source
