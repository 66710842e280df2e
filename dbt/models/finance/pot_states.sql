with months as (
    select * from {{ ref('int_pot_months') }}
),

-- A party that nothing was paid to yet is told, too.
amounts as (
    select distinct
        campaign_id,
        operator_id,
        true as is_settled,
        0 as incentive_cents,
        0 as fee_cents,
        0 as held_cents
    from {{ source('catalogue', 'campaign_members') }}
    where cast('{{ var("business_date") }}' as date) between from_on and to_on
    union all by name
    select * exclude (journey_month_on)
    from months
    union all by name
    select
        campaign_id,
        operator_id,
        held_cents
    from {{ ref('advance_holdings') }}
),

closed as (
    select
        campaign_id,
        max(business_date) as closed_on
    from {{ ref('stg_closings') }}
    group by campaign_id
),

states as (
    select
        campaign_id,
        operator_id,
        cast(coalesce(sum(incentive_cents) filter (where is_settled), 0) as bigint) as called_cents,
        cast(coalesce(sum(fee_cents) filter (where is_settled), 0) as bigint) as invoiced_cents,
        cast(coalesce(sum(incentive_cents) filter (where not is_settled), 0) as bigint) as open_incentive_cents,
        cast(coalesce(sum(fee_cents) filter (where not is_settled), 0) as bigint) as open_fee_cents,
        cast(coalesce(sum(held_cents), 0) as bigint) as held_cents,
        open_incentive_cents != 0 or open_fee_cents != 0 as is_open
    from amounts
    group by campaign_id, operator_id
)

select
    states.* exclude (is_open),
    status.business_date,
    status.budget_cents,
    status.last_28_days_cents,
    status.left_cents,
    status.ends_on,
    status.exhaustion_on,
    status.forecast_weeks,
    status.earliest_on,
    status.latest_on,
    status.horizon_on,
    -- Told each month while journeys, claims or closings may still move it.
    status.budget_cents is not null
    and cast(timezone(campaigns.time_zone, campaigns.start_at) as date) <= status.business_date
    and (
        status.business_date <= campaigns.closes_until_on
        or (campaigns.is_until_empty and status.left_cents > 0)
        or bool_or(states.is_open) over (partition by states.campaign_id)
        or coalesce(closed.closed_on >= date_trunc('month', status.business_date) - interval 1 month, false)
    ) as is_told
from states
inner join {{ source('catalogue', 'campaigns') }} as campaigns on states.campaign_id = campaigns.campaign_id
inner join {{ ref('budget_status') }} as status on states.campaign_id = status.campaign_id
left join closed on states.campaign_id = closed.campaign_id
