-- All steps of advances: what earlier nights wrote down, and what tonight decides. What was paid less, or more, than a
-- statement asked for opens the next one, which asks for it instead: that is taken over.
with steps as (
    select * from {{ ref('stg_advances') }}
    union all by name
    select * from {{ ref('advances_due') }}
)

select
    *,
    coalesce(
        opening_cents - lag(opening_cents - consumed_cents + revision_cents) over account, 0
    ) as taken_over_cents
from steps
window account as (partition by campaign_id, operator_id order by statement_number)
