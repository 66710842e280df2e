with source as (
    select * from {{ source('lake', 'public_calls') }}
)

select * from source
