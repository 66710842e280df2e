-- Which call a journey belongs to: the period of its local start.
with dated as (
    select
        incentives.*,
        campaigns.call_months,
        timezone(campaigns.time_zone, incentives.start_at) as local_start_at
    from {{ ref('campaign_incentives') }} as incentives
    inner join {{ source('catalogue', 'campaigns') }} as campaigns
        on incentives.campaign_id = campaigns.campaign_id
),

called as (
    select
        * exclude (local_start_at, call_months),
        cast(
            make_date(year(local_start_at), ((month(local_start_at) - 1) // call_months) * call_months + 1, 1) as date
        ) as period_start_on,
        cast(period_start_on + to_months(cast(call_months as integer)) - interval 1 day as date) as period_end_on
    from dated
)

select * from called
