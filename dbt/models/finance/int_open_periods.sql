-- The call period under way: the first that no closing covers. Why: D-091.
with campaigns as (
    select
        campaign_id,
        call_months,
        cast(timezone(time_zone, start_at) as date) as starts_on
    from {{ source('catalogue', 'campaigns') }}
),

closed as (
    select
        campaign_id,
        cast(max(period_end_on) + 1 as date) as open_from_on
    from {{ ref('stg_closings') }}
    where kind = 'incentive'
    group by campaign_id
)

select
    campaigns.campaign_id,
    coalesce(
        closed.open_from_on, {{ period_start('campaigns.starts_on', 'campaigns.call_months') }}
    ) as period_start_on,
    {{ period_end('period_start_on', 'campaigns.call_months') }} as period_end_on
from campaigns
left join closed on campaigns.campaign_id = closed.campaign_id
