with source as (
    select * from {{ source('lake', 'rejections') }}
)

select * from source
