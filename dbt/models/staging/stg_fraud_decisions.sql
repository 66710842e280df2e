with source as (
    select * from {{ source('lake', 'fraud_decisions') }}
)

select * from source
