with source as (
    select * from {{ source('lake', 'payments') }}
)

select * from source
