with source as (
    select * from {{ source('lake', 'advance_alerts') }}
)

select * from source
