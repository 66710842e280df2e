with source as (
    select * from {{ source('lake', 'invoice_replacements') }}
)

select * from source
