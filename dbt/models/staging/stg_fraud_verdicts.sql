{{ config(meta={'day': 'start_on'}) }}
with source as (
    select * from {{ source('lake', 'fraud_verdicts') }}
)

select * from source
