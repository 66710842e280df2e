{{ config(materialized='table', meta={'closing_tables': ['closings']}) }}
-- A file a closing: read once a night, not by each of the models that ask for it.
with source as (
    select * from {{ source('lake', 'closings') }}
)

select * from source
