-- Where each kind of claim goes on. What its own closings cover is closed, and so is a fee's period that ends within a
-- closed call: a fee stands in the call of its period's last day, and a call that went out gets no more of them. A call
-- that ended before the last invoice is past, too: nothing awaited it, and it would leave before fees are given back.
-- Why: D-091.
with kinds as (
    select
        campaign_id,
        time_zone,
        start_at,
        'incentive' as kind,
        call_months as months
    from {{ source('catalogue', 'campaigns') }}
    union all
    select
        campaign_id,
        time_zone,
        start_at,
        'fee',
        fee_months
    from {{ source('catalogue', 'campaigns') }}
    where
        fee_ex_vat_cents > 0
        or campaign_id in (
            select closings.campaign_id
            from {{ ref('stg_closings') }} as closings
            where closings.kind = 'fee'
        )
),

closed as (
    select
        kinds.*,
        cast(max(closings.period_end_on) filter (where closings.kind = kinds.kind) + 1 as date) as after_own_on,
        cast(
            max(
                case
                    when closings.kind = 'incentive' then closings.period_end_on + 1
                    when kinds.kind = 'incentive' then closings.period_end_on
                end
            ) as date
        ) as after_other_on
    from kinds
    left join {{ ref('stg_closings') }} as closings on kinds.campaign_id = closings.campaign_id
    group by all
),

opened as (
    select
        *,
        coalesce(
            greatest(after_own_on, after_other_on), cast(timezone(time_zone, start_at) as date)
        ) as open_from_on
    from closed
)

-- A rhythm that was changed leaves a shorter period: from what is closed to the end of the calendar's.
select
    campaign_id,
    kind,
    time_zone,
    months,
    greatest({{ period_start('open_from_on', 'months') }}, after_own_on) as period_start_on,
    {{ period_end(period_start('open_from_on', 'months'), 'months') }} as period_end_on
from opened
