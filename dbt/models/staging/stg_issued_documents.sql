with source as (
    select * from {{ source('lake', 'issued_documents') }}
)

select * from source
