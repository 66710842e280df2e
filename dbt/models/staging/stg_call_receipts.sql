with source as (
    select * from {{ source('lake', 'call_receipts') }}
)

select * from source
