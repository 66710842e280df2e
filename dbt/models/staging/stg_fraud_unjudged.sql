{{ config(meta={'day': 'start_on'}) }}
with source as (
    select * from {{ source('lake', 'fraud_unjudged') }}
)

select * from source
