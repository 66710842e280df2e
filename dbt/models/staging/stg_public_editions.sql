with source as (
    select * from {{ source('lake', 'public_editions') }}
)

select * from source
