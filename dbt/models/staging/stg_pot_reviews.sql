with source as (
    select * from {{ source('lake', 'pot_reviews') }}
)

select * from source
