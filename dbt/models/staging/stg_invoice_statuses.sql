with source as (
    select * from {{ source('lake', 'invoice_statuses') }}
)

select * from source
