{{ config(meta={'day': 'month_on'}) }}
with source as (
    select * from {{ source('lake', 'fraud_counts') }}
)

select * from source
