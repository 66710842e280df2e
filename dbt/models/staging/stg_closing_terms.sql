with source as (
    select * from {{ source('lake', 'closing_terms') }}
)

select * from source
