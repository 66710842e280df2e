with source as (
    select * from {{ source('lake', 'drops') }}
)

select * from source
