{% set tonight = "cast('" ~ var("business_date") ~ "' as date)" %}
-- A month is due once 35 days have passed since its end, and as long as none of its journeys has reached its term
-- (D-283). On a night without one there are no months, so that what reads them costs nothing.
with months as (
    select cast(date_trunc('month', {{ tonight }}) - to_months(ago) as date) as month_on
    from (select cast(unnest(range({{ var('active_months') }} + 1)) as int) as ago)
),

due as (
    select month_on
    from months
    where
        last_day(month_on) + {{ var('observatory_days') }} <= {{ tonight }}
        and month_on + to_months({{ var('active_months') }}) > {{ tonight }}
),

new as (
    select due.month_on
    from due
    anti join {{ ref('stg_public_editions') }} as editions on due.month_on = editions.month_on
    inner join {{ ref('journeys') }} as journeys
        on due.month_on = cast(date_trunc('month', journeys.start_on) as date)
    where journeys.outcome = 'valid'
    group by due.month_on
    having count(*) >= {{ var('archive_k') }}
)

select
    month_on,
    true as is_new
from new
union all
-- What was told before is looked at again with it (D-284).
select
    due.month_on,
    false as is_new
from due
semi join {{ ref('stg_public_editions') }} as editions on due.month_on = editions.month_on
where exists (select 1 from new)
