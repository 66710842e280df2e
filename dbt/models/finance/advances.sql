-- Article 8.1: an operator holds what was agreed for the first three months; each closed call is taken from it. What
-- follows is agreed again (a dated forecast), else as much as the call just closed really cost (over a whole period,
-- where the operation began within it), and never more than the pot holds. At the end of the convention all goes back.
with campaigns as (
    select
        *,
        cast(timezone(time_zone, start_at) as date) as starts_on
    from {{ source('catalogue', 'campaigns') }}
),

forecasts as (
    select
        forecasts.*,
        {{ period_start('forecasts.from_on', 'campaigns.call_months') }} as period_start_on
    from {{ source('catalogue', 'campaign_forecasts') }} as forecasts
    inner join campaigns on forecasts.campaign_id = campaigns.campaign_id
),

firsts as (
    select
        campaign_id,
        operator_id,
        min(period_start_on) as first_on
    from forecasts
    group by campaign_id, operator_id
),

closings as (
    select
        closings.*,
        cast(closings.period_end_on + 1 as date) as next_start_on,
        campaigns.is_advance_revised,
        date_diff('day', closings.period_start_on, next_start_on) as days,
        date_diff('day', greatest(closings.period_start_on, campaigns.starts_on), next_start_on) as days_run,
        closings.period_end_on >= campaigns.closes_until_on as is_final,
        pots.pot_cents - sum(
            closings.incentive_cents
            + if(campaigns.is_fee_in_budget, closings.fee_ex_vat_cents + closings.vat_cents, 0)
        ) over (partition by closings.campaign_id order by closings.closing_number) as pot_left_cents
    from {{ ref('stg_closings') }} as closings
    inner join campaigns on closings.campaign_id = campaigns.campaign_id
    -- As the pot was at the end of the period: an amendment moves no statement before it.
    asof inner join {{ source('catalogue', 'campaign_pots') }} as pots
        on closings.campaign_id = pots.campaign_id and closings.period_end_on >= pots.from_on
),

periods as (
    select
        firsts.campaign_id,
        firsts.operator_id,
        closings.period_start_on,
        closings.period_end_on,
        closings.closing_number,
        closings.business_date as issued_on,
        closings.is_advance_revised,
        closings.is_final,
        coalesce(calls.incentive_cents, 0) as consumed_cents,
        case
            when closings.is_final then 0
            else
                coalesce(
                    agreed.forecast_cents,
                    least(
                        greatest(consumed_cents, 0) * closings.days // closings.days_run,
                        greatest(closings.pot_left_cents, 0)
                    )
                )
        end as next_forecast_cents
    from firsts
    inner join closings
        on
            firsts.campaign_id = closings.campaign_id
            and closings.kind = 'incentive'
            and firsts.first_on <= closings.period_start_on
    left join {{ ref('fund_calls') }} as calls
        on
            firsts.campaign_id = calls.campaign_id
            and firsts.operator_id = calls.operator_id
            and closings.period_start_on = calls.period_start_on
    left join forecasts as agreed
        on
            firsts.campaign_id = agreed.campaign_id
            and firsts.operator_id = agreed.operator_id
            and closings.next_start_on = agreed.period_start_on
),

accounts as (
    select
        periods.*,
        first_forecasts.forecast_cents as first_cents,
        coalesce(
            lag(periods.next_forecast_cents) over earlier, first_forecasts.forecast_cents
        ) as forecast_cents,
        row_number() over earlier as statement_number,
        coalesce(sum(periods.consumed_cents) over (
            partition by periods.campaign_id, periods.operator_id
            order by periods.period_start_on
            rows between unbounded preceding and 1 preceding
        ), 0) as consumed_before_cents,
        coalesce(lag(periods.is_final) over earlier, false) as is_past_end
    from periods
    inner join firsts on periods.campaign_id = firsts.campaign_id and periods.operator_id = firsts.operator_id
    inner join forecasts as first_forecasts
        on
            firsts.campaign_id = first_forecasts.campaign_id
            and firsts.operator_id = first_forecasts.operator_id
            and firsts.first_on = first_forecasts.period_start_on
    window
        earlier as (partition by periods.campaign_id, periods.operator_id order by periods.period_start_on)
)

select
    campaign_id,
    operator_id,
    period_start_on,
    period_end_on,
    closing_number,
    issued_on,
    cast(statement_number as bigint) as statement_number,
    is_final,
    cast(forecast_cents as bigint) as forecast_cents,
    -- Not revised: what is left of the first payment stays, until the end.
    cast(
        case
            when is_past_end then 0
            when is_advance_revised then forecast_cents
            else first_cents - consumed_before_cents
        end as bigint
    ) as opening_cents,
    cast(consumed_cents as bigint) as consumed_cents,
    cast(opening_cents - consumed_cents as bigint) as left_cents,
    cast(if(is_advance_revised or is_final, next_forecast_cents - left_cents, 0) as bigint) as revision_cents
from accounts
