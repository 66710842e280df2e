with source as (
    select * from {{ source('lake', 'statements') }}
)

select * from source
