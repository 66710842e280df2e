{{ config(meta={'closing_tables': ['closings']}) }}
with source as (
    select * from {{ source('lake', 'closings') }}
)

select * from source
