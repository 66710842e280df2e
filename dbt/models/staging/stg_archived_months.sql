with source as (
    select * from {{ source('lake', 'archived_months') }}
)

select * from source
