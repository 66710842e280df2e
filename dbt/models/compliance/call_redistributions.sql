-- A journey that no closing has settled is claimed by the call of its period, a late one by the first that is open.
with calls as (
    select
        sums.* exclude (month_on, incentive_closing),
        coalesce(
            closings.call_start_on,
            greatest({{ period_start('sums.month_on', 'opened.months') }}, opened.period_start_on)
        ) as period_start_on
    from {{ ref('int_redistributions') }} as sums
    left join {{ ref('closing_calls') }} as closings on sums.incentive_closing = closings.closing_number
    left join {{ ref('open_periods') }} as opened on sums.campaign_id = opened.campaign_id and opened.kind = 'incentive'
)

select
    campaign_id,
    operator_id,
    period_start_on,
    cast(sum(compared_seats) as bigint) as compared_seats,
    cast(sum(short_seats) as bigint) as short_seats,
    cast(sum(driver_cents) as bigint) as driver_cents,
    cast(sum(passenger_cents) as bigint) as passenger_cents,
    cast(sum(revenue_cents) as bigint) as revenue_cents,
    cast(sum(short_driver_cents) as bigint) as short_driver_cents,
    cast(sum(short_revenue_cents) as bigint) as short_revenue_cents,
    cast(sum(missing_cents) as bigint) as missing_cents
from calls
group by all
