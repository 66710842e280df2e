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
        pots.pot_cents as budget_cents
    from dated
    asof inner join {{ source('catalogue', 'campaign_pots') }} as pots
        on dated.campaign_id = pots.campaign_id and dated.business_date >= pots.from_on
),

lines as (
    select
        campaigns.campaign_id,
        lines.closing_number is not null as is_settled,
        lines.journey_month_on <= campaigns.review_on as is_before_review,
        lines.incentive_cents
        + if(campaigns.is_fee_in_budget, lines.fee_ex_vat_cents + lines.vat_cents, 0) as cents
    from {{ ref('ledger_lines') }} as lines
    inner join campaigns on lines.campaign_id = campaigns.campaign_id
),

spent as (
    select
        campaign_id,
        cast(sum(cents) filter (where is_settled) as bigint) as settled_cents,
        cast(sum(cents) filter (where not is_settled) as bigint) as provisional_cents,
        cast(sum(cents) filter (where is_before_review) as bigint) as review_cents
    from lines
    group by campaign_id
),

-- What the journeys of the last four weeks drew, and when the pot first could not give all.
drawn as (
    select
        campaigns.campaign_id,
        cast(sum(
            incentives.incentive_cents
            + if(campaigns.is_fee_in_budget, incentives.fee_ex_vat_cents + incentives.vat_cents, 0)
        ) filter (
            where incentives.start_at >= timezone(campaigns.time_zone, campaigns.business_date - interval 27 day)
            and incentives.start_at < timezone(campaigns.time_zone, campaigns.business_date + interval 1 day)
        ) as bigint) as last_28_days_cents,
        min(cast(timezone(campaigns.time_zone, incentives.start_at) as date)) filter (
            where incentives.is_cut_by_budget
        ) as exhausted_on
    from {{ ref('campaign_incentives') }} as incentives
    inner join campaigns on incentives.campaign_id = campaigns.campaign_id
    group by campaigns.campaign_id
),

status as (
    select
        campaigns.campaign_id,
        campaigns.business_date,
        campaigns.closes_until_on as ends_on,
        campaigns.budget_cents,
        coalesce(spent.settled_cents, 0) as settled_cents,
        coalesce(spent.provisional_cents, 0) as provisional_cents,
        campaigns.budget_cents - settled_cents - provisional_cents as left_cents,
        coalesce(drawn.last_28_days_cents, 0) as last_28_days_cents,
        campaigns.review_on,
        if(campaigns.review_on <= campaigns.business_date, coalesce(spent.review_cents, 0), null) as review_cents,
        -- Whole days that the rest lasts at that pace; no pace, no end.
        if(
            campaigns.budget_cents is not null and drawn.last_28_days_cents > 0,
            greatest(left_cents, 0) * 28 // drawn.last_28_days_cents,
            null
        ) as days_left,
        coalesce(
            drawn.exhausted_on, cast(campaigns.business_date + to_days(cast(days_left as integer)) as date)
        ) as exhaustion_on
    from campaigns
    left join spent on campaigns.campaign_id = spent.campaign_id
    left join drawn on campaigns.campaign_id = drawn.campaign_id
)

select
    *,
    coalesce(exhaustion_on < ends_on, false) as is_exhausted_before_end
from status
