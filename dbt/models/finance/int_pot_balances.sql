-- An amended pot is what it is on the night; null: no limit.
with dated as (
    select
        * exclude (budget_cents),
        cast('{{ var("business_date") }}' as date) as business_date
    from {{ source('catalogue', 'campaigns') }}
),

campaigns as (
    select
        dated.*,
        pots.pot_cents as budget_cents,
        pots.from_on as pot_from_on
    from dated
    asof inner join {{ source('catalogue', 'campaign_pots') }} as pots
        on dated.campaign_id = pots.campaign_id and dated.business_date >= pots.from_on
),

drawn_by_month as (
    select
        campaigns.campaign_id,
        months.is_settled,
        months.journey_month_on <= campaigns.review_on as is_before_review,
        months.incentive_cents + if(campaigns.is_fee_in_budget, months.fee_cents, 0) as cents
    from campaigns
    left join {{ ref('int_pot_months') }} as months on campaigns.campaign_id = months.campaign_id
),

-- A pot from which nothing is drawn has one line, of nothing.
spent as (
    select
        campaign_id,
        cast(coalesce(sum(cents) filter (where is_settled), 0) as bigint) as settled_cents,
        cast(coalesce(sum(cents) filter (where not is_settled), 0) as bigint) as provisional_cents,
        cast(coalesce(sum(cents) filter (where is_before_review), 0) as bigint) as review_cents
    from drawn_by_month
    group by campaign_id
),

-- What the journeys of the last four weeks drew, and when the pot first could not give all.
drawn as (
    select
        campaigns.campaign_id,
        cast(sum(days.incentive_cents + if(campaigns.is_fee_in_budget, days.fee_cents, 0)) filter (
            where days.start_on between campaigns.business_date - 27 and campaigns.business_date
        ) as bigint) as last_28_days_cents,
        min(days.start_on) filter (
            where days.is_cut_by_budget and days.start_on >= campaigns.pot_from_on
        ) as exhausted_on
    from {{ ref('campaign_days') }} as days
    inner join campaigns on days.campaign_id = campaigns.campaign_id
    group by campaigns.campaign_id
)

select
    campaigns.campaign_id,
    campaigns.business_date,
    campaigns.closes_until_on,
    campaigns.is_until_empty,
    -- No date ends a campaign that goes on until its pot is empty: past the planned one, its end is told in time
    -- if four weeks ahead.
    if(
        campaigns.is_until_empty,
        greatest(campaigns.closes_until_on, cast(campaigns.business_date + 28 as date)),
        campaigns.closes_until_on
    ) as ends_on,
    campaigns.budget_cents,
    spent.settled_cents,
    spent.provisional_cents,
    campaigns.budget_cents - spent.settled_cents - spent.provisional_cents as left_cents,
    coalesce(drawn.last_28_days_cents, 0) as last_28_days_cents,
    campaigns.review_on,
    if(campaigns.review_on <= campaigns.business_date, spent.review_cents, null) as review_cents,
    drawn.exhausted_on
from campaigns
inner join spent on campaigns.campaign_id = spent.campaign_id
left join drawn on campaigns.campaign_id = drawn.campaign_id
