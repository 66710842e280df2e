-- A journey that no closing has settled is claimed by the call of its period, a late one by the first that is open.
with calls as (
    select
        sums.* exclude (month_on, incentive_closing),
        coalesce(
            closings.call_start_on,
            greatest({{ period_start('sums.month_on', 'opened.months') }}, opened.period_start_on)
        ) as period_start_on
    from {{ ref('redistributions') }} as sums
    left join {{ ref('closing_calls') }} as closings on sums.incentive_closing = closings.closing_number
    left join {{ ref('open_periods') }} as opened on sums.campaign_id = opened.campaign_id and opened.kind = 'incentive'
)

select
    campaign_id,
    operator_id,
    period_start_on,
    {% for name in [
        "compared_seats", "short_seats", "driver_cents", "passenger_cents", "revenue_cents", "short_driver_cents",
        "short_revenue_cents", "missing_cents",
    ] %}
        cast(sum({{ name }}) as bigint) as {{ name }}{{ "," if not loop.last }}
    {% endfor %}
from calls
group by all
