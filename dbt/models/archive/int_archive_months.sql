-- Journeys wait for the night before the first of them reaches its term (D-154); persons are counted as soon as
-- the month after theirs is over, while the months before are still there to tell who is new.
with months as (
    select distinct cast(date_trunc('month', start_on) as date) as month_on from {{ ref('journeys') }}
),

due as (
    select
        month_on,
        'journeys' as subject
    from months
    where
        month_on + to_months({{ var('active_months') }}) - interval 1 day
        <= cast('{{ var("business_date") }}' as date)
    union all
    select
        month_on,
        'carpoolers' as subject
    from months
    where month_on + to_months(2) <= cast('{{ var("business_date") }}' as date)
)

select *
from due
anti join {{ ref('stg_archived_months') }} as archived
    on due.month_on = archived.month_on and due.subject = archived.subject
