{% set tonight = "cast('" ~ var("business_date") ~ "' as date)" %}
-- A month is due once 35 days have passed since its end, and as long as none of its journeys has reached its term
-- (D-283). On a night without one there are no months, so that what reads them costs nothing.
with due as (
    select cast(month_on as date) as month_on
    from unnest(generate_series(
        date_trunc('month', {{ tonight }}) - to_months({{ var('active_months') }}), {{ tonight }}, interval 1 month
    )) as months (month_on)
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
