with source as (
    select * from {{ source('lake', 'advances') }}
)

select * from source
