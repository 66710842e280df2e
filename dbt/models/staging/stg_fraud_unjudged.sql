with source as (
    select * from {{ source('lake', 'fraud_unjudged') }}
)

select * from source
