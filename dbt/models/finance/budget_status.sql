with status as (
    select
        balances.*,
        forecasts.weeks as forecast_weeks,
        forecasts.horizon_on,
        forecasts.earliest_on,
        forecasts.latest_on,
        coalesce(balances.exhausted_on, forecasts.expected_on) as exhaustion_on
    from {{ ref('int_pot_balances') }} as balances
    left join {{ ref('pot_forecasts') }} as forecasts on balances.campaign_id = forecasts.campaign_id
)

select
    campaign_id,
    business_date,
    ends_on,
    budget_cents,
    settled_cents,
    provisional_cents,
    left_cents,
    last_28_days_cents,
    review_on,
    review_cents,
    exhaustion_on,
    forecast_weeks,
    earliest_on,
    latest_on,
    horizon_on,
    -- Once empty past the planned end, such a campaign has simply ended.
    coalesce(
        exhaustion_on < ends_on
        and (not is_until_empty or business_date <= closes_until_on or business_date <= exhaustion_on),
        false
    ) as is_exhausted_before_end
from status
