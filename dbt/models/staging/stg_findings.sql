with source as (
    select * from {{ source('lake', 'findings') }}
)

select * from source
