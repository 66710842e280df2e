-- Up to the last day that every operator has delivered; one that is silent for four weeks is not waited for. What the
-- pot could not give is asked all the same. A day on which it was empty says nothing: carpoolers had been told.
with campaigns as (
    select
        campaign_id,
        is_fee_in_budget,
        cast('{{ var("business_date") }}' as date) as business_date
    from {{ source('catalogue', 'campaigns') }}
),

days as (
    select
        days.campaign_id,
        days.operator_id,
        days.start_on,
        sum(days.capped_cents + if(campaigns.is_fee_in_budget, days.fee_cents, 0)) as cents,
        bool_or(days.is_cut_by_budget) as is_cut
    from {{ ref('campaign_days') }} as days
    inner join campaigns on days.campaign_id = campaigns.campaign_id
    group by all
),

delivered as (
    select
        days.campaign_id,
        days.operator_id,
        max(days.start_on) as last_on
    from days
    inner join campaigns on days.campaign_id = campaigns.campaign_id
    where days.start_on between campaigns.business_date - 27 and campaigns.business_date
    group by all
),

known as (
    select
        campaign_id,
        min(last_on) as known_on
    from delivered
    group by campaign_id
),

asked as (
    select
        campaign_id,
        start_on as day_on,
        cast(sum(cents) as bigint) as cents,
        bool_or(is_cut) as is_cut
    from days
    group by all
),

begun as (
    select
        campaign_id,
        min(day_on) as first_on
    from asked
    where cents > 0
    group by campaign_id
)

-- Whole weeks, counted back from the last known day: 26 of them at most.
select
    calendar.campaign_id,
    calendar.day_on,
    known.known_on,
    (known.known_on - calendar.day_on) // 7 as weeks_ago,
    calendar.kind_of_day,
    calendar.is_school_holiday,
    coalesce(asked.cents, 0) as cents
from {{ ref('int_pot_calendar') }} as calendar
inner join known on calendar.campaign_id = known.campaign_id
inner join begun on calendar.campaign_id = begun.campaign_id
left join asked on calendar.campaign_id = asked.campaign_id and calendar.day_on = asked.day_on
where
    calendar.day_on <= known.known_on
    and weeks_ago < least(26, (known.known_on - begun.first_on + 1) // 7)
    and not coalesce(asked.is_cut, false)
