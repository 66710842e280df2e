{% set tenth = 1.2816 %} {# normal deviations: passed one time in ten on either side #}
{% set fewest_weeks = 8 %}
-- When the pot is expected to be empty, and between which days eight times out of ten. Told in docs/prevision.md.
with drawn_since as (
    select
        trends.campaign_id,
        sum(days.incentive_cents + if(campaigns.is_fee_in_budget, days.fee_cents, 0)) as cents
    from {{ ref('int_pot_trends') }} as trends
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on trends.campaign_id = campaigns.campaign_id
    inner join {{ ref('campaign_days') }} as days
        on trends.campaign_id = days.campaign_id and trends.known_on < days.start_on
    group by trends.campaign_id
),

-- A campaign that is over has nothing ahead.
trends as (
    select
        trends.*,
        balances.business_date,
        balances.left_cents + coalesce(drawn_since.cents, 0) as left_cents
    from {{ ref('int_pot_trends') }} as trends
    inner join {{ ref('int_pot_balances') }} as balances on trends.campaign_id = balances.campaign_id
    left join drawn_since on trends.campaign_id = drawn_since.campaign_id
    where
        balances.left_cents > 0
        and balances.exhausted_on is null
        and (balances.is_until_empty or balances.business_date <= balances.closes_until_on)
),

ahead as (
    select
        trends.campaign_id,
        calendar.day_on,
        trends.left_cents,
        (calendar.day_on - trends.known_on) / 7 as weeks_ahead,
        trends.spread,
        sum(cast(
            trends.level * rhythms.day_cents
            * if(calendar.is_school_holiday, trends.school_factor, 1)
            * exp(trends.slope * {{ damped('weeks_ahead') }}) as bigint
        )) over (partition by trends.campaign_id order by calendar.day_on) as asked_cents
    from trends
    inner join {{ ref('int_pot_calendar') }} as calendar
        on trends.campaign_id = calendar.campaign_id and trends.known_on < calendar.day_on
    inner join {{ ref('int_pot_rhythms') }} as rhythms
        on calendar.campaign_id = rhythms.campaign_id and calendar.kind_of_day = rhythms.kind_of_day
    where trends.weeks >= {{ fewest_weeks }}
),

found as (
    select
        campaign_id,
        max(day_on) as horizon_on,
        min(day_on) filter (where asked_cents * exp({{ tenth }} * spread) >= left_cents) as earliest_on,
        min(day_on) filter (where asked_cents >= left_cents) as expected_on,
        min(day_on) filter (where asked_cents * exp(-{{ tenth }} * spread) >= left_cents) as latest_on
    from ahead
    group by campaign_id
)

-- What came in late may already have emptied it: then tonight is the day.
select
    trends.campaign_id,
    trends.weeks,
    trends.known_on,
    found.horizon_on,
    if(found.earliest_on < trends.business_date, trends.business_date, found.earliest_on) as earliest_on,
    if(found.expected_on < trends.business_date, trends.business_date, found.expected_on) as expected_on,
    if(found.latest_on < trends.business_date, trends.business_date, found.latest_on) as latest_on
from trends
left join found on trends.campaign_id = found.campaign_id
