-- All steps of advances: what earlier nights wrote down, and what tonight decides.
select * from {{ ref('stg_advances') }}
union all by name
select * from {{ ref('advances_due') }}
