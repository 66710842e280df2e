with source as (
    select * from {{ source('lake', 'public_corrections') }}
)

select * from source
