with source as (
    select * from {{ source('lake', 'fraud_counts') }}
)

select * from source
